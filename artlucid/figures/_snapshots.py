"""One picture at several of its steps."""

from __future__ import annotations

import os

from matplotlib.figure import Figure

from artlucid.errors import VisualizationError
from artlucid.figures import _channels, _grid, _pictures


def snapshots(folder: str | os.PathLike[str], channel: str, *, width: float = _grid.WIDTH) -> Figure:
    """Draw a picture after fewer and after all updates, from left to right.

    Parameters
    ----------
    folder : path
        The `out` of `visualize.channels` with `Options.snapshots`, or of ``artlucid visualize --snapshot``.
    channel : str
        ``mixed4d_3x3_pre_relu:52``.
    width : float
        Of the figure at most, in inches.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    VisualizationError
        If the folder holds no such picture, or no snapshots of it.
    """
    opened = _pictures.opened(folder)
    (name,) = _channels.checked([channel])
    picture = opened.pictures.get(name)
    steps = {} if picture is None else picture.snapshots()
    if picture is None or not steps:
        raise VisualizationError(
            f"A picture must have snapshots to be drawn. Received {name} of {opened.path}, which has "
            f"{'no such picture' if picture is None else 'none of it'}. Make them with `artlucid visualize … "
            "--snapshot 64 --snapshot 512`."
        )
    cells = [_grid.Cell(image) for image in steps.values()]
    titles = [f"{step} steps" for step in steps]
    if opened.settings.get("steps") not in steps:
        cells.append(_grid.Cell(picture.image()))
        titles.append(f"{opened.settings.get('steps')} steps")
    return _grid.grid([_grid.Row("", cells)], titles, width)
