"""Intervals of scores, and paired differences."""

import dataclasses
import json

import pytest

from artlucid import evaluate, metrics
from artlucid.errors import DataError, DataWarning
from artlucid.metrics import Resampling

RESAMPLING = Resampling(level=0.9, resamples=100, seed=4)
OPTIONS = evaluate.Options(intervals=RESAMPLING)

no_ruins = pytest.mark.filterwarnings("ignore:no test image has ruins:artlucid.errors.DataWarning")


def test_none_unless_asked_for(pair, data):
    for scores in evaluate.evaluate(pair, data):
        assert (scores.intervals, scores.difference) == ({}, None)


def test_intervals_of_accuracies(pair, data):
    scores = evaluate.evaluate(pair[0], data, options=OPTIONS)
    expected = metrics.bootstrap(
        metrics.top_k_accuracy, data.test.labels, evaluate.predict(pair[0], data.test), resampling=RESAMPLING
    )
    assert set(scores.intervals) == {"top_1"}
    assert (scores.intervals["top_1"].low, scores.intervals["top_1"].high) == pytest.approx(
        (expected.low, expected.high)
    )
    # Only the intervals are new.
    assert dataclasses.replace(scores, intervals={}) == evaluate.evaluate(pair[0], data)


@no_ruins
def test_intervals_and_differences_of_mean_average_precision(pair_of_objects, objects):
    first, second = evaluate.evaluate(pair_of_objects, objects, options=OPTIONS)
    predictions = [evaluate.predict(network, objects.test) for network in pair_of_objects]
    expected = metrics.paired_bootstrap(
        metrics.mean_average_precision, objects.test.labels, predictions, resampling=RESAMPLING
    )
    name = "mean_average_precision"
    assert (first.intervals, second.intervals) == ({name: expected.scores[0]}, {name: expected.scores[1]})
    assert first.difference is None
    assert (second.difference.model, second.difference.model_identity) == ("network-0", pair_of_objects[0].identity)
    assert second.difference.intervals == {name: expected.differences[0]}
    value = second.difference.values[name]
    assert value == pytest.approx(second.mean_average_precision - first.mean_average_precision)
    assert expected.differences[0].low < value < expected.differences[0].high


@pytest.mark.filterwarnings("ignore:it is not recorded what data:artlucid.errors.DataWarning")
def test_ensemble_has_intervals_too(pair, data):
    scores = evaluate.evaluate(pair, data, ensemble=True, options=OPTIONS)
    assert scores.intervals["top_1"].low <= scores.top_1 <= scores.intervals["top_1"].high
    assert scores.difference is None


def test_json_says_how_they_were_made(pair, data):
    scores = evaluate.evaluate(pair, data, options=OPTIONS)
    content = json.loads(json.dumps(scores[1].to_json()))
    made = {"level": 0.9, "resamples": 100, "method": "BCa", "seed": 4}
    assert made.items() <= content["intervals"]["top_1"].items()
    assert made.items() <= content["difference"]["intervals"]["top_1"].items()
    assert content["difference"]["model"] == "network-0"


@no_ruins
def test_classes_with_few_positives_are_told(pair_of_objects, objects):
    few = objects.test.select(range(7))
    objects = objects.with_splits({**objects.splits, "test": few})
    with pytest.warns(DataWarning, match=r"few test images have bird \(4\), horse \(3\), train \(3\): a resample"):
        evaluate.evaluate(pair_of_objects[0], objects, options=OPTIONS)


@pytest.mark.parametrize("intervals", [True, 0.95])
def test_intervals_that_are_no_resampling(intervals, expect_refusal):
    with expect_refusal("`intervals` must", repr(intervals), "Resampling(level=0.95)", kind=DataError):
        evaluate.Options(intervals=intervals)
