"""What is scored: a network or an ensemble, by its predictions."""

from __future__ import annotations

from dataclasses import dataclass

from artlucid.evaluate._predict import Predictions
from artlucid.evaluate._scores import Member


@dataclass(frozen=True, eq=False)
class Candidate:
    """A network or an ensemble with its predictions for the images of a split.

    Attributes
    ----------
    model, identity : str
    predictions : float32 array of shape (n_images, n_classes)
    members : tuple of Member
        Of an ensemble.
    """

    model: str
    identity: str
    predictions: Predictions
    members: tuple[Member, ...] = ()
