"""What training means for a dataset with one label an image, and for one with several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Task:
    """What a kind of labels asks of a network.

    Attributes
    ----------
    activation : {"softmax", "sigmoid"}
        What follows every classifier.
    loss : str
        Name of the loss in Keras, on predictions.
    """

    activation: str
    loss: str


TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "single_label": Task("softmax", "CategoricalCrossentropy"),
        "multi_label": Task("sigmoid", "BinaryCrossentropy"),
    }
)
"""By `Dataset.task`; section 3 of the paper: RASTA by the first, Paintings and IconArt by the second."""
