"""A cache is of one network and of the same images; everything else is refused, with both sides named."""

import dataclasses

import filelock
import keras
import numpy as np
import pytest
from activations import plain

from artlucid import activations, models
from artlucid.datasets import Split
from artlucid.errors import ActivationsError, DataError, ModelError, OutputError

OPTIONS = activations.Options(cache=False)


@pytest.fixture
def made(small_network, data, tmp_path):
    activations.extract(small_network, data.test, out=tmp_path / "x.h5", options=OPTIONS).close()
    return tmp_path / "x.h5"


def test_another_model(made, small_network, data, expect_refusal):
    other = models.load("none", architecture="tiny", seed=1)
    sides = f"model was none ({small_network.identity[:12]}…), asked for none ({other.identity[:12]}…)"
    with expect_refusal("as it was begun", sides, "another `out`", kind=ActivationsError):
        activations.extract(other, data.test, out=made, options=OPTIONS)


def test_another_dataset(made, small_network, data, tmp_path, expect_refusal):
    from finetune import small

    other = small.draw_dataset(tmp_path / "other", {"train": 1, "val": 1, "test": 4})
    sides = f"{data.specification} ({data.identity[:12]}…), asked for {other.specification} ({other.identity[:12]}…)"
    with expect_refusal("as it was begun", f"dataset was {sides}", "another `out`", kind=ActivationsError):
        activations.extract(small_network, other.test, out=made, options=OPTIONS)


def test_other_images_of_the_dataset(made, small_network, data, expect_refusal):
    with expect_refusal("as it was begun", "split was test, asked for val", "another `out`", kind=ActivationsError):
        activations.extract(small_network, data.val, out=made, options=OPTIONS)
    for part in (range(11), [1, 0, *range(2, 12)]):
        with expect_refusal("begun", "chosen images were 12 images", "another `out`", kind=ActivationsError):
            activations.extract(small_network, data.test.select(part), out=made, options=OPTIONS)


@pytest.mark.parametrize(
    ("changed", "sides"),
    [
        ({"size": 48}, "size 32, shorter_side 32, resampling Lanczos, crop centre, asked for size 48"),
        ({"precision": "bfloat16"}, "precision was float32, asked for bfloat16"),
    ],
)
def test_other_settings(changed, sides, made, small_network, data, expect_refusal):
    options = dataclasses.replace(OPTIONS, **changed)
    with expect_refusal("as it was begun", sides, "another `out`", kind=ActivationsError):
        activations.extract(small_network, data.test, out=made, options=options)


def test_other_layers(dotted, tmp_path, expect_refusal):
    inputs = keras.Input((8, 8, 3))
    first = keras.layers.Conv2D(2, 3, name="first")(inputs)
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="second")(first))
    both = models.wrap(model, value_range=(0, 1))
    one = models.wrap(model, value_range=(0, 1), layers=["second"])
    activations.extract(both, dotted.test, out=tmp_path / "x.h5", options=OPTIONS).close()
    sides = "layers were 2: first (6 x 6 x 2), second (4 x 4 x 2), asked for 1: second (4 x 4 x 2)"
    with expect_refusal("as it was begun", sides, "another `out`", kind=ActivationsError):
        activations.extract(one, dotted.test, out=tmp_path / "x.h5", options=OPTIONS)


