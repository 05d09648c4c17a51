"""Optimized images of the same channels in several networks."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from artlucid._picture_folders import Folder
from artlucid.figures import _channels, _rows
from artlucid.figures._grid import COLUMNS, WIDTH, grid


def optimized_images(
    rows: _rows.Sources,
    channels: Sequence[str] | None = None,
    *,
    columns_per_band: int = COLUMNS,
    width: float = WIDTH,
) -> Figure:
    """Draw the optimized images of channels (columns) in several networks (rows).

    Parameters
    ----------
    rows : sequence or mapping of str to folder or array
        Each a folder that `artlucid visualize` wrote, or a further model's subfolder in it; or the pictures
        themselves, an array of shape (n_channels, height, width, 3) with floats in 0 … 1 or uint8, as
        `visualize.channels` returns it. In a list of pictures None stands for one that is missing. The keys of a
        mapping are the rows' labels; else a folder has its model's name.
    channels : sequence of str, optional
        Such as ``mixed4d_3x3_pre_relu:52``; by default all that the folders have. Must be given for arrays.
    columns_per_band : int
        Further channels stand in bands below the first ones.
    width : float
        Of the figure, in inches, at most: the picture of a channel is not drawn wider than 2 inches.

    Returns
    -------
    Figure
        With an axes for each picture, for `figures.save`. A picture that is not there is hatched and says
        "missing"; one that shows nothing of the network says "dead" or "not finite".

    Warns
    -----
    VisualizationWarning
        If the folders' pictures were made with different settings, such as the seed or the size.

    Raises
    ------
    VisualizationError
        If there are no rows, if a folder has no manifest, a damaged one or one of a newer version, if no folder has a
        channel, if a picture is damaged, or if the columns do not fit the width.

    References
    ----------
    Figures 1 to 4, 7, 8, 10, 12, 13 and 16 of the paper, without their maximal activation images.

    Examples
    --------
    >>> import numpy as np
    >>> before, after = np.zeros((2, 5, 64, 64, 3)), np.ones((2, 5, 64, 64, 3))
    >>> rows = {"ImageNet": before[0], "RASTA, mode A": after[0]}
    >>> figure = optimized_images(rows, [f"mixed4d_3x3_pre_relu:{number}" for number in range(5)])
    >>> len(figure.axes)
    10
    """
    opened = _rows.opened(rows, "rows")
    folders = [(label, row) for label, row in opened if isinstance(row, Folder)]
    names = _rows.chosen(channels, [folder for _, folder in folders], arrays=len(folders) < len(opened))
    _rows.warn_of_other_settings(folders)
    drawn = [_rows.row_of(label, row, names) for label, row in opened]
    return grid(drawn, _channels.titles(names), width, columns_per_band)
