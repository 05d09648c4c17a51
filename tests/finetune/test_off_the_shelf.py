"""A new head on the features of a frozen network: what it learns, what a run of it holds, what it refuses."""

import dataclasses
import json
import shutil

import h5py
import numpy as np
import pytest
from finetune import shelf, small
from sklearn.metrics import average_precision_score

from artlucid import datasets, evaluate, finetune, models, recipes, runs
from artlucid.errors import DataError, DataWarning, ModelError, RecipeError, RunError, RunWarning, TrainingError
from artlucid.finetune import _callbacks, _features
from artlucid.models._network import get_arrays

pytestmark = pytest.mark.usefixtures("tiny")

HEAD = ("logits/kernel", "logits/bias")
BODY = ("conv2d0/kernel", "conv2d0/bias", "conv2d1/kernel", "conv2d1/bias")


def arrays(source):
    network = models.load(source)
    return get_arrays(network.keras_model, network.architecture)


@pytest.fixture(scope="module")
def dense(tiny, data, tmp_path_factory):
    """A finished run with the dense head; for reading only."""
    return shelf.train(data, tmp_path_factory.mktemp("dense") / "run")


@pytest.fixture(scope="module")
def several(data):
    return shelf.with_several_labels(data)


# What it learns


def test_head_is_that_of_a_fine_tuning_with_a_frozen_body(dense, data, tmp_path):
    tuned = small.train(data, tmp_path / "tuned", recipe=shelf.DENSE)
    for which in ("initial", "best", "last"):
        for name, array in arrays(tuned.at(which)).items():
            np.testing.assert_allclose(arrays(dense.at(which))[name], array, rtol=1e-4, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(dense.history.to_numpy(), tuned.history.to_numpy(), rtol=1e-4)
    assert list(dense.history.columns) == list(tuned.history.columns)
    assert dense.state["best_epoch"] == tuned.state["best_epoch"]


def test_head_alone_learns(dense):
    start, end = arrays(dense.at("initial")), arrays(dense.at("last"))
    for name in BODY:
        np.testing.assert_array_equal(end[name], start[name])
    for name in HEAD:
        assert np.abs(end[name] - start[name]).max() > 0.01


def test_best_is_the_epoch_of_the_lowest_validation_loss(data, tmp_path, monkeypatch):
    small.climb_from(3, monkeypatch)
    recipe = dataclasses.replace(shelf.DENSE, head_rate=0.001, momentum=0.0)
    run = shelf.train(data, tmp_path / "run", head=recipe, keep_epochs=True)
    assert run.history["val_head_loss"].idxmin() + 1 == run.state["best_epoch"] == 2
    assert (run.path / "best.h5").read_bytes() == (run.path / "epochs/epoch-002.h5").read_bytes()


def test_seed_draws_the_head_and_the_order(dense, data, tmp_path):
    again, other = (shelf.train(data, tmp_path / str(seed), weights=dense.at("initial"), seed=seed) for seed in (0, 1))
    assert (again.path / "last.h5").read_bytes() == (dense.path / "last.h5").read_bytes()
    assert np.abs(arrays(other.at("initial"))[HEAD[0]] - arrays(dense.at("initial"))[HEAD[0]]).max() > 0.01


def test_several_labels(several, tmp_path):
    run = shelf.train(several, tmp_path / "run")
    network = models.load(run.at("last"))
    predictions = evaluate.predict(network, several.val)
    labels = several.val.labels
    last = run.history.iloc[-1]
    entropy = -np.where(labels, np.log(predictions), np.log1p(-predictions)).mean()
    assert last["val_head_loss"] == pytest.approx(entropy, rel=1e-4)
    assert last["val_mean_average_precision"] == pytest.approx(average_precision_score(labels, predictions))
    assert predictions.sum(axis=1).max() > 1.01, "these are softmax's, not sigmoid's"


def test_class_without_an_image_among_several_labels_is_left_out_of_the_mean(several, tmp_path):
    emptied = several.val.labels.copy()
    emptied[:, 1] = 0
    changed = several.with_splits({**several.splits, "val": several.val.with_labels(emptied)})
    run = shelf.train(changed, tmp_path / "run")
    predictions = evaluate.predict(models.load(run.at("last")), changed.val)[:, [0, 2]]
    mean = average_precision_score(emptied[:, [0, 2]], predictions)
    assert run.history["val_mean_average_precision"].iloc[-1] == pytest.approx(mean)


# What a run of it holds


def test_files(dense):
    found = {path.relative_to(dense.path).parts[0] for path in dense.path.rglob("*") if path.is_file()}
    weights = {"initial.h5", "best.h5", "last.h5", "features.h5"}
    tables = {"run.json", "state.json", "history.csv", "excluded.csv"}
    assert found == {*weights, *tables, ".lock", "checkpoint", "logs"}


def test_manifest(dense, data):
    manifest = json.loads((dense.path / "run.json").read_text())
    assert (manifest["command"], manifest["head"], manifest["seed"]) == ("off-the-shelf", "dense", 0)
    assert recipes.from_json(manifest["recipe"]) == shelf.DENSE
    frozen = {"pattern": "*", "value": False, "layers": ["conv2d0", "conv2d1"]}
    assert manifest["policies"]["trainable"] == [{"pattern": "head", "value": True, "layers": ["logits"]}, frozen]
    assert manifest["dataset"]["identity"] == data.identity
    assert manifest["environment"]["precision"]["used"] == "float32"


def test_the_papers_settings():
    recipe = finetune.HEADS["dense"]
    assert (recipe.name, recipe.head_rate, recipe.momentum, recipe.epochs) == ("off_the_shelf", 0.01, 0.9, 20)
    assert (recipe.batch_size, recipe.schedule, recipe.decay) == (32, "inverse_time", 1e-4)
    assert finetune.HEADS["svm"].costs == pytest.approx((1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100))


def test_it_is_a_run_for_whatever_takes_one(dense, data, tmp_path):
    scores = evaluate.evaluate(dense, data, split="val")
    assert scores.top_1 == pytest.approx(dense.history["val_top_1"][dense.state["best_epoch"] - 1])
    second = shelf.train(data, tmp_path / "second", weights=dense)
    lineage = second.manifest["initial_weights"]["lineage"]
    assert (lineage["run"], lineage["recipe"]["name"]) == (str(dense.path), "small")


# Features


def test_features_are_pooled_activations(dense, data):
    with h5py.File(dense.path / "features.h5") as file:
        for name in ("train", "val"):
            np.testing.assert_allclose(file[name][()], shelf.pooled(dense, data.split(name)), rtol=1e-4, atol=1e-4)


def test_features_of_another_run_are_used_again(dense, data, tmp_path, monkeypatch):
    monkeypatch.setattr(_features, "compute", None)
    for features in (dense.path, dense.path / "features.h5"):
        run = shelf.train(data, tmp_path / features.name, features=features)
        assert (run.path / "last.h5").read_bytes() == (dense.path / "last.h5").read_bytes()
    # Another head at the start: features know nothing of it.
    shelf.train(data, tmp_path / "other", weights=dense, seed=3, features=dense.path)


def test_features_of_something_else(dense, data, tmp_path, expect_refusal):
    random = models.load("none", architecture="tiny", seed=5)
    fewer = data.with_splits({**data.splits, "val": data.val.select(range(11))})
    turned = data.with_splits({**data.splits, "val": data.val.select(range(11, -1, -1))})
    cases = {
        "network": {"dataset": data, "weights": random},
        "images": {"dataset": fewer},
        "precision": {"dataset": data, "precision": "bfloat16"},
    }
    cases |= {"images, turned": {"dataset": turned}}
    for name, settings in cases.items():
        difference = f"features.h5 with {name.partition(',')[0]} "
        with expect_refusal("same images, network, layer and precision", difference, "--features", kind=RunError):
            shelf.train(out=tmp_path / name, features=dense.path, **settings)


def damaged_features(path, damage):
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-500])
        return
    with h5py.File(path, "r+") as file:
        if damage == "newer":
            file.attrs["version"] = 2
        elif damage == "foreign":
            file.attrs["format"] = "something"
        elif damage == "linked":
            del file["val"]
            file["val"] = h5py.ExternalLink("elsewhere.h5", "val")
        elif damage == "short":
            rows = file["val"][:-1]
            del file["val"]
            file["val"] = rows
        elif damage == "not finite":
            file["val"][3, 2] = np.nan
        else:
            del file[damage]


