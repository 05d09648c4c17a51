"""What a run directory holds, and what its bits depend on."""

import dataclasses
import json
import os
import platform

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from finetune import small

import artlucid
from artlucid import models, recipes, runs
from artlucid.models._network import get_arrays

pytestmark = pytest.mark.usefixtures("tiny")

COLUMNS = ["epoch", "head_loss", "loss", "top_1", "val_head_loss", "val_loss", "val_top_1", "head_rate", "body_rate"]


def arrays(source):
    network = models.load(source)
    return get_arrays(network.keras_model, network.architecture)


def test_files(finished):
    found = {path.relative_to(finished.path).as_posix() for path in finished.path.rglob("*") if path.is_file()}
    logs = {name for name in found if name.startswith("logs/")}
    assert found - logs == {
        ".lock",
        "run.json",
        "state.json",
        "history.csv",
        "excluded.csv",
        "initial.h5",
        "best.h5",
        "last.h5",
        "epochs/epoch-001.h5",
        "epochs/epoch-002.h5",
        "checkpoint/state.h5",
    }
    assert {name.split("/")[1] for name in logs} == {"train", "validation"}


def test_tensorboard_logs_hold_the_losses(finished):
    for part, tag in (("train", "epoch_loss"), ("validation", "epoch_head_loss")):
        (events,) = (finished.path / "logs" / part).iterdir()
        read = tf.compat.v1.train.summary_iterator(str(events))
        tags = [value.tag for event in read for value in event.summary.value]
        assert tags.count(tag) == 2


def test_manifest(finished, data):
    manifest = json.loads((finished.path / "run.json").read_text())
    assert manifest == finished.manifest
    assert (manifest["format"], manifest["version"], manifest["seed"]) == ("artlucid.run", 1, 0)
    assert recipes.from_json(manifest["recipe"]) == small.RECIPE
    assert manifest["policies"] == {
        "rates": [
            {"pattern": "head", "value": 0.01, "layers": ["logits"]},
            {"pattern": "*", "value": 0.001, "layers": ["conv2d0", "conv2d1"]},
        ],
        "trainable": [{"pattern": "*", "value": True, "layers": ["conv2d0", "conv2d1", "logits"]}],
        "random": [
            {"pattern": "head", "value": True, "layers": ["logits"]},
            {"pattern": "*", "value": False, "layers": ["conv2d0", "conv2d1"]},
        ],
    }
    assert manifest["new_layers"] == ["logits"]
    assert manifest["dataset"] == {
        "specification": data.specification,
        "identity": data.identity,
        "task": "single_label",
        "class_names": ["blue", "green", "red"],
        "notices": [],
        "metadata_columns": [],
        "images": {"train": 36, "val": 12, "test": 12},
    }
    assert (manifest["excluded"], manifest["duplicates"], manifest["keep_epochs"]) == (0, [], True)
    assert manifest["architecture"] == {"name": "tiny", "variant": "tiny"}
    start = models.load("none", architecture="tiny", seed=0)
    assert manifest["initial_weights"] == {"source": "none", "identity": start.identity, "lineage": {}}


def test_environment_in_the_manifest(finished):
    environment = finished.manifest["environment"]
    assert environment["precision"] == {"requested": "float32", "used": "float32", "reason": "as asked for"}
    assert environment["versions"]["python"] == platform.python_version()
    assert environment["versions"]["artlucid"] == artlucid.__version__
    assert environment["versions"]["tensorflow"] == tf.__version__
    assert environment["versions"]["keras"] == keras.__version__
    processors = len(os.sched_getaffinity(0))
    assert environment["threads"] == {"intra_op": processors, "inter_op": processors}
    assert environment["processor"]["name"]
    assert environment["keras_backend"] == "tensorflow"


def test_history(finished):
    history = finished.history
    assert list(history.columns) == COLUMNS
    assert history["epoch"].tolist() == [1, 2]
    # Five steps an epoch; the rate at the last of each, by Keras's old decay of 1e-4 a step.
    np.testing.assert_allclose(history["head_rate"], [0.01 / (1 + 4e-4), 0.01 / (1 + 9e-4)], rtol=1e-6)
    np.testing.assert_allclose(history["body_rate"], history["head_rate"] / 10, rtol=1e-6)
    kernels = [array for name, array in arrays(finished.at("last")).items() if array.ndim == 4]
    penalty = 2e-4 * sum((kernel.astype(np.float64) ** 2).sum() for kernel in kernels)
    last = history.iloc[-1]
    assert last["val_loss"] - last["val_head_loss"] == pytest.approx(penalty, rel=1e-3)


