"""What a row of a figure may be given as: a folder of pictures, or the pictures themselves."""

from __future__ import annotations

import difflib
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from artlucid import _picture_folders
from artlucid._picture_folders import Folder
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.figures import _channels
from artlucid.figures._grid import Cell, Row

Source: TypeAlias = str | os.PathLike[str] | npt.ArrayLike | Sequence[npt.ArrayLike | None]

Sources: TypeAlias = Sequence[Source] | Mapping[str, Source]

# These change no more than a picture's last bits, or what else is kept of it.
_OF_NO_CONSEQUENCE = {"batch_size", "snapshots"}


def opened(sources: Sources, argument: str) -> list[tuple[str, Any]]:
    """Open what is a folder, and label all: by the keys of a mapping, by the models' names, or else by number.

    Raises
    ------
    VisualizationError
        If there are none, or one is not a folder of pictures.
    """
    if isinstance(sources, str | os.PathLike) or not len(sources):
        raise VisualizationError(
            f"`{argument}` must be one or more folders of pictures, or labels with them. Received {sources!r}. "
            'Give a list, ["out"], or a dictionary, {"fine-tuned": "out"}.'
        )
    if isinstance(sources, Mapping):
        return [(str(label), _opened(source)) for label, source in sources.items()]
    rows = [_opened(source) for source in sources]
    return [(row.name if isinstance(row, Folder) else f"row {number}", row) for number, row in enumerate(rows, 1)]


def folders(sources: Sources, argument: str) -> list[tuple[str, Folder]]:
    """Open folders, and nothing else; VisualizationError as above."""
    rows = opened(sources, argument)
    if wrong := [label for label, row in rows if not isinstance(row, Folder)]:
        raise VisualizationError(
            f"`{argument}` must be folders of pictures. Received an array as {wrong[0]!r}. "
            "Give the folders that `artlucid visualize` wrote."
        )
    return rows


def _opened(source: Source) -> Any:
    return _picture_folders.opened(source) if isinstance(source, str | os.PathLike) else source


def chosen(channels: Sequence[str] | None, found: Iterable[Folder], arrays: bool = False) -> list[str]:
    """Names of the channels of a figure: those given, or all that the folders have.

    Raises
    ------
    VisualizationError
        If one is in none of the folders, or if none are given where arrays do not name theirs.
    """
    known = list(dict.fromkeys(name for folder in found for name in folder.pictures))
    if channels is None:
        if arrays or not known:
            raise VisualizationError(
                f"`channels` must be given where {'a row is an array' if arrays else 'no folder has a picture'}. "
                'Received None. Name them in the order of the columns: ["mixed4d_3x3_pre_relu:52"].'
            )
        return known
    names = _channels.checked(channels)
    if unknown := [] if arrays else [name for name in names if name not in known]:
        near = difflib.get_close_matches(unknown[0], known, cutoff=0) or ["none"]
        raise VisualizationError(
            f"`channels` must be ones that a folder has. Received {unknown[0]}. The nearest that are there: "
            f"{', '.join(near)}. Others are made by `artlucid visualize`."
        )
    return names


def warn_of_other_settings(found: Sequence[tuple[str, Folder]]) -> None:
    """Say with a VisualizationWarning in what the pictures of a figure differ beside their networks."""
    names = dict.fromkeys(name for _, folder in found for name in folder.settings if name not in _OF_NO_CONSEQUENCE)
    for name in names:
        values = [folder.settings.get(name) for _, folder in found]
        if any(value != values[0] for value in values):
            sides = ", ".join(f"{value} in {label!r}" for (label, _), value in zip(found, values, strict=True))
            warnings.warn(
                f"The pictures of this figure were made with another `{name}`: {sides}. They may differ by that too.",
                VisualizationWarning,
                stacklevel=3,
            )


def row_of(label: str, source: Any, names: Sequence[str]) -> Row:
    """Read the cells of a row.

    Raises
    ------
    VisualizationError
        If a picture is damaged, or an array is not a picture a channel.
    """
    if isinstance(source, Folder):
        return Row(label, [_cell_of(source, name) for name in names])
    if not hasattr(source, "__len__") or len(source) != len(names):
        raise VisualizationError(
            f"A row of pictures must have one for each of the {len(names)} channels. Received "
            f"{len(source) if hasattr(source, '__len__') else source!r} in {label!r}. Put None where there is none."
        )
    return Row(label, [Cell(None if image is None else pixels(image, label)) for image in source])


def _cell_of(folder: Folder, name: str) -> Cell:
    picture = folder.pictures.get(name)
    if picture is None:
        return Cell(None)
    return Cell(None, picture.problem) if picture.problem else Cell(picture.image())


def pixels(image: npt.ArrayLike, label: str) -> npt.NDArray[np.uint8]:
    """Turn a picture into bytes."""
    values = np.asarray(image)
    if values.ndim != 3 or values.shape[-1] != 3 or not values.size or values.dtype.kind not in "fu":
        raise VisualizationError(
            "A picture must be an array of shape (height, width, 3), of floats in 0 … 1 or of uint8. "
            f"Received {values.dtype} of shape {values.shape} in {label!r}. Give what `visualize.channels` returns."
        )
    if values.dtype == np.uint8:
        return values
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise VisualizationError(
            f"The values of a picture must be in 0 … 1. Received {values.min()} to {values.max()} in {label!r}. "
            "Divide by 255, or give uint8."
        )
    return np.round(values * 255).astype(np.uint8)