@pytest.mark.parametrize("damage", ["cut", "newer", "foreign", "linked", "short", "not finite", "train", "val"])
def test_damaged_features(damage, dense, data, tmp_path):
    shutil.copy(dense.path / "features.h5", tmp_path / "features.h5")
    damaged_features(tmp_path / "features.h5", damage)
    message = "must be at most 1. Received" if damage == "newer" else "must hold a row for each .* Received"
    with pytest.raises(RunError, match=message):
        shelf.train(data, tmp_path / "run", features=tmp_path / "features.h5")
    assert runs.open_run(tmp_path / "run").state["status"] == "failed"


def test_missing_features(data, tmp_path):
    with pytest.raises(RunError, match="nowhere"):
        shelf.train(data, tmp_path / "run", features=tmp_path / "nowhere")


def test_features_that_are_not_finite(data, tmp_path, monkeypatch):
    import keras

    usual = keras.Model.predict

    def overflowing(self, *arguments, **options):
        found = usual(self, *arguments, **options)
        found[2, 1] = np.inf
        return found

    monkeypatch.setattr(keras.Model, "predict", overflowing)
    with pytest.raises(TrainingError, match=r"finite. Received .*train/blue/02.png.*--precision float32"):
        shelf.train(data, tmp_path / "run")


def test_unusable_files_have_no_features(data, tmp_path):
    shutil.copytree(data.root, tmp_path / "drawn")
    (tmp_path / "drawn" / "train" / "blue" / "empty.jpg").write_bytes(b"")
    with pytest.warns(DataWarning, match="empty.jpg"):
        run = shelf.train(datasets.folder(tmp_path / "drawn"), tmp_path / "run", max_excluded=0.1)
    with h5py.File(run.path / "features.h5") as file:
        assert file["train"].shape == (36, 8)