def test_an_unfinished_one_of_another_model(small_network, data, tmp_path, monkeypatch, expect_refusal):
    from artlucid.activations._extraction import _extract

    with monkeypatch.context() as patch:
        patch.setattr(_extract, "_fill", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            activations.extract(small_network, data.test, out=tmp_path / "x.h5", options=OPTIONS)
    other = models.load("none", architecture="tiny", seed=1)
    with expect_refusal("as it was begun", "x.h5.part, where model was", "another `out`", kind=ActivationsError):
        activations.extract(other, data.test, out=tmp_path / "x.h5", options=OPTIONS)


def test_another_process_writes_it(small_network, data, tmp_path, expect_refusal):
    with (
        filelock.FileLock(tmp_path / ".x.h5.lock"),
        expect_refusal("one process at a time", "x.h5", "Wait for it", kind=ActivationsError),
    ):
        activations.extract(small_network, data.test, out=tmp_path / "x.h5", options=OPTIONS)


def test_a_file_of_another_kind_is_left_alone(small_network, data, tmp_path):
    (tmp_path / "x.h5").write_bytes(b"somebody's")
    with pytest.raises(ActivationsError, match="whole file of the format"):
        activations.extract(small_network, data.test, out=tmp_path / "x.h5", options=OPTIONS)
    assert (tmp_path / "x.h5").read_bytes() == b"somebody's"


def test_name_of_the_file(small_network, data, tmp_path, expect_refusal):
    with expect_refusal("ends in .h5", "x.npz", "Name it so", kind=ActivationsError):
        activations.extract(small_network, data.test, out=tmp_path / "x.npz", options=OPTIONS)


def test_place_that_cannot_be_written(small_network, data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="must be writable"):
        activations.extract(small_network, data.test, out=tmp_path / "file" / "x.h5", options=OPTIONS)


def test_full_disk(small_network, data, tmp_path, monkeypatch):
    import errno
    import os

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left"):
            activations.extract(small_network, data.test, out=tmp_path / "x.h5", options=OPTIONS)
    assert not [path for path in tmp_path.iterdir() if not path.name.endswith(".lock")]


def test_a_split_of_no_dataset(small_network, data, tmp_path, expect_refusal):
    alone = Split("test", data.root, data.test.relative_paths, data.test.labels)
    with expect_refusal("split of a dataset", "without one", "Take it from the dataset", kind=DataError):
        activations.extract(small_network, alone, out=tmp_path / "x.h5", options=OPTIONS)
    with expect_refusal("split of a dataset", "'test'", "Take it from the dataset", kind=DataError):
        activations.extract(small_network, "test", out=tmp_path / "x.h5", options=OPTIONS)


def test_sizes_that_the_network_does_not_take(small_network, data, dotted, tmp_path, expect_refusal):
    def extract(network, split, size):
        activations.extract(network, split, out=tmp_path / "x.h5", options=dataclasses.replace(OPTIONS, size=size))

    with expect_refusal("at least 16 pixels", "8", "give 16 or more", kind=ModelError):
        extract(small_network, data.test, 8)
    inputs = keras.Input((8, 8, 3))
    fixed = models.wrap(keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs)), value_range=(0, 1))
    with expect_refusal("side of squares", "16 for keras:", "Leave it out", kind=ModelError):
        extract(fixed, dotted.test, 16)
    inputs = keras.Input((None, None, 3))
    any_size = models.wrap(keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs)), value_range=(0, 1))
    with expect_refusal("side of squares", "any x any", "Give one that it takes", kind=ModelError):
        extract(any_size, dotted.test, None)
    inputs = keras.Input((8, 6, 3))
    oblong = models.wrap(keras.Model(inputs, keras.layers.Conv2D(1, 3)(inputs)), value_range=(0, 1))
    with expect_refusal("side of squares", "8 x 6", "Leave it out", kind=ModelError):
        extract(oblong, dotted.test, None)


def test_layers_that_are_no_maps(dotted, tmp_path, expect_refusal):
    inputs = keras.Input((8, 8, 3))
    rows = keras.layers.Reshape((8, 24), name="rows")(inputs)
    network = models.wrap(keras.Model(inputs, rows), value_range=(0, 1), layers=["rows"])
    with expect_refusal("must give maps", "'rows'", "Name other layers", kind=ModelError):
        activations.extract(network, dotted.test, out=tmp_path / "x.h5", options=OPTIONS)


def test_activations_that_are_not_finite(dotted, tmp_path, expect_refusal):
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(3, 1, name="maps")(inputs))
    kernel = np.ones((1, 1, 3, 3))
    kernel[..., 1] = 1e38
    for value in (1e38, np.nan):
        kernel[..., 1] = value
        model.set_weights([kernel, np.zeros(3)])
        network = models.wrap(model, value_range=(0, 255))
        received = "NaN or infinity in maps:1 for '000.png'"
        with expect_refusal("must be finite", received, "weights that are finite", kind=ActivationsError):
            activations.extract(network, dotted.test, out=tmp_path / f"{value}.h5", options=OPTIONS)


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"batch_size": 2.5}, {"size": 0}, {"size": True}])
def test_options(wrong):
    (name,) = wrong
    with pytest.raises(DataError, match=f"`{name}` must be"):
        activations.Options(**wrong)


def test_options_that_are_met_later(small_network, data, tmp_path):
    for wrong, kind in (({"precision": "double"}, ModelError), ({"max_excluded": 2}, DataError)):
        with pytest.raises(kind, match="must be"):
            activations.extract(
                small_network, data.test, out=tmp_path / "x.h5", options=dataclasses.replace(OPTIONS, **wrong)
            )


def test_hand_made_datasets_are_fine(small_network, tmp_path):
    images = [np.full((40, 40, 3), value, np.uint8) for value in (0, 255)]
    dataset = plain.hand_made(tmp_path, images)
    cache = activations.extract(small_network, dataset.test, out=tmp_path / "x.h5", options=OPTIONS)
    assert cache.class_names == () and len(cache) == 2
