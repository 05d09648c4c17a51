"""Figures as files, the same bytes for the same figure."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

import artlucid
from artlucid.errors import VisualizationError
from artlucid.files import write_atomically

DOTS_PER_INCH = 300

# Without a date, which would make every file another one.
METADATA: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        ".png": {"Software": f"artlucid {artlucid.__version__}"},
        ".pdf": {"Creator": f"artlucid {artlucid.__version__}", "CreationDate": None},
    }
)

CANVASES = MappingProxyType({".png": FigureCanvasAgg, ".pdf": FigureCanvasPdf})


def save(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as a PNG or a PDF file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    path : path
        Its suffix, ``.png`` or ``.pdf``, decides. PNG has 300 dots an inch.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    VisualizationError
        If the suffix is another one.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    suffix = check_suffix(path)
    content = io.BytesIO()
    canvas = CANVASES[suffix](figure)
    canvas.print_figure(
        content, dpi=DOTS_PER_INCH, format=suffix[1:], metadata=dict(METADATA[suffix]), facecolor=figure.get_facecolor()
    )
    write_atomically(path, content.getvalue())
    return path


def check_suffix(path: Path) -> str:
    """The suffix of a figure's file in lower case; it must be one that can be written."""
    suffix = path.suffix.lower()
    if suffix not in METADATA:
        raise VisualizationError(f"A figure must end in {' or '.join(METADATA)}. Received {path}. Choose one of these.")
    return suffix
