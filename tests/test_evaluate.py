import dataclasses
import doctest
import importlib
import json
import shutil

import keras
import numpy as np
import pytest
import sklearn.metrics
from evaluate.networks import network_for
from finetune import small

from artlucid import datasets, evaluate, models
from artlucid.errors import DataError, DataWarning, ModelError


@pytest.fixture(scope="module")
def network(tiny):
    return network_for(small.CLASS_NAMES)


@pytest.fixture
def drawn(data, tmp_path):
    shutil.copytree(data.root, tmp_path / "drawn")
    return tmp_path / "drawn"


@pytest.mark.parametrize("split", ["test", "val", "train"])
def test_scores_are_scikit_learns_on_the_same_predictions(split, network, data):
    options = evaluate.Options(batch_size=5)
    scores = evaluate.evaluate(network, data, split=split, options=options)
    labels = data.split(split).labels
    predictions = evaluate.predict(network, data.split(split), options=options)
    predicted = predictions.argmax(axis=1)
    assert scores.images == len(labels) == {"train": 36, "val": 12, "test": 12}[split]
    assert scores.top_1 == pytest.approx(sklearn.metrics.accuracy_score(labels, predicted))
    assert scores.confusion_matrix == sklearn.metrics.confusion_matrix(labels, predicted, labels=[0, 1, 2]).tolist()
    recall = sklearn.metrics.recall_score(labels, predicted, average=None, labels=[0, 1, 2], zero_division=0)
    assert scores.class_accuracies == pytest.approx(dict(zip(small.CLASS_NAMES, recall, strict=True)))
    # Three classes: among three every image is right, which says nothing.
    assert (scores.top_3, scores.top_5) == (None, None)


def test_top_3_and_5_of_eight_classes(tiny, tmp_path):
    generator = np.random.default_rng(0)
    names = [f"class{index}" for index in range(8)]
    for index, name in enumerate(names):
        for number in range(4):
            small.draw_image(tmp_path / "test" / name / f"{number}.png", index % 3, generator)
            small.draw_image(tmp_path / "train" / name / f"{number}.png", index % 3, generator)
    data, network = datasets.folder(tmp_path), network_for(names)
    scores = evaluate.evaluate(network, data)
    predictions = evaluate.predict(network, data.test)
    for k, found in ((1, scores.top_1), (3, scores.top_3), (5, scores.top_5)):
        expected = sklearn.metrics.top_k_accuracy_score(data.test.labels, predictions, k=k, labels=range(8))
        assert found == pytest.approx(expected)
    assert "test top-1 " in (text := evaluate.as_text(scores)) and "test top-3 " in text and "test top-5 " in text