# Interruptions


def interrupt(patch, owner, name):
    def interrupting(*_, **__):
        raise KeyboardInterrupt

    patch.setattr(owner, name, interrupting)


# Hyperplanes have no epochs.
PHASES = {"dense": ("features", "kept features", "second epoch"), "svm": ("features", "kept features")}


@pytest.mark.parametrize(("head", "phase"), [(head, phase) for head, phases in PHASES.items() for phase in phases])
def test_resumed_run_has_the_bits_of_one_that_was_never_stopped(head, phase, dense, svm, data, tmp_path):
    head, whole = {"dense": (shelf.DENSE, dense), "svm": (shelf.SVM, svm)}[head]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if phase == "features":
            interrupt(patch, _features, "compute")
        elif phase == "kept features":
            interrupt(patch, _callbacks.StopAtNaN, "on_epoch_begin")
            interrupt(patch, finetune._support_vectors, "separate")
        else:
            usual = _callbacks.StopAtNaN.on_epoch_begin
            stop = {1: KeyboardInterrupt}

            def until(self, epoch, logs=None):
                if epoch in stop:
                    raise stop[epoch]
                usual(self, epoch, logs)

            patch.setattr(_callbacks.StopAtNaN, "on_epoch_begin", until)
        shelf.train(data, tmp_path / "run", head=head)
    assert runs.open_run(tmp_path / "run").state["status"] == "interrupted"
    with pytest.MonkeyPatch.context() as patch:
        if phase != "features":
            patch.setattr(_features, "compute", None)
        resumed = finetune.off_the_shelf(data, out=tmp_path / "run", resume=True)
    assert resumed.state["status"] == "finished"
    assert small.bits(resumed) == small.bits(whole)


def test_finished_run_is_not_resumed(dense, data):
    with pytest.warns(RunWarning, match="finished: nothing to resume"):
        finetune.off_the_shelf(data, out=dense.path, resume=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"head": "svm"}, "recipe"),
        ({"seed": 1}, "seed was 0, is 1"),
        ({"precision": "bfloat16"}, "precision.used was 'float32', is 'bfloat16'"),
    ],
)
def test_resumed_with_other_settings(settings, message, data, tmp_path):
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt(patch, _features, "compute")
        shelf.train(data, tmp_path / "run")
    with pytest.raises(RunError, match=message):
        shelf.train(data, tmp_path / "run", resume=True, **{"head": None, **settings})


def test_each_command_resumes_its_own_runs(dense, finished, data):
    with pytest.raises(RunError, match=r"begun by `off-the-shelf`\. Go on with `artlucid off-the-shelf`"):
        finetune.fit(data, out=dense.path, resume=True)
    with pytest.raises(RunError, match="for `off-the-shelf`, begun by `finetune`"):
        finetune.off_the_shelf(data, out=finished.path, resume=True)


