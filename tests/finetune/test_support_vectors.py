"""The hyperplanes of `off_the_shelf(head="svm")` against scikit-learn's own classifiers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from finetune import shelf
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from artlucid import evaluate, models
from artlucid.errors import DataError, DataWarning
from artlucid.finetune import _support_vectors
from artlucid.models._network import layer_output

pytestmark = pytest.mark.usefixtures("tiny")


def machine(cost):
    return LinearSVC(C=cost, dual=False, max_iter=100_000)


def distances(run, split):
    """What the network gives before softmax or sigmoid."""
    import keras

    network = models.load(run)
    logits = keras.Model(network.keras_model.input, layer_output(network, "logits"))
    return evaluate.predict(dataclasses.replace(network, keras_model=logits), split)


def best_cost(features, labels, scoring):
    folds = StratifiedKFold(shelf.SVM.folds, shuffle=True, random_state=0)
    scores = {
        cost: cross_val_score(machine(cost), features, labels, cv=folds, scoring=scoring).mean()
        for cost in shelf.SVM.costs
    }
    cost = max(scores, key=scores.get)
    return cost, scores[cost]


def test_one_label(svm, data):
    features, test = shelf.pooled(svm, data.train), shelf.pooled(svm, data.test)
    cost, score = best_cost(features, data.train.labels, "accuracy")
    table = pd.read_csv(svm.path / "svm.csv")
    assert table["class"].tolist() == list(data.class_names)
    assert table["training_images"].tolist() == [12, 12, 12]
    assert set(table["cost"]) == {cost}
    assert table["cross_validated"].tolist() == pytest.approx([score] * 3)
    reference = OneVsRestClassifier(machine(cost)).fit(features, data.train.labels)
    np.testing.assert_allclose(distances(svm, data.test), reference.decision_function(test), rtol=0.01, atol=0.01)
    assert evaluate.evaluate(svm, data).top_1 == pytest.approx(reference.score(test, data.test.labels))


def test_several_labels(data, tmp_path):
    several = shelf.with_several_labels(data)
    run = shelf.train(several, tmp_path / "run", head=shelf.SVM)
    features, test = shelf.pooled(run, several.train), shelf.pooled(run, several.test)
    table = pd.read_csv(run.path / "svm.csv")
    found = distances(run, several.test)
    for index, row in table.iterrows():
        labels = several.train.labels[:, index]
        cost, score = best_cost(features, labels, "average_precision")
        assert (row["cost"], row["cross_validated"]) == (cost, pytest.approx(score, abs=1e-3))
        reference = machine(cost).fit(features, labels).decision_function(test)
        np.testing.assert_allclose(found[:, index], reference, rtol=0.01, atol=0.01)
        assert average_precision_score(several.test.labels[:, index], found[:, index]) == pytest.approx(
            average_precision_score(several.test.labels[:, index], reference)
        )
    assert models.load(run).keras_model.layers[-1].activation.__name__ == "sigmoid"


def test_run_says_what_it_is(svm, data):
    assert (svm.manifest["head"], svm.manifest["recipe"]["costs"]) == ("svm", [0.01, 0.1, 1.0])
    assert set(svm.manifest["policies"]) == {"trainable", "random"}
    measured = ["head_loss", "loss", "top_1"]
    assert list(svm.history.columns) == ["epoch", *measured, *(f"val_{name}" for name in measured)]
    assert svm.history["val_top_1"][0] == pytest.approx(evaluate.evaluate(svm, data, split="val").top_1)


def separate(features, labels, **changes):
    from artlucid.datasets import Split

    split = Split("train", "/", tuple(f"{index}.png" for index in range(len(labels))), labels)
    names = [f"class {index}" for index in range(labels.shape[1] if labels.ndim == 2 else labels.max() + 1)]
    settings = dataclasses.replace(shelf.SVM, **changes)
    return _support_vectors.separate(settings, features.astype(np.float32), split, names, seed=0)


@pytest.fixture
def cloud():
    return np.random.default_rng(0).normal(size=(30, 4))


def test_classes_with_too_few_images_are_named(cloud):
    labels = np.zeros((30, 3), np.uint8)
    labels[:10, 0] = labels[:2, 1] = labels[5, 2] = 1
    cloud[5] = 10
    with pytest.warns(DataWarning, match=r"2 of 3 classes have fewer .* 3 folds .*: class 1 \(2\), class 2 \(1\)"):
        planes = separate(cloud, labels)
    costs = [row["cost"] for row in planes.table]
    assert costs[2] == 1.0
    assert np.isnan(planes.table[2]["cross_validated"]) and not np.isnan(planes.table[1]["cross_validated"])
    scores = cloud @ planes.kernel + planes.bias
    assert scores[:, 2].argmax() == 5


def test_one_label_with_a_class_of_one_image(cloud):
    labels = np.array([0] * 15 + [1] * 14 + [2])
    with pytest.warns(DataWarning, match=r"class 2 \(1\)"):
        planes = separate(cloud, labels)
    assert len({row["cost"] for row in planes.table}) == 1


def test_class_of_all_images_or_of_none_has_a_score_beyond_all_others(cloud):
    labels = np.zeros((30, 3), np.uint8)
    labels[:10, 0] = labels[:, 1] = 1
    planes = separate(1000 * cloud, labels)
    scores = 1000 * cloud @ planes.kernel + planes.bias
    assert (scores.argmax(axis=1) == 1).all() and (scores.argmin(axis=1) == 2).all()
    assert [row["cost"] is None for row in planes.table] == [False, True, True]


def test_nothing_to_separate(cloud, expect_refusal):
    with expect_refusal("some training images have", "30 images", "another class", kind=DataError):
        separate(cloud, np.ones((30, 2), np.uint8))
