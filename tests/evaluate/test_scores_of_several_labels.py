"""Datasets whose images have several labels, or none."""

import json

import keras
import numpy as np
import pytest
import sklearn.metrics
from evaluate import networks
from finetune import small

from artlucid import evaluate, models
from artlucid.errors import DataError, DataWarning, ModelError
from artlucid.models.weights import _own

pytestmark = pytest.mark.filterwarnings("ignore:no test image has ruins:artlucid.errors.DataWarning")


@pytest.fixture
def network(pair_of_objects):
    return pair_of_objects[0]


def test_scores_are_scikit_learns_on_the_same_predictions(network, objects):
    scores = evaluate.evaluate(network, objects)
    predictions = evaluate.predict(network, objects.test)
    expected = {
        name: sklearn.metrics.average_precision_score(objects.test.labels[:, index], predictions[:, index])
        for index, name in enumerate(networks.OBJECTS)
        if name != "ruins"
    }
    assert scores.images == 21
    assert scores.average_precisions == pytest.approx({**expected, "ruins": None})
    assert scores.mean_average_precision == pytest.approx(sum(expected.values()) / 3)
    assert scores.positives == {"bird": 12, "horse": 9, "ruins": 0, "train": 9}


def test_class_without_positives_is_named(network, objects):
    message = "no test image has ruins: left out of the mean average precision"
    with pytest.warns(DataWarning, match=message):
        scores = evaluate.evaluate(network, objects)
    assert scores.left_out == ["ruins"]
    assert scores.average_precisions["ruins"] is None


def test_json_has_no_scores_of_one_label(network, objects):
    content = json.loads(json.dumps(evaluate.evaluate(network, objects).to_json()))
    assert content["task"] == "multi_label"
    assert 0 < content["mean_average_precision"] < 1
    for key in ("top_1", "top_3", "top_5", "class_accuracies", "confusion_matrix"):
        assert content[key] is None


def test_network_from_a_file(network, objects, tmp_path):
    path = tmp_path / "objects.h5"
    path.write_bytes(_own.to_bytes(networks.weights_for(networks.OBJECTS, activation="sigmoid")))
    scores = evaluate.evaluate(path, objects)
    assert scores.model_identity == network.identity
    assert scores.average_precisions == evaluate.evaluate(network, objects).average_precisions


def test_predictions_are_no_softmax(network, objects):
    predictions = evaluate.predict(network, objects.test)
    assert not np.allclose(predictions.sum(axis=1), 1, atol=0.1)


def test_split_without_any_label(network, objects, expect_refusal):
    none = objects.test.with_labels(np.zeros((21, 4), np.uint8))
    with expect_refusal("must have a label", "without any: 21 images", "another split", kind=DataError):
        evaluate.evaluate(network, objects.with_splits({**objects.splits, "test": none}))


def test_unusable_image_takes_its_labels_with_it(network, tmp_path):
    drawn = networks.draw_objects(tmp_path)
    labels = drawn.test.labels.copy()
    labels[0, 2] = 1
    drawn = drawn.with_splits({**drawn.splits, "test": drawn.test.with_labels(labels)})
    assert evaluate.evaluate(network, drawn).left_out == []
    drawn.test.path(0).write_bytes(b"")
    with pytest.warns(DataWarning, match="1 of 21 images is left out"):
        scores = evaluate.evaluate(network, drawn, options=evaluate.Options(max_excluded=0.1))
    assert (scores.images, scores.positives["bird"], scores.left_out) == (20, 11, ["ruins"])


def test_softmax_is_refused(tiny, objects, expect_refusal):
    network = networks.network_for(networks.OBJECTS)
    with expect_refusal("end in a sigmoid", "some-network, which ends in softmax", "Fine-tune it", kind=ModelError):
        evaluate.evaluate(network, objects)


def test_sigmoid_is_refused_where_an_image_has_one_label(tiny, data, expect_refusal):
    network = networks.network_for(small.CLASS_NAMES, activation="sigmoid")
    with expect_refusal("end in a softmax", "some-network, which ends in sigmoid", "Fine-tune it", kind=ModelError):
        evaluate.evaluate(network, data)


ENDS = {
    "a sigmoid": (keras.layers.Activation("sigmoid"), None),
    "a softmax": (keras.layers.Softmax(name="softened"), "ends in softmax"),
    "a softmax as activation": (keras.layers.Activation("softmax"), "ends in softmax"),
    "nothing": (keras.layers.Activation("linear"), "ends in linear"),
    "another layer": (keras.layers.Rescaling(0.5, name="halved"), "a layer 'halved' without an activation"),
}


@pytest.mark.parametrize("case", ENDS)
def test_wrapped_network_must_end_in_a_sigmoid(case, objects, expect_refusal):
    last, received = ENDS[case]
    inputs = keras.Input((32, 32, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    model = keras.Model(inputs, last(keras.layers.Dense(4)(pooled)))
    network = models.wrap(model, value_range=(0, 1), class_names=networks.OBJECTS)
    if received is None:
        assert evaluate.evaluate(network, objects).images == 21
        return
    with expect_refusal("end in a sigmoid", received, "keras.layers.Activation('sigmoid')", kind=ModelError):
        evaluate.evaluate(network, objects)