# Bad input


def refused(error, message, dataset, out, **settings):
    with pytest.raises(error, match=message) as caught:
        shelf.train(dataset, out, **settings)
    rule, received, advice = str(caught.value).partition("Received")
    assert rule.strip() and received and ". " in advice, caught.value
    assert not out.exists()


def test_no_labels(data, tmp_path):
    (tmp_path / "flat").mkdir()
    for index, path in enumerate(data.root.rglob("*.png")):
        shutil.copy(path, tmp_path / "flat" / f"{index}.png")
    message = "must have one label an image .*Received .*unlabelled, 0 classes"
    refused(DataError, message, f"folder:{tmp_path}/flat", tmp_path / "run")


@pytest.mark.parametrize("split", ["train", "val"])
def test_missing_split(split, data, tmp_path):
    rest = {name: part for name, part in data.splits.items() if name != split}
    refused(DataError, f"Received '{split}'", data.with_splits(rest), tmp_path / "run")


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("forest", "`head` must be one of dense, svm. Received 'forest'"),
        (recipes.RECIPES["A"], "must draw and train the head alone.*Received 'A' with trainable"),
        (dataclasses.replace(shelf.DENSE, augmentation="random_crops"), "augmentation 'random_crops'"),
        (dataclasses.replace(shelf.DENSE, kernel_penalty=1e-4), "kernel_penalty 0.0001"),
    ],
)
def test_head(head, message, data, tmp_path):
    refused(RecipeError, message, data, tmp_path / "run", head=head)


@pytest.mark.parametrize("changes", [{"costs": ()}, {"costs": (1.0, -1.0)}, {"costs": (np.inf,)}, {"folds": 1}])
def test_settings_of_support_vectors(changes, expect_refusal):
    with expect_refusal("`costs`", "", "for example", kind=RecipeError):
        dataclasses.replace(shelf.SVM, **changes)


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_seed(seed, data, tmp_path):
    refused(RecipeError, "`seed` must be an integer", data, tmp_path / "run", seed=seed)


def test_precision(data, tmp_path):
    refused(ModelError, "`precision` must be auto or one of", data, tmp_path / "run", precision="half")


def test_folder_that_is_taken(dense, data, tmp_path):
    with pytest.raises(RunError, match="`out` must be empty, not exist or"):
        shelf.train(data, dense.path)


@pytest.mark.parametrize("head", [shelf.DENSE, shelf.SVM], ids=["dense", "svm"])
def test_class_without_a_training_image_is_named(head, data, several, tmp_path):
    def without_green(labels):
        if labels.ndim == 2:
            labels[:, 1] = 0
            return labels
        return np.where(labels == 1, 2, labels)

    for name, dataset in (("one label", data), ("several", several)):
        with pytest.warns(DataWarning, match="No training image of .* has the class green"):
            run = shelf.train(shelf.with_labels(dataset, without_green), tmp_path / name, head=head)
        if head is shelf.SVM:
            predictions = evaluate.predict(models.load(run), data.test)
            assert (predictions.argmin(axis=1) == 1).all()


def test_several_devices(data, tmp_path):
    refused(RunError, "`devices` must be 'one' off the shelf", data, tmp_path / "run", devices="all")


def test_hyperplanes_have_no_rates(svm):
    assert "final_rates" not in svm.manifest and "rates" not in svm.manifest["policies"]


def test_failure_before_a_resumed_run_goes_on_leaves_its_state(data, tmp_path):
    run = shelf.train(data, tmp_path / "run")
    state = {**run.state, "status": "interrupted"}
    (run.path / "state.json").write_text(json.dumps(state))
    (run.path / "features.h5").write_bytes(b"damaged")
    with pytest.raises(RunError, match="Remove it"):
        shelf.train(data, run.path, resume=True)
    assert run.state == state
    (run.path / "features.h5").unlink()
    assert shelf.train(data, run.path, resume=True).state["status"] == "finished"


@pytest.mark.parametrize(("head", "planned"), [("dense", True), (shelf.SVM, False)])
def test_learning_rates_are_planned_where_there_are_any(head, planned, data, tmp_path, caplog):
    caplog.set_level("INFO", "artlucid")
    run = shelf.train(data, tmp_path / "run", head=head)
    assert ("planned: learning rate 0" in caplog.text) == ("final_rates" in run.manifest) == planned