def test_predictions_are_kerass_in_the_order_of_the_split(network, data):
    found = evaluate.predict(network, data.test, options=evaluate.Options(batch_size=5))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    images = [datasets.read_image(data.test.path(index), shorter_side=32)[:, 3:35] for index in range(12)]
    expected = network.keras_model.predict(np.stack(images).astype(np.float32), verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_batch_size_does_not_change_the_scores(network, data):
    scores = [evaluate.evaluate(network, data, options=evaluate.Options(batch_size=size)) for size in (1, 12)]
    assert scores[0] == scores[1]


def test_json_and_what_it_says_of_its_making(network, data):
    scores = evaluate.evaluate(network, data)
    content = json.loads(json.dumps(scores.to_json()))
    assert content["precision"] == {"requested": "float32", "used": "float32", "reason": "as asked for"}
    assert (content["model"], content["model_identity"]) == ("some-network", network.identity)
    assert (content["data"], content["data_identity"]) == (data.specification, data.identity)
    assert content["split"] == "test"
    assert {"top_1", "top_3", "top_5", "class_accuracies", "confusion_matrix"} <= set(content)
    # The paper scores one label an image by accuracies alone.
    assert content["mean_average_precision"] is content["average_precisions"] is None
    assert (content["task"], content["members"], content["intervals"]) == ("single_label", [], {})


def test_precision_is_recorded_and_changes_little(network, data):
    options = evaluate.Options(precision="bfloat16")
    scores = evaluate.evaluate(network, data, options=options)
    assert scores.precision["used"] == "bfloat16"
    half = evaluate.predict(network, data.test, options=options)
    full = evaluate.predict(network, data.test)
    assert not np.array_equal(half, full)
    np.testing.assert_allclose(half, full, atol=0.05)


@pytest.mark.parametrize(("split", "word"), [("val", "validation"), ("train", "training")])
def test_other_splits_are_never_called_test(split, word, network, data):
    scores = evaluate.evaluate(network, data, split=split)
    scores = dataclasses.replace(scores, data="folder:data", model="run")
    assert "test" not in json.dumps(scores.to_json()).lower()
    text = evaluate.as_text(scores)
    assert "test" not in text.lower()
    assert f"{word} top-1" in text and f"on the {word} split" in text


def test_table(network, data):
    scores = evaluate.evaluate(network, data)
    made = dataclasses.replace(
        scores,
        top_1=0.5,
        class_accuracies={"blue": 0.75, "green": None, "red": 0.25},
        confusion_matrix=[[3, 0, 1], [0, 0, 0], [2, 1, 1]],
    )
    lines = evaluate.as_text(made).splitlines()
    assert lines[0] == f"some-network on the test split of {data.specification}: 12 images"
    assert lines[1] == "test top-1 50.00%"
    assert [line.split() for line in lines[4:]] == [
        ["blue", "4", "75.0%", "red", "(1)"],
        ["green", "0"],
        ["red", "4", "25.0%", "blue", "(2)"],
    ]


def test_missing_test_split(network, drawn):
    shutil.rmtree(drawn / "test")
    message = r"Test scores need a test split. Received .* with train, val\. Ask for `--split val`.* no test scores"
    with pytest.raises(DataError, match=message):
        evaluate.evaluate(network, f"folder:{drawn}")
    assert evaluate.evaluate(network, f"folder:{drawn}", split="val").split == "val"


@pytest.mark.parametrize("split", ["all", "Test", ""])
def test_split_that_is_none(split, network, data):
    with pytest.raises(DataError, match=f"`split` must be one of test, val, train. Received '{split}'"):
        evaluate.evaluate(network, data, split=split)


def test_other_classes(tiny, data):
    message = (
        r"trained on the classes.*Received 3 classes \(a, b, c\) in some-network, and 3 classes \(blue, green, red\)"
    )
    with pytest.raises(ModelError, match=message):
        evaluate.evaluate(network_for("abc"), data)


def test_same_classes_in_another_order(tiny, data):
    with pytest.raises(ModelError, match=r"Received 3 classes \(red, green, blue\)"):
        evaluate.evaluate(network_for(("red", "green", "blue")), data)


def test_network_without_named_classes(tiny, data):
    with pytest.raises(ModelError, match="Received no named classes in none"):
        evaluate.evaluate(models.load("none", architecture="tiny"), data)


def test_images_without_labels(tiny, data, tmp_path):
    for index in range(12):
        shutil.copy(data.train.path(index), tmp_path / f"{index}.png")
    with pytest.raises(DataError, match=r"must have labels. Received .*unlabelled. Put the images"):
        evaluate.evaluate(models.load("none", architecture="tiny"), datasets.folder(tmp_path))


def test_unusable_files_are_left_out_and_named(network, drawn):
    (drawn / "test" / "red" / "empty.jpg").write_bytes(b"")
    (drawn / "train" / "red" / "empty.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"At most 1.0% of the images may be unusable. Received 1 of 13"):
        evaluate.evaluate(network, datasets.folder(drawn))
    options = evaluate.Options(max_excluded=0.1)
    with pytest.warns(DataWarning, match=r"1 of 13 images is left out: test/red/empty.jpg: it is empty"):
        scores = evaluate.evaluate(network, datasets.folder(drawn), options=options)
    assert scores.images == 12
    (named,) = scores.excluded
    assert "red/empty.jpg: it is empty" in named


def test_class_without_images_has_no_accuracy(network, data):
    few = data.with_splits({**data.splits, "test": data.test.select(range(6))})
    scores = evaluate.evaluate(network, few)
    assert scores.class_accuracies["red"] is None
    assert json.loads(json.dumps(scores.to_json()))["class_accuracies"]["red"] is None


def test_file_that_breaks_while_it_is_evaluated(network, drawn):
    data = datasets.folder(drawn)
    data.test.path(2).write_bytes(b"")
    with pytest.raises(DataError, match=f"Received {data.test.path(2)}: it is empty"):
        evaluate.predict(network, data.test)


def test_wrapped_network_of_one_size(tiny, data):
    inputs = keras.Input((20, 20, 3))
    outputs = keras.layers.Dense(3, activation="softmax", name="out")(keras.layers.Flatten(name="flat")(inputs))
    wrapped = models.wrap(keras.Model(inputs, outputs), value_range=(0, 255))
    assert evaluate.predict(wrapped, data.test).shape == (12, 3)


def test_wrapped_network_of_any_size(tiny, data):
    inputs = keras.Input((None, None, 3))
    outputs = keras.layers.GlobalAveragePooling2D(name="mean")(inputs)
    wrapped = models.wrap(keras.Model(inputs, outputs), value_range=(0, 255))
    with pytest.raises(ModelError, match=r"squares of one size to be evaluated. Received input shape .*None"):
        evaluate.predict(wrapped, data.test)


def test_example():
    assert doctest.testmod(importlib.import_module("artlucid.evaluate._evaluate")).failed == 0
