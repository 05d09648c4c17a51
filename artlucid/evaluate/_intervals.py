"""Scores with intervals over images, and their paired differences."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence

from artlucid.datasets import Split
from artlucid.evaluate._candidate import Candidate
from artlucid.evaluate._measures import measures_of
from artlucid.evaluate._scores import Difference, Scores
from artlucid.metrics import Interval, Resampling

logger = logging.getLogger("artlucid")


def with_intervals(
    scores: Sequence[Scores], candidates: Sequence[Candidate], images: Split, resampling: Resampling
) -> list[Scores]:
    """The scores with an interval each, and all but the first with their difference from the first.

    Parameters
    ----------
    scores : sequence of Scores
    candidates : sequence of Candidate
        What was scored, in the same order.
    images : Split
        What it was scored on.
    resampling : Resampling
        One set of resamples serves all candidates.
    """
    logger.info("intervals from %d resamples of %d images", resampling.resamples, len(images))
    assert images.labels is not None
    predictions = [candidate.predictions for candidate in candidates]
    found = {
        measure.name: measure.intervals(images.labels, predictions, resampling)
        for measure in measures_of(scores[0].task, predictions[0].shape[1])
    }
    first, *others = (
        dataclasses.replace(one, intervals={name: paired.scores[index] for name, paired in found.items()})
        for index, one in enumerate(scores)
    )
    differences = [
        _difference(first, other, {name: paired.differences[index] for name, paired in found.items()})
        for index, other in enumerate(others)
    ]
    pairs = zip(others, differences, strict=True)
    return [first, *(dataclasses.replace(other, difference=difference) for other, difference in pairs)]


def _difference(first: Scores, other: Scores, intervals: dict[str, Interval]) -> Difference:
    values = {name: getattr(other, name) - getattr(first, name) for name in intervals}
    return Difference(first.model, first.model_identity, values, intervals)