def test_recorded_validation_scores_are_those_of_the_weights(finished, data):
    for epoch in (1, 2):
        network = models.load(finished.at(f"epoch-{epoch}"))
        images = np.stack([small_pixels(data.val.path(index)) for index in range(len(data.val))])
        predictions = network.keras_model.predict(images, verbose=0)
        chosen = predictions[np.arange(len(images)), data.val.labels]
        row = finished.history.iloc[epoch - 1]
        assert row["val_head_loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-4)
        assert row["val_top_1"] == pytest.approx((predictions.argmax(axis=1) == data.val.labels).mean())


def small_pixels(path):
    from PIL import Image

    # 48 x 40 to 38 x 32 (38.4 rounded), then the middle 32 columns.
    image = Image.open(path).resize((38, 32), Image.Resampling.LANCZOS)
    return np.asarray(image)[:, 3:35].astype(np.float32)


def test_state(finished):
    state = finished.state
    losses = finished.history["val_head_loss"]
    assert (state["status"], state["epochs_done"], state["selected_by"]) == ("finished", 2, "val_head_loss")
    assert state["best_epoch"] == int(losses.idxmin()) + 1
    assert state["best_loss"] == losses.min()
    assert len(state["seconds"]) == 2


def test_weights_of_a_run(finished):
    identities = {which: models.load(f"{finished.path}@{which}").identity for which in ("initial", "last", "epoch-1")}
    assert len(set(identities.values())) == 3
    assert models.load(finished.at("epoch-2")).identity == identities["last"]
    assert models.load(str(finished.path)).identity == models.load(finished).identity
    best = finished.state["best_epoch"]
    assert models.load(finished).identity == models.load(finished.at(f"epoch-{best}")).identity
    assert models.load(finished).class_names == small.CLASS_NAMES


def test_initial_weights_are_those_given_under_a_new_head(finished):
    start = models.load("none", architecture="tiny", seed=0)
    given = get_arrays(start.keras_model, start.architecture)
    initial = arrays(finished.at("initial"))
    for name in ("conv2d0/kernel", "conv2d0/bias", "conv2d1/kernel", "conv2d1/bias"):
        np.testing.assert_array_equal(initial[name], given[name])
    assert initial["logits/kernel"].shape == (8, 3)
    assert np.abs(initial["logits/kernel"]).max() > 0
    assert not initial["logits/bias"].any()


@pytest.mark.parametrize("worse_from", [2, 3])
def test_best_is_the_epoch_of_the_lowest_validation_loss(worse_from, data, tmp_path, monkeypatch):
    small.climb_from(worse_from, monkeypatch)
    run = small.train(data, tmp_path / "run", recipe=small.CLIMBING, keep_epochs=True)
    assert run.history["val_head_loss"].idxmin() + 1 == run.state["best_epoch"] == worse_from - 1
    assert (run.path / "best.h5").read_bytes() == (run.path / f"epochs/epoch-00{worse_from - 1}.h5").read_bytes()
    assert (run.path / "last.h5").read_bytes() == (run.path / "epochs/epoch-003.h5").read_bytes()


def test_selection_by_the_whole_loss_as_the_authors_did(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, epochs=1, selection="total_loss")
    run = small.train(data, tmp_path / "run", recipe=recipe)
    assert run.state["selected_by"] == "val_loss"
    assert run.state["best_loss"] == run.history["val_loss"][0] != run.history["val_head_loss"][0]


def test_epochs_are_kept_on_request_only(data, tmp_path):
    run = small.train(data, tmp_path / "run", recipe=dataclasses.replace(small.RECIPE, epochs=1))
    assert not (run.path / "epochs").exists()
    with pytest.raises(artlucid.errors.RunError, match=r"initial, best, last. Received 'epoch-1'.*--keep-epochs"):
        run.at("epoch-1").weights_file()


def test_same_seed_gives_the_same_bits(finished, data, tmp_path):
    again = small.train(data, tmp_path / "again")
    assert small.bits(again) == small.bits(finished)


def test_another_seed_gives_another_head_and_another_order(finished, data, tmp_path):
    other = small.train(data, tmp_path / "other", seed=1, weights=finished.at("initial"))
    for name, array in arrays(finished.at("initial")).items():
        same = np.array_equal(arrays(other.at("initial"))[name], array)
        assert same == (name != "logits/kernel"), name
    assert (other.path / "last.h5").read_bytes() != (finished.path / "last.h5").read_bytes()


def test_precision_is_used_and_recorded(finished, data, tmp_path):
    run = small.train(data, tmp_path / "run", precision="bfloat16")
    assert run.manifest["environment"]["precision"]["used"] == "bfloat16"
    assert (run.path / "initial.h5").read_bytes() == (finished.path / "initial.h5").read_bytes()
    for name, array in arrays(run.at("last")).items():
        reference = arrays(finished.at("last"))[name]
        assert not np.array_equal(array, reference)
        np.testing.assert_allclose(array, reference, atol=0.01)


def test_frozen_layers_do_not_move(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, epochs=1, trainable=(("low", False), ("*", True)))
    run = small.train(data, tmp_path / "run", recipe=recipe)
    before, after = arrays(run.at("initial")), arrays(run.at("last"))
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert moved == {"conv2d1/kernel", "conv2d1/bias", "logits/kernel", "logits/bias"}


def test_from_scratch_starts_at_glorot_and_the_bias(data, tmp_path):
    recipe = dataclasses.replace(
        small.RECIPE,
        epochs=1,
        random=(("*", True),),
        initialization=recipes.RECIPES["from_scratch"].initialization,
    )
    run = small.train(data, tmp_path / "run", recipe=recipe)
    initial = arrays(run.at("initial"))
    for name, array in initial.items():
        if name.endswith("/bias"):
            np.testing.assert_array_equal(array, np.float32(0.2))
            continue
        field = int(np.prod(array.shape[:-2]))
        limit = np.sqrt(6 / (field * (array.shape[-2] + array.shape[-1])))
        assert 0.7 * limit < np.abs(array).max() <= limit, name


def test_lineage_is_kept_over_two_runs(finished, data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, epochs=1)
    other = small.draw_dataset(tmp_path / "two", {"train": 4, "val": 2}, seed=1)
    second = small.train(other, tmp_path / "second", recipe=recipe, weights=finished, seed=5)
    third = small.train(data, tmp_path / "third", recipe=recipe, weights=f"{second.path}@last")

    start = third.manifest["initial_weights"]
    assert start["source"] == f"{second.path}@last"
    assert start["identity"] == models.load(second.at("last")).identity
    assert start["lineage"]["seed"] == 5
    assert start["lineage"]["dataset"]["identity"] == other.identity
    earlier = start["lineage"]["initial_weights"]
    assert earlier["source"] == str(finished)
    assert earlier["identity"] == models.load(finished).identity
    assert earlier["lineage"]["recipe"]["name"] == "small"
    assert earlier["lineage"]["initial_weights"] == finished.manifest["initial_weights"]

    taken, start = arrays(second.at("last")), arrays(third.at("initial"))
    for name, array in taken.items():
        assert np.array_equal(start[name], array) == name.startswith("conv"), name


def test_network_as_initial_weights(finished, data, tmp_path):
    network = models.load(finished)
    run = small.train(data, tmp_path / "run", recipe=dataclasses.replace(small.RECIPE, epochs=1), weights=network)
    assert run.manifest["initial_weights"]["source"] == str(finished)
    assert run.manifest["initial_weights"]["lineage"]["seed"] == 0


def test_two_hundred_epochs_of_history_fit_into_the_checkpoint(tmp_path):
    from artlucid.finetune import _checkpoint

    row = dict.fromkeys(COLUMNS, 0.12345678901234566)
    progress = _checkpoint.Progress(500, 7, 0.1, [row] * 500, [12.345678901] * 500)
    optimizer = keras.optimizers.SGD()
    optimizer.build([])
    trained = _checkpoint.Trained("a run", {}, optimizer)
    _checkpoint.save(tmp_path / "state.h5", progress, trained)
    assert _checkpoint.restore(tmp_path / "state.h5", trained) == progress


def test_run_is_found_below_a_folder(finished):
    assert [run.path for run in runs.list_runs(finished.path.parent)] == [finished.path]


def test_history_is_read_to_the_last_bit(finished):
    progress = pd.DataFrame(finished.history)
    assert float(progress["val_head_loss"].min()) == finished.state["best_loss"]


def test_progress_is_a_line_an_epoch_in_the_log(data, tmp_path, caplog):
    caplog.set_level("INFO", logger="artlucid")
    small.train(data, tmp_path / "run", recipe=dataclasses.replace(small.RECIPE, epochs=1), progress=True)
    assert "epoch 1/1: loss " in caplog.text
    assert "val_top_1" in caplog.text


def test_global_state_of_keras_stays(data, tmp_path):
    before = keras.config.dtype_policy().name, keras.config.floatx(), np.random.get_state()[1].tolist()
    small.train(data, tmp_path / "run", recipe=dataclasses.replace(small.RECIPE, epochs=1), precision="bfloat16")
    assert before == (keras.config.dtype_policy().name, keras.config.floatx(), np.random.get_state()[1].tolist())
