"""Datasets with several labels an image or none, and fine-tuning from one task to the other."""

import dataclasses
import json

import numpy as np
import pytest
import sklearn.metrics
from finetune import small
from finetune.test_fit import small_pixels

from artlucid import models, runs
from artlucid.cli import _finetune
from artlucid.errors import DataWarning
from artlucid.finetune import _callbacks, _task
from artlucid.models.weights import _own

pytestmark = pytest.mark.usefixtures("tiny")

SUM = dataclasses.replace(small.RECIPE, loss_reduction="sum")
ONE_EPOCH = dataclasses.replace(small.RECIPE, epochs=1)


@pytest.fixture(scope="module")
def several(data):
    return small.with_several_labels(data)


@pytest.fixture(scope="module")
def trained(tiny, several, tmp_path_factory):
    return small.train(several, tmp_path_factory.mktemp("several") / "run")


def predictions(run, split, which="last"):
    images = np.stack([small_pixels(split.path(index)) for index in range(len(split))])
    return models.load(run.at(which)).keras_model.predict(images, verbose=0).astype(np.float64)


def cross_entropy(labels, predicted):
    return -(labels * np.log(predicted) + (1 - labels) * np.log(1 - predicted))


def test_each_image_may_have_any_number_of_labels(several):
    assert {0, 1, 2} == set(several.train.labels.sum(axis=1).tolist())
    assert several.task == "multi_label"


def test_history(trained, several):
    row, labels = trained.history.iloc[-1], several.val.labels
    found = predictions(trained, several.val)
    assert row["val_head_loss"] == pytest.approx(cross_entropy(labels, found).mean(), rel=1e-4)
    expected = sklearn.metrics.f1_score(labels, found > 0.5, average="micro", zero_division=0)
    assert row["val_label_f1"] == pytest.approx(expected, rel=1e-5)
    precision = sklearn.metrics.average_precision_score(labels, found)
    assert row["val_mean_average_precision"] == pytest.approx(precision)
    assert "top_1" not in trained.history


def test_every_task_that_a_dataset_may_have_is_known(several, data):
    assert set(_task.TASKS) == {several.task, data.task}


def test_score_tells_a_network_that_says_no_from_one_that_is_right(several, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, epochs=8, head_rate=0.02, body_rate=0.02, optimizer="adam")
    run = small.train(several, tmp_path / "run", recipe=recipe)
    found = predictions(run, several.train)
    assert run.history["label_f1"].iloc[-1] == pytest.approx(
        sklearn.metrics.f1_score(several.train.labels, found > 0.5, average="micro"), abs=0.1
    )
    assert run.history["label_f1"].iloc[-1] > 0.5


def test_weights_say_that_they_end_in_a_sigmoid(trained):
    for which in ("initial", "best", "last"):
        weights = _own.read(trained.at(which).weights_file())
        assert (weights.activation, weights.class_names) == ("sigmoid", small.CLASS_NAMES)
    assert models.load(trained).keras_model.layers[-1].activation.__name__ == "sigmoid"
    assert trained.manifest["dataset"]["task"] == "multi_label"


def test_sum_over_classes_is_the_mean_times_their_number(several, trained, tmp_path):
    rates = {name: getattr(small.RECIPE, name) / 3 for name in ("head_rate", "body_rate")}
    free = {"momentum": 0.0, "kernel_penalty": 0.0}
    summed = small.train(several, tmp_path / "sum", recipe=dataclasses.replace(SUM, **rates, **free))
    mean = small.train(several, tmp_path / "mean", recipe=dataclasses.replace(small.RECIPE, **free))
    for name in ("loss", "head_loss", "val_loss", "val_head_loss"):
        np.testing.assert_allclose(summed.history[name], 3 * mean.history[name], rtol=1e-4)
    assert summed.state["best_loss"] == pytest.approx(3 * mean.state["best_loss"], rel=1e-4)
    for name, array in _own.read(mean.path / "last.h5").arrays.items():
        np.testing.assert_allclose(_own.read(summed.path / "last.h5").arrays[name], array, atol=1e-6, err_msg=name)


def test_sum_is_nothing_else_to_a_softmax(data, finished, tmp_path):
    run = small.train(data, tmp_path / "run", recipe=SUM)
    assert small.bits(run) == small.bits(finished)


def test_class_without_positives_is_named(several, tmp_path):
    labels = several.train.labels.copy()
    labels[:, 1] = 0
    dataset = several.with_splits({**several.splits, "train": several.train.with_labels(labels)})
    with pytest.warns(DataWarning, match=r"No training image of .* has the class green: .*Add images of it"):
        small.train(dataset, tmp_path / "run", recipe=ONE_EPOCH)


def test_class_of_which_every_image_is_left_out_is_named(data, tmp_path):
    train = data.train.select(np.flatnonzero(data.train.labels != 2))
    with pytest.warns(DataWarning, match="has the class red"):
        small.train(data.with_splits({**data.splits, "train": train}), tmp_path / "run", recipe=ONE_EPOCH)


