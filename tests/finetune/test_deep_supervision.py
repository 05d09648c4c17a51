"""Recipes with auxiliary heads: what they are held to, what they start from, what is kept of them."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from finetune import small
from finetune.test_fit import small_pixels

from artlucid import models, runs
from artlucid.models._build import BuildOptions, build
from artlucid.models._network import set_arrays, variables
from artlucid.models.weights import _own

pytestmark = pytest.mark.usefixtures("tiny")

DEEP = dataclasses.replace(small.RECIPE, name="deep", deep_supervision=True)
ONE_EPOCH = dataclasses.replace(DEEP, epochs=1)
HEADS = {"head0": ("head0_predictions", 0.3), "head1": ("head1_predictions", 0.3), "head": ("predictions", 1.0)}
LEADING = ("head0_bottleneck", "nn0", "head1_bottleneck", "nn1")
CLASSIFIERS = ("head0_logits", "head1_logits", "logits")


@pytest.fixture(scope="module")
def deep(tiny, data, tmp_path_factory):
    return small.train(data, tmp_path_factory.mktemp("deep") / "run", recipe=DEEP)


def read(run, which):
    return _own.read(run.at(which).weights_file()).arrays


def network(arrays):
    model = build(small.TINY, classes=3, options=BuildOptions(auxiliary=True))
    set_arrays(model, small.TINY, arrays)
    return model


def pixels(split):
    return np.stack([small_pixels(split.path(index)) for index in range(len(split))])


def test_history_is_of_each_head(deep, data):
    row = deep.history.iloc[-1]
    assert list(deep.history.columns) == [
        *("epoch", "head0_loss", "head1_loss", "loss", "head_loss", "top_1"),
        *("val_head0_loss", "val_head1_loss", "val_loss", "val_head_loss", "val_top_1", "head_rate", "body_rate"),
    ]
    predictions = network(read(deep, "last")).predict(pixels(data.val), verbose=0)
    for name, (output, _) in HEADS.items():
        chosen = predictions[output][np.arange(len(data.val)), data.val.labels]
        assert row[f"val_{name}_loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-4)
    right = predictions["predictions"].argmax(axis=1) == data.val.labels
    assert row["val_top_1"] == pytest.approx(right.mean())


def test_whole_loss_is_the_weighted_sum_and_the_penalty(deep):
    row, arrays = deep.history.iloc[-1], read(deep, "last")
    kernels = [array.astype(np.float64) for array in arrays.values() if array.ndim == 4]
    assert len(kernels) == 4
    penalty = 2e-4 * sum((kernel**2).sum() for kernel in kernels)
    supervised = sum(weight * row[f"val_{name}_loss"] for name, (_, weight) in HEADS.items())
    assert row["val_loss"] == pytest.approx(supervised + penalty, rel=1e-5)


def test_selection_by_the_whole_loss_counts_the_auxiliary_heads(data, tmp_path):
    run = small.train(data, tmp_path / "run", recipe=dataclasses.replace(ONE_EPOCH, selection="total_loss"))
    assert run.state["best_loss"] == run.history["val_loss"][0] > 1.4 * run.history["val_head_loss"][0]


def test_step_is_rate_times_gradient_of_the_weighted_losses(tmp_path):
    few = small.draw_dataset(tmp_path / "few", {"train": 2, "val": 1})
    recipe = dataclasses.replace(ONE_EPOCH, head_rate=1.0, body_rate=0.1, batch_size=6, kernel_penalty=0.0)
    run = small.train(few, tmp_path / "run", recipe=recipe)
    before, after = read(run, "initial"), read(run, "last")
    model = network(before)
    named = variables(model, small.TINY)
    with tf.GradientTape() as tape:
        predictions = model(pixels(few.train))
        loss = 0.0
        for output, weight in HEADS.values():
            loss -= weight * tf.reduce_mean(tf.math.log(tf.gather(predictions[output], few.train.labels, batch_dims=1)))
    gradients = tape.gradient(loss, [variable.value for variable in named.values()])
    assert len(gradients) == 2 * 9
    for name, gradient in zip(named, gradients, strict=True):
        rate = 1.0 if name.split("/")[0] in CLASSIFIERS else 0.1
        np.testing.assert_allclose(before[name] - after[name], rate * gradient, rtol=1e-3, atol=1e-6, err_msg=name)


def test_auxiliary_heads_are_kept_and_the_main_one_is_used(deep, data):
    for which in ("initial", "best", "last"):
        assert {name.split("/")[0] for name in read(deep, which)} == {*LEADING, *CLASSIFIERS, "conv2d0", "conv2d1"}
    arrays = read(deep, "best")
    given = pixels(data.test)
    loaded = models.load(deep).keras_model.predict(given, verbose=0)
    np.testing.assert_array_equal(loaded, network(arrays).predict(given, verbose=0)["predictions"])


def test_auxiliary_heads_that_the_weights_lack_are_new_and_said_to_be(data, tmp_path, caplog):
    caplog.set_level("INFO", logger="artlucid")
    run = small.train(data, tmp_path / "run", recipe=ONE_EPOCH)
    new = ["head0_bottleneck", "nn0", "head0_logits", "head1_bottleneck", "nn1", "head1_logits", "logits"]
    assert run.manifest["new_layers"] == new
    assert f"new, at random: {', '.join(new)}" in caplog.text


def test_auxiliary_heads_start_from_those_of_the_weights(deep, data, tmp_path, caplog):
    caplog.set_level("INFO", logger="artlucid")
    run = small.train(data, tmp_path / "run", recipe=ONE_EPOCH, weights=deep, seed=1)
    assert run.manifest["new_layers"] == list(CLASSIFIERS)
    assert "new, at random: head0_logits, head1_logits, logits" in caplog.text
    given, start = read(deep, "best"), read(run, "initial")
    for name, array in given.items():
        same = name.split("/")[0] not in CLASSIFIERS
        assert np.array_equal(start[name], array) == same or name.endswith("bias"), name


def test_auxiliary_heads_are_left_behind_without_deep_supervision(deep, data, tmp_path):
    run = small.train(data, tmp_path / "run", recipe=dataclasses.replace(small.RECIPE, epochs=1), weights=deep)
    assert {name.split("/")[0] for name in read(run, "initial")} == {"conv2d0", "conv2d1", "logits"}
    assert run.manifest["initial_weights"]["identity"] == models.load(deep).identity


def test_head_rate_goes_to_every_classifier(deep):
    by_pattern = {match["pattern"]: match["layers"] for match in deep.manifest["policies"]["rates"]}
    assert by_pattern == {"head": list(CLASSIFIERS), "*": ["conv2d0", "conv2d1", *LEADING]}


def test_from_scratch_uses_only_the_architecture_of_weights(deep, data, tmp_path, caplog):
    caplog.set_level("INFO", logger="artlucid")
    recipe = dataclasses.replace(ONE_EPOCH, random=(("*", True),))
    run = small.train(data, tmp_path / "run", recipe=recipe, weights=deep)
    assert "new, at random: every layer" in caplog.text
    assert f"of {deep.path} only the architecture is used" in caplog.text
    assert len(run.manifest["new_layers"]) == len(read(run, "initial")) / 2
    alone = small.train(data, tmp_path / "alone", recipe=recipe)
    assert (run.path / "initial.h5").read_bytes() == (alone.path / "initial.h5").read_bytes()
    assert runs.open_run(run.path).manifest["initial_weights"]["source"] == str(deep.path)
