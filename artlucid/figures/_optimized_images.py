"""Optimized images of several networks: a row a network, a column a channel."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.figures import _channels, _grid, _pictures

COMPARED = ("seed", "size", "steps", "transforms", "engine")
"""Settings in which the rows of a figure should be alike; a difference is said."""


def optimized_images(
    folders: Sequence[str | os.PathLike[str]],
    channels: Sequence[str] | None = None,
    *,
    labels: Sequence[str] | Mapping[str, str] | None = None,
    width: float = _grid.WIDTH,
    columns_per_band: int = _grid.COLUMNS,
) -> Figure:
    """Draw optimized images of the same channels in any number of networks.

    Parameters
    ----------
    folders : sequence of path
        A row each, from top to bottom: the `out` of `visualize.channels` or of ``artlucid visualize``, whose
        ``--beside`` makes subfolders. A network with random weights is a row like any other.
    channels : sequence of str, optional
        A column each, ``mixed4d_3x3_pre_relu:52``; by default all that the first folder has, ordered by name.
    labels : sequence of str, or mapping of str to str, optional
        Of the rows: one each, or others for some of the names that the folders give to their networks.
    width : float
        Of the figure at most, in inches.
    columns_per_band : int
        Further columns stand below the first ones.

    Returns
    -------
    matplotlib.figure.Figure
        Where a picture is missing, or its channel dead, the cell is hatched and says so.

    Raises
    ------
    VisualizationError
        If there are no folders, if one holds no pictures, a damaged or a newer manifest or a damaged picture, if no
        folder has a channel, or if the figure would not fit.

    Warns
    -----
    VisualizationWarning
        If the rows were made with different settings, such as another seed.

    References
    ----------
    Figures 1 to 4, 7, 8, 10, 12, 13 and 16 of the paper.
    """
    opened = [_pictures.opened(folder) for folder in _checked(folders)]
    names = sorted(opened[0].pictures) if channels is None else _channels.checked(channels)
    _check_known(names, opened)
    _tell_differences(opened)
    rows = [
        _grid.Row(label, [_cell(folder, name) for name in names])
        for label, folder in zip(_row_labels(opened, labels), opened, strict=True)
    ]
    return _grid.grid(rows, _channels.titles(names), width, columns_per_band)


def _checked(folders: Sequence[str | os.PathLike[str]]) -> Sequence[str | os.PathLike[str]]:
    if isinstance(folders, str | os.PathLike) or not len(folders):
        raise VisualizationError(
            f"`folders` must be a sequence of folders of pictures. Received {folders!r}. Give at least one, in a list."
        )
    return folders


def _check_known(names: Sequence[str], opened: Sequence[_pictures.Folder]) -> None:
    known = {name for folder in opened for name in folder.pictures}
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise VisualizationError(
            f"A channel must have a picture in one of the folders. Received {', '.join(unknown) or 'none'} for "
            f"{', '.join(str(folder.path) for folder in opened)}. There are {', '.join(sorted(known)[:6]) or 'none'}"
            f"{', …' if len(known) > 6 else ''}; make others with `artlucid visualize`."
        )


def _tell_differences(opened: Sequence[_pictures.Folder]) -> None:
    for key in COMPARED:
        values = [folder.settings.get(key) for folder in opened]
        if any(value != values[0] for value in values):
            warnings.warn(
                f"The rows of a figure were made with different settings: {key} is "
                f"{', '.join(str(value) for value in values)}. What differs between them may come from that.",
                VisualizationWarning,
                stacklevel=3,
            )


def _row_labels(opened: Sequence[_pictures.Folder], labels: Sequence[str] | Mapping[str, str] | None) -> Sequence[str]:
    names = [folder.name for folder in opened]
    if labels is None or isinstance(labels, Mapping):
        return [(labels or {}).get(name, name) for name in names]
    if isinstance(labels, str) or len(labels) != len(names):
        raise VisualizationError(
            f"`labels` must be one for each of the {len(names)} rows. Received {labels!r}. Give as many, in a list."
        )
    return labels


def _cell(folder: _pictures.Folder, name: str) -> _grid.Cell:
    picture = folder.pictures.get(name)
    if picture is None:
        return _grid.Cell(None)
    return _grid.Cell(None, picture.problem) if picture.problem else _grid.Cell(picture.image())
