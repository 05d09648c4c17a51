"""Several networks, each by itself or as an ensemble."""

import dataclasses

import keras
import numpy as np
import pytest
import sklearn.metrics
from evaluate import networks
from finetune import small

from artlucid import datasets, evaluate, models
from artlucid.errors import DataError, DataWarning, ModelError, RunWarning

unrecorded = pytest.mark.filterwarnings("ignore:it is not recorded what data:artlucid.errors.DataWarning")


@pytest.fixture(scope="module")
def runs(tiny, data, tmp_path_factory):
    """Two runs on `data`, and one on other images of the same classes."""
    folder = tmp_path_factory.mktemp("runs")
    recipe = dataclasses.replace(small.RECIPE, epochs=1)
    other = small.draw_dataset(tmp_path_factory.mktemp("other"), images={"train": 5, "val": 2, "test": 2})
    trained = {"first": (data, 0), "second": (data, 1), "other": (other, 0)}
    return {
        name: small.train(dataset, folder / name, recipe=recipe, seed=seed) for name, (dataset, seed) in trained.items()
    }


def test_several_are_scored_as_each_alone(pair, data):
    assert evaluate.evaluate(pair, data) == [evaluate.evaluate(network, data) for network in pair]
    assert evaluate.evaluate(tuple(pair), data) == evaluate.evaluate(pair, data)
    assert evaluate.evaluate(pair[:1], data) == [evaluate.evaluate(pair[0], data)]


@pytest.fixture(scope="module")
def wrapped():
    """A network of the classes of `data` that takes images of 20 pixels, where the others take 32."""
    inputs = keras.Input((20, 20, 3))
    outputs = keras.layers.Dense(3, activation="softmax", name="out")(keras.layers.Flatten(name="flat")(inputs))
    return models.wrap(keras.Model(inputs, outputs), value_range=(0, 1), class_names=small.CLASS_NAMES)


def test_images_are_examined_once_for_all_sizes(pair, wrapped, data, monkeypatch):
    calls = []
    usual = datasets.usable
    monkeypatch.setattr(datasets, "usable", lambda *args, **options: calls.append(options) or usual(*args, **options))
    evaluate.evaluate([wrapped, *pair], data)
    assert [options["shorter_side"] for options in calls] == [32]


@unrecorded
def test_ensemble_is_the_mean_of_the_predictions(pair, data):
    scores = evaluate.evaluate(pair, data, ensemble=True)
    predictions = [evaluate.predict(network, data.test) for network in pair]
    mean = (predictions[0] + predictions[1]) / 2
    expected = sklearn.metrics.confusion_matrix(data.test.labels, mean.argmax(axis=1), labels=[0, 1, 2]).tolist()
    assert scores.confusion_matrix == expected
    # Neither of the two gives these.
    assert expected not in [evaluate.evaluate(network, data).confusion_matrix for network in pair]
    assert scores.top_1 == pytest.approx(np.trace(expected) / 12)


@unrecorded
@pytest.mark.filterwarnings("ignore:no test image has ruins:artlucid.errors.DataWarning")
def test_ensemble_with_several_labels(pair_of_objects, objects):
    scores = evaluate.evaluate(pair_of_objects, objects, ensemble=True)
    predictions = [evaluate.predict(network, objects.test) for network in pair_of_objects]
    seen = [0, 1, 3]
    expected = sklearn.metrics.average_precision_score(objects.test.labels[:, seen], np.mean(predictions, 0)[:, seen])
    assert scores.mean_average_precision == pytest.approx(expected)


@unrecorded
def test_ensemble_names_its_members(pair, data):
    scores = evaluate.evaluate(pair, data, ensemble=True)
    assert scores.model == "ensemble of 2"
    assert [dataclasses.astuple(member) for member in scores.members] == [
        (network.source, network.identity) for network in pair
    ]
    turned = evaluate.evaluate(pair[::-1], data, ensemble=True)
    assert scores.model_identity == turned.model_identity not in {network.identity for network in pair}


@unrecorded
def test_networks_of_different_input_sizes(pair, wrapped, data):
    together = evaluate.evaluate([pair[0], wrapped], data)
    assert together == [evaluate.evaluate(pair[0], data), evaluate.evaluate(wrapped, data)]
    mean = (evaluate.predict(pair[0], data.test) + evaluate.predict(wrapped, data.test)) / 2
    scores = evaluate.evaluate([pair[0], wrapped], data, ensemble=True)
    assert scores.top_1 == pytest.approx(np.mean(mean.argmax(axis=1) == data.test.labels))


def test_ensemble_of_runs_on_the_same_data(runs, data):
    scores = evaluate.evaluate([runs["first"], str(runs["second"].path)], data, ensemble=True)
    assert [member.model for member in scores.members] == [str(runs["first"].path), str(runs["second"].path)]


def test_ensemble_of_runs_on_other_data(runs, data, expect_refusal):
    with expect_refusal(
        "the same dataset", f"{runs['first'].path}, trained on {data.specification}", "on one dataset", kind=ModelError
    ):
        evaluate.evaluate([runs["first"], runs["second"], runs["other"]], data, ensemble=True)
    # Each by itself may be scored on images that it was not trained on.
    assert len(evaluate.evaluate([runs["first"], runs["other"]], data)) == 2


def test_member_of_unknown_training_is_told(runs, pair, data):
    with pytest.warns(DataWarning, match="it is not recorded what data network-1 was trained on"):
        evaluate.evaluate([runs["first"], pair[1]], data, ensemble=True)


def test_ensemble_of_one(pair, data, expect_refusal):
    for model in (pair[:1], pair[0]):
        with expect_refusal("two networks or more", "network-0", "`--ensemble`", kind=ModelError):
            evaluate.evaluate(model, data, ensemble=True)


def test_no_network(data, expect_refusal):
    for ensemble in (False, True):
        with expect_refusal("at least one network", "none", "run directory", kind=ModelError):
            evaluate.evaluate([], data, ensemble=ensemble)


def test_network_twice_in_an_ensemble(runs, data, expect_refusal):
    # Of one epoch the best is the last.
    twice = [runs["first"], runs["second"], runs["first"].at("last")]
    with expect_refusal("must differ", f"{runs['first'].path}@last", "Leave one out", kind=ModelError):
        evaluate.evaluate(twice, data, ensemble=True)


def test_network_twice_among_several(runs, data):
    with pytest.warns(RunWarning, match=f"{runs['first'].path}@last have the same weights"):
        scores = evaluate.evaluate([runs["first"], runs["first"].at("last")], data)
    assert scores[0].top_1 == scores[1].top_1


@unrecorded
@pytest.mark.parametrize("ensemble", [False, True])
def test_other_classes_in_one_of_them(ensemble, pair, data):
    other = networks.network_for("abc", source="other")
    with pytest.raises(ModelError, match=r"Received 3 classes \(a, b, c\) in other, and 3 classes \(blue"):
        evaluate.evaluate([*pair, other], data, ensemble=ensemble)


def test_missing_split_comes_before_everything_else(pair, data, expect_refusal):
    few = data.with_splits({"train": data.train})
    with expect_refusal("need a test split", "with train", "--split val", kind=DataError):
        evaluate.evaluate(pair[:1], few, ensemble=True)
