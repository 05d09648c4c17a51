"""Of how many classes the maximal activation images of channels are, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd
from matplotlib.figure import Figure

from artlucid.errors import VisualizationError
from artlucid.figures import _boxes
from artlucid.figures._grid import WIDTH
from artlucid.figures._sheet import PAPER

_BEFORE = _boxes.Series("entropy_a", ("dead_a",), "first network", PAPER)
_AFTER = _boxes.Series("entropy_b", ("dead_b",), "second network")

NETWORKS: Mapping[str, tuple[_boxes.Series, ...]] = MappingProxyType(
    {"both": (_BEFORE, _AFTER), "a": (_BEFORE,), "b": (_AFTER,)}
)
"""The boxes of a layer, by the networks whose entropies are drawn."""


def entropy_by_layer(
    channels: pd.DataFrame,
    *,
    of: str = "both",
    chance: bool | float = True,
    only: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    width: float = WIDTH,
) -> Figure:
    """Draw the class entropy of the channels' maximal activation images: a panel a pair of networks, boxes by layer.

    Parameters
    ----------
    channels : DataFrame
        As `overlap_by_layer` takes it; needed are the columns ``model_a``, ``model_b``, ``layer``, ``channel``, and
        for each network that is drawn ``entropy_a`` and ``dead_a``, ``entropy_b`` and ``dead_b``. Channels that are
        dead in a network are left out of its boxes.
    of : {"both", "a", "b"}
        The network before and after, side by side, or one of them; the paper has the second alone.
    chance : bool or float
        What as many images at random give: True for the mean over each layer of ``entropy_a_chance`` and
        ``entropy_b_chance``, False for none, or one number for all, as `metrics.expected_class_entropy` gives it.
    only, labels, width
        As `overlap_by_layer` takes them.

    Returns
    -------
    Figure
        With boxes as those of `overlap_by_layer`; 1 is as many images of each class, 0 all of one.

    Raises
    ------
    VisualizationError
        As `overlap_by_layer` does; also if `of` is none of the three.

    References
    ----------
    Figures 6b and 15 of the paper.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model_a": "imagenet", "model_b": "runs/styles", "layer": "mixed4d", "channel": range(4)})
    >>> table = table.assign(entropy_a=[0.8, 0.7, 0.9, 0.7], entropy_b=[0.5, 0.6, 0.4, 0], dead_a=False)
    >>> figure = entropy_by_layer(table.assign(dead_b=[False, False, False, True]), chance=0.96)
    >>> len(figure.axes[0].patches)
    2
    """
    _boxes.check_chance(chance)
    if of not in NETWORKS:
        raise VisualizationError(f"`of` must be one of {', '.join(NETWORKS)}. Received {of!r}. Choose one of these.")
    scale = _boxes.Scale("class entropy", per_cent=False, chance=chance)
    return _boxes.boxes(channels, NETWORKS[of], scale, only=only, labels=labels, width=width)
