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
    score : str
        Column of the history that says how often the main head is right.
    """

    activation: str
    loss: str
    score: str


TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "single_label": Task("softmax", "CategoricalCrossentropy", "top_1"),
        "multi_label": Task("sigmoid", "BinaryCrossentropy", "label_f1"),
    }
)
"""By `Dataset.task`; section 3 of the paper: RASTA by the first, Paintings and IconArt by the second."""