def test_one_class_is_enough_with_several_labels(several, tmp_path):
    splits = {name: split.with_labels(split.labels[:, :1]) for name, split in several.splits.items()}
    one = dataclasses.replace(several, class_names=("blue",), splits=splits)
    assert models.load(small.train(one, tmp_path / "run", recipe=ONE_EPOCH)).class_names == ("blue",)


@pytest.mark.parametrize("recipe", ["deep", "plain"])
def test_double_fine_tuning_across_tasks(recipe, several, finished, data, tmp_path):
    second = dataclasses.replace(ONE_EPOCH, name="second", deep_supervision=recipe == "deep")
    run = small.train(several, tmp_path / "second", recipe=second, weights=finished)
    # The labels were changed in memory, so that the data of the second training cannot be loaded again.
    third = small.train(data, tmp_path / "third", recipe=second, weights=run, near_duplicates=False)
    for earlier, later, activation in ((finished, run, "sigmoid"), (run, third, "softmax")):
        taken, start = (_own.read(path) for path in (earlier.path / "best.h5", later.path / "initial.h5"))
        assert start.activation == activation
        for name in ("conv2d0/kernel", "conv2d1/bias"):
            np.testing.assert_array_equal(start.arrays[name], taken.arrays[name])
        assert not np.array_equal(start.arrays["logits/kernel"], taken.arrays["logits/kernel"])
    lineage = third.manifest["initial_weights"]["lineage"]
    assert (lineage["recipe"]["name"], lineage["dataset"]["task"]) == ("second", "multi_label")
    assert lineage["initial_weights"]["lineage"]["dataset"]["task"] == "single_label"
    assert lineage["initial_weights"]["identity"] == models.load(finished).identity


def test_progress_names_the_score_of_the_task(several, tmp_path, caplog):
    caplog.set_level("INFO", logger="artlucid")
    small.train(several, tmp_path / "run", recipe=ONE_EPOCH, progress=True)
    assert "val_label_f1" in caplog.text and "top_1" not in caplog.text


def test_command_line_prints_the_score_of_the_task(trained):
    results, text = _finetune._finetune_results(trained)
    best = trained.history.iloc[trained.state["best_epoch"] - 1]
    assert results["validation"] == {
        "head_loss": best["val_head_loss"],
        "loss": best["val_loss"],
        "label_f1": best["val_label_f1"],
        "mean_average_precision": best["val_mean_average_precision"],
    }
    assert f"validation F1 of the labels {best['val_label_f1']:.1%}" in text
    assert text.endswith(f"validation mean average precision {best['val_mean_average_precision']:.1%}")


def test_precision_is_of_the_main_head_under_deep_supervision(several, tmp_path):
    run = small.train(several, tmp_path / "run", recipe=dataclasses.replace(ONE_EPOCH, deep_supervision=True))
    precision = sklearn.metrics.average_precision_score(several.val.labels, predictions(run, several.val))
    assert run.history["val_mean_average_precision"].iloc[0] == pytest.approx(precision)


def test_no_precision_without_a_label_in_the_validation_split(several, tmp_path):
    emptied = several.val.with_labels(np.zeros_like(several.val.labels))
    run = small.train(several.with_splits({**several.splits, "val": emptied}), tmp_path / "run", recipe=ONE_EPOCH)
    assert "val_mean_average_precision" not in run.history


def test_training_is_the_same_whether_precision_is_measured_or_not(several, trained, tmp_path, monkeypatch):
    monkeypatch.setattr("artlucid.finetune._training.watched", lambda network, supervision: network)
    plain = small.train(several, tmp_path / "run")
    assert trained.state["best_epoch"] == plain.state["best_epoch"]
    for name in ("initial.h5", "best.h5", "last.h5"):
        assert (trained.path / name).read_bytes() == (plain.path / name).read_bytes()
    measured = trained.history.drop(columns="val_mean_average_precision")
    assert measured.to_csv() == plain.history.to_csv()


def test_run_whose_first_epoch_did_not_measure_precision_goes_on(several, trained, tmp_path, monkeypatch):
    def stop_after_the_first(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("artlucid.finetune._training.watched", lambda network, supervision: network)
        patch.setattr(_callbacks.StopAtNaN, "on_epoch_begin", stop_after_the_first)
        with pytest.raises(KeyboardInterrupt):
            small.train(several, tmp_path / "run")
    run = small.train(several, tmp_path / "run", resume=True)
    assert (run.path / "last.h5").read_bytes() == (trained.path / "last.h5").read_bytes()
    column = run.history["val_mean_average_precision"].tolist()
    assert column == [pytest.approx(float("nan"), nan_ok=True), trained.history["val_mean_average_precision"][1]]
    results, text = _finetune._finetune_results(_best(run, epoch=1))
    assert "mean_average_precision" not in results["validation"] and "precision" not in text


def _best(run, epoch):
    (run.path / "state.json").write_text(json.dumps({**run.state, "best_epoch": epoch}))
    return runs.open_run(run.path)
