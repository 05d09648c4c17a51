"""Figures as files."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from matplotlib.figure import Figure

import artlucid
from artlucid.errors import VisualizationError
from artlucid.figures._sheet import PAPER
from artlucid.files import write_atomically

_SOFTWARE = f"artlucid {artlucid.__version__}"

# No date: equal figures are equal files.
METADATA: Mapping[str, Mapping[str, str | None]] = MappingProxyType(
    {"png": {"Software": _SOFTWARE}, "pdf": {"Creator": _SOFTWARE, "CreationDate": None}}
)
"""The formats of a figure, each with what its file says of itself."""


def save(
    figure: Figure, path: str | os.PathLike[str], *, formats: Sequence[str] | None = None, dpi: float = 300
) -> tuple[Path, ...]:
    """Write a figure as PNG, PDF or both; a file that is there stays whole until the new one is.

    Parameters
    ----------
    figure : Figure
    path : path
        Its suffix is the format, unless `formats` are given; its folder is made if need be.
    formats : sequence of {"png", "pdf"}, optional
        A file each, of the same name.
    dpi : float
        Dots an inch of a PNG, and of the pictures in a PDF.

    Returns
    -------
    tuple of Path
        What was written. Equal figures give equal bytes with the same versions of artlucid and Matplotlib.

    Raises
    ------
    VisualizationError
        If a format is neither PNG nor PDF.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(Figure(), Path(folder, "figure_2"), formats=["png", "pdf"])]
    ['figure_2.png', 'figure_2.pdf']
    """
    path = Path(path)
    wanted = [check_suffix(path)] if formats is None else list(formats)
    if not wanted or not set(wanted) <= set(METADATA):
        raise VisualizationError(
            f"`formats` must be some of {', '.join(METADATA)}. Received {formats!r}. Give one or both, in a list."
        )
    # A name such as "figure 1.5" has no suffix that stands for a format.
    stem = path.stem if _suffix(path) in METADATA else path.name
    paths = tuple(path if formats is None else path.with_name(f"{stem}.{kind}") for kind in wanted)
    for kind, file in zip(wanted, paths, strict=True):
        write_atomically(file, _content(figure, kind, dpi))
    return paths


def check_suffix(path: Path) -> str:
    """Give the format that the name of a figure's file stands for: ``png`` or ``pdf``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str

    Raises
    ------
    VisualizationError
        If it is another one.
    """
    if (suffix := _suffix(path)) not in METADATA:
        raise VisualizationError(
            f"A figure must end in {' or '.join(f'.{kind}' for kind in METADATA)}. Received {path}. "
            "Choose one of these."
        )
    return suffix


def _suffix(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _content(figure: Figure, kind: str, dpi: float) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=dpi, facecolor=PAPER, metadata=dict(METADATA[kind]))
    return file.getvalue()
