"""How one picture came about."""

from __future__ import annotations

import os

from matplotlib.figure import Figure

from artlucid import _picture_folders
from artlucid.errors import VisualizationError
from artlucid.figures import _channels, _rows
from artlucid.figures._grid import WIDTH, Cell, Row, grid

COLUMNS = 8


def snapshots(
    folder: str | os.PathLike[str], channel: str, *, columns_per_band: int = COLUMNS, width: float = WIDTH
) -> Figure:
    """Draw the snapshots of a channel in the order of their steps, and its picture at the end.

    Parameters
    ----------
    folder : path
        That `artlucid visualize --snapshot` wrote.
    channel : str
        Such as ``mixed4d_3x3_pre_relu:52``.
    columns_per_band : int
        Further steps stand in bands below the first ones.
    width : float
        Of the figure, in inches, at most.

    Returns
    -------
    Figure

    Raises
    ------
    VisualizationError
        If the folder has no snapshots of the channel, or one that is damaged; for the rest as `optimized_images`.
    """
    ((model, opened),) = _rows.folders([folder], "folder")
    (name,) = _rows.chosen([channel], [opened])
    picture = opened.pictures[name]
    images = picture.snapshots()
    if not images:
        raise VisualizationError(
            f"`channel` must have snapshots. Received {name} of {folder}, which has none. "
            "Make them with `artlucid visualize --snapshot`, in another `--out`."
        )
    final = picture.image()
    if final is not None:
        images.setdefault(_last_step(opened, max(images)), final)
    row = Row(f"{_channels.titles([name])[0]}\n{model}", [Cell(image) for image in images.values()])
    return grid([row], [f"step {step}" for step in images], width, columns_per_band)


def _last_step(folder: _picture_folders.Folder, newest: int) -> int:
    steps = folder.settings.get("steps")
    if not isinstance(steps, int) or steps < newest:
        raise VisualizationError(
            f"A folder of pictures must say after how many `steps` they end, not before their last snapshot. Received "
            f"{steps!r} in {folder.path}, with a snapshot at step {newest}. Its manifest was changed: make it again."
        )
    return steps
