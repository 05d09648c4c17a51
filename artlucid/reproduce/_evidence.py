"""What the steps left in the folder, as the samples that findings are decided by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.stats

from artlucid import tables
from artlucid.errors import MetricError
from artlucid.metrics import mean_average_precision, top_k_hits
from artlucid.metrics._bootstrap import PREPARED
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._pictures import Change
from artlucid.reproduce._resamples import Resample
from artlucid.reproduce._samples import Samples
from artlucid.reproduce._scores import ENSEMBLES, Predictions, predictions
from artlucid.reproduce._states import AVERAGE_PRECISION, PAIRINGS, TRAININGS
from artlucid.reproduce._work import Work

RESAMPLES = 1000
"""Of test images, for scores: these cost nothing."""

FEWEST_CHANNELS = 8
"""With pictures, for a correlation."""

Evidence = Mapping[tuple[str, str], Samples]
Doubles = npt.NDArray[np.float64]


def evidence_of(work: Work) -> dict[tuple[str, str], Samples]:
    """All that can be found out from what is there, by what it is of and the name of the measure."""
    found: dict[tuple[str, str], Samples] = {}
    for name in (*TRAININGS, *ENSEMBLES):
        found |= _of_scores(name, work)
    for name, pair in PAIRINGS.items():
        if pair.data in work.data:
            found |= _of_comparisons(name, work)
    return found | _of_visual_change(work)


def _of_scores(name: str, work: Work) -> dict[tuple[str, str], Samples]:
    role = TRAININGS[name].data if name in TRAININGS else "rasta"
    if role not in work.data:
        return {}
    parts = [part for place in range(len(work.seeds)) if (part := predictions(name, place, work)) is not None]
    if not parts:
        return {}
    measure = AVERAGE_PRECISION if parts[0].labels.ndim == 2 else "top_1"
    try:
        values = np.array([_resampled(part) for part in parts])
    except MetricError:
        values = np.full((len(parts), 1), np.nan)
    return {(name, measure): Samples(("",), values[:, None])}


def _resampled(part: Predictions) -> Doubles:
    """The score on all images, and on images drawn with replacement, the same ones for all networks."""
    number = len(part.labels)
    drawn = np.random.default_rng(0).integers(number, size=(RESAMPLES, number))
    if part.labels.ndim == 1:
        hits = top_k_hits(part.labels, part.values, k=1)
        return np.concatenate([[hits.mean()], hits[drawn].mean(axis=1)])
    counts = np.array([np.bincount(images, minlength=number) for images in drawn])
    return PREPARED[mean_average_precision](part.labels, part.values)(
        np.concatenate([np.ones_like(counts[:1]), counts])
    )


def _of_comparisons(name: str, work: Work) -> dict[tuple[str, str], Samples]:
    done = [place for place in work.places(PAIRINGS[name]) if Compare(name, place).is_done(work)]
    if not done:
        return {}
    distances = [
        tables.mean_changes(Compare(name, place).read(work).layers)["mean_kernel_distance"].iloc[0] for place in done
    ]
    found = {(name, "kernel_distance"): Samples(("",), np.array(distances, np.float64)[:, None, None])}
    resampled = [Resample(name, place) for place in done]
    parts = [one.read(work) for one in resampled if one.is_done(work)]
    if parts:
        layers = parts[0][0]
        for measure in parts[0][1]:
            found[name, measure] = Samples(layers, np.array([values[measure] for _, values in parts]))
    return found


def _of_visual_change(work: Work) -> dict[tuple[str, str], Samples]:
    if "rasta" not in work.data:
        return {}
    changes = [Change(place) for place in range(len(work.seeds))]
    values = list(_correlations(change.read(work) for change in changes if change.is_done(work)))
    return {("visual-change", "spearman"): Samples(("",), np.array(values)[:, None])} if values else {}


def _correlations(parts: Iterator[Any]) -> Iterator[Doubles]:
    """Of all channels, and of channels drawn with replacement."""
    for rows in parts:
        number = len(rows)
        if number < FEWEST_CHANNELS:
            yield np.full(1 + RESAMPLES, np.nan)
            continue
        drawn = np.random.default_rng(0).integers(number, size=(RESAMPLES, number))
        both = rows[["overlap_100", "visual_change"]].to_numpy(np.float64).T
        yield np.array([_spearman(*both[:, channels]) for channels in (np.arange(number), *drawn)])


def _spearman(overlap: Doubles, change: Doubles) -> float:
    if not (np.ptp(overlap) and np.ptp(change)):
        return np.nan
    ranks = scipy.stats.rankdata(overlap), scipy.stats.rankdata(change)
    return float(np.corrcoef(*ranks)[0, 1])
