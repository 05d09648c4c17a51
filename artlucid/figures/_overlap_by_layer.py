"""How many maximal activation images two networks have in common, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from artlucid.figures import _boxes, _comparison
from artlucid.figures._grid import WIDTH


def overlap_by_layer(
    channels: pd.DataFrame,
    *,
    column: str = "overlap_100",
    chance: bool | float = True,
    only: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    width: float = WIDTH,
) -> Figure:
    """Draw the overlap ratio of the channels' maximal activation images: a panel a pair of networks, a box a layer.

    Parameters
    ----------
    channels : DataFrame
        The table ``channels.csv`` of `artlucid compare`, or several of them below each other; needed are the columns
        ``model_a``, ``model_b``, ``layer``, ``channel`` and those named below. Rows that a column ``frozen`` marks,
        if there is one, are left out, and so are empty cells; dead channels count as the table has them.
    column : str
        What is drawn, in 0 … 1: ``overlap_100``, ``overlap_1000``.
    chance : bool or float
        What chance gives: True for the mean over each layer of the column that is named alike with ``_chance`` at its
        end, False for none, or one number for all.
    only : sequence of str, optional
        Layers, from left to right; by default all that are not parts of another layer of the table, twelve for
        InceptionV1, in the order of its graph. Layers of no known architecture are ordered by the numbers in their
        names, for the table does not tell their order.
    labels : mapping of str to str, optional
        What models are called in the figure, where that is not their name in the table.
    width : float
        Of the figure, in inches.

    Returns
    -------
    Figure
        The box reaches from the first to the third quartile, the orange line in it is the mean and the star the
        median; whiskers end at the last channel within 1.5 times the box's height, those beyond are dots. The title of
        a panel says how many of its channels have no value.

    Raises
    ------
    VisualizationError
        If a column is missing or does not hold numbers, if the table has no rows or two of one pair and channel, if a
        layer or a model is not in it, or if the panel does not fit the width.

    References
    ----------
    Figures 6a and 14 of the paper.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model_a": "imagenet", "model_b": "runs/styles", "layer": "mixed4d", "channel": range(4)})
    >>> figure = overlap_by_layer(table.assign(overlap_100=[0.1, 0.2, 0.3, 0.8]), chance=0.0014)
    >>> len(figure.axes)
    1
    """
    _boxes.check_chance(chance)
    scale = _boxes.Scale(_comparison.overlap_in_words(column), per_cent=True, chance=chance)
    return _boxes.boxes(channels, [_boxes.Series(column)], scale, only=only, labels=labels, width=width)
