import dataclasses
import hashlib
import json

import h5py
import numpy as np
import pytest
from published_graph import random_arrays
from weight_files import identity, write_own

from artlucid import architectures, models
from artlucid.models.weights import _own
from artlucid.models.weights._record import Weights


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.h5"


def test_version_1_stays_readable(path, arrays):
    # Written by h5py from the documented layout, not by artlucid.
    write_own(path, arrays, activation="sigmoid")
    weights = _own.read(path)
    assert weights.architecture is architectures.get("mini")
    assert weights.class_names == ("bat", "cat", "ewe", "gnu", "hen")
    assert weights.activation == "sigmoid"
    for name, array in arrays.items():
        np.testing.assert_array_equal(weights.arrays[name], array)


def test_what_is_written_is_version_1(path, weights, arrays):
    path.write_bytes(_own.to_bytes(weights))
    with h5py.File(path) as file:
        attributes = dict(file.attrs)
        assert list(attributes.pop("class_names")) == ["bat", "cat", "ewe", "gnu", "hen"]
        assert attributes == {
            "format": "artlucid.weights",
            "version": 1,
            "architecture": "inception_v1",
            "variant": "mini",
            "activation": "softmax",
            "identity": identity(arrays),
            "content": content(arrays),
        }
        for name, array in arrays.items():
            np.testing.assert_array_equal(file[name][()], array)
        assert len(file) == 58


@pytest.mark.parametrize("class_names", [(), ("Naïve Art", "Ōkubi-e", "Åland", "d", "e")])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_round_trip(path, weights, class_names, activation, arrays):
    weights = dataclasses.replace(weights, class_names=class_names, activation=activation)
    path.write_bytes(_own.to_bytes(weights))
    again = _own.read(path)
    assert (again.architecture, again.class_names, again.activation) == (weights.architecture, class_names, activation)
    assert all(np.array_equal(again.arrays[name], array) for name, array in arrays.items())
    assert _own.to_bytes(again) == path.read_bytes()


def test_no_time_is_written(weights):
    # Object headers of version 2, which keep times, begin so.
    assert b"OHDR" not in _own.to_bytes(weights)
    assert _own.to_bytes(weights) == _own.to_bytes(weights)


@pytest.mark.parametrize("classes", [4000, 4001, 6000])
def test_many_classes(classes, path, arrays):
    names = tuple(f"class number {index}" for index in range(classes))
    wide = arrays | {"logits/kernel": np.zeros((256, classes), "f4"), "logits/bias": np.zeros(classes, "f4")}
    path.write_bytes(_own.to_bytes(Weights(wide, architectures.get("mini"), names)))
    assert _own.read(path).class_names == names


@pytest.mark.parametrize(("changed", "rule", "received", "advice"), [
    ({"version": 2}, "at most 1", "of version 2", "pip install --upgrade artlucid"),
    ({"version": 0}, "format 'artlucid.weights' and a version", "version 0", ".weights.h5"),
    ({"version": "1"}, "format 'artlucid.weights' and a version, an integer", "version 1", ".weights.h5"),
    ({"version": None}, "format 'artlucid.weights' and a version", "version None", ".weights.h5"),
    ({"format": "artlucid.activations"}, "format 'artlucid.weights'", "'artlucid.activations'", ".weights.h5"),
    ({"format": None}, "format 'artlucid.weights'", "format None", ".weights.h5"),
    ({"architecture": "resnet50"}, "known architecture", "resnet50/mini", "inception_v1/mini"),
    ({"architecture": None}, "have the attributes architecture, ", "without architecture", "get it again"),
    ({"variant": "maxi"}, "known architecture", "inception_v1/maxi", "inception_v1/mini"),
    ({"variant": None}, "have the attributes", "without variant", "get it again"),
    ({"variant": 3}, "known architecture", "inception_v1/3", "inception_v1/mini"),
    ({"variant": np.array([1, 2])}, "known architecture", "inception_v1/[1 2]", "inception_v1/mini"),
    ({"variant": "bvlc"}, "exactly those of inception_v1/bvlc", "of another shape: conv2d0/kernel", "Use weights"),
    ({"activation": "relu"}, "known architecture and activation", "with 'relu'", "softmax or sigmoid"),
    ({"activation": None}, "have the attributes", "without activation", "get it again"),
    ({"class_names": None}, "have the attributes", "without class_names", "get it again"),
    ({"class_names": "one"}, "a list of texts", "str of type none", "get it again"),
    ({"class_names": 7}, "a list of texts", "int64 of type int64", "get it again"),
    ({"class_names": np.arange(5)}, "a list of texts", "ndarray of type int64", "get it again"),
    ({"class_names": np.array([b"a", b"b", b"c", b"d", b"e"])}, "a list of texts", "of type |S1", "get it again"),
    ({"class_names": np.zeros(5, [("name", "i4")])}, "a list of texts", "of type [('name', '<i4')]", "get it again"),
    ({"class_names": np.array([["a", "b", "c", "d", "e"]], h5py.string_dtype())}, "a list of texts", "", "get it"),
    ({"content": "0" * 64}, "the content that it records", "recorded 000000000000…, found ", "get it again"),
    ({"content": 7}, "the content that it records", "recorded 7…", "get it again"),
    ({"class_names": np.array(["a", "b"], h5py.string_dtype())}, "all its classes", "2 names for 5", "get it again"),
    ({"identity": "0" * 64}, "the identity that it records", "recorded 000000000000…, found ", "get it again"),
    ({"identity": None}, "have the attributes", "without identity", "get it again"),
])  # fmt: skip
def test_attributes_that_do_not_fit(changed, rule, received, advice, path, arrays, refused):
    write_own(path, arrays, **changed)
    with refused(rule, received, advice):
        models.load(path)


def test_changed_array(path, arrays, refused):
    write_own(path, arrays)
    with h5py.File(path, "r+") as file:
        file["mixed5b_1x1/bias"][3] += 1e-4
    with refused("the identity that it records", f"recorded {identity(arrays)[:12]}…", "changed or damaged"):
        models.load(path)


NAMES = ["bat", "cat", "ewe", "gnu", "hen"]


def content(arrays, activation="softmax", class_names=NAMES):
    """The documented hash: what the network is as JSON, then every array's name, shape and values by name."""
    digest = hashlib.sha256(json.dumps(["inception_v1/mini", activation, class_names]).encode())
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].shape}".encode() + arrays[name].astype("<f4").tobytes())
    return digest.hexdigest()


def rename(file):
    file.attrs["class_names"] = np.array(["cat", "bat", "ewe", "gnu", "hen"], h5py.string_dtype())


def other_activation(file):
    file.attrs["activation"] = "sigmoid"


def other_auxiliary_head(file):
    file["nn0/bias"][2] += 1


@pytest.mark.parametrize("change", [rename, other_activation, other_auxiliary_head])
def test_changes_that_the_identity_does_not_see(change, path, refused):
    arrays = random_arrays(architectures.get("mini"), 5)
    path.write_bytes(_own.to_bytes(Weights(arrays, architectures.get("mini"), tuple(NAMES))))
    with h5py.File(path, "r+") as file:
        assert file.attrs["content"] == content(arrays)
        change(file)
    with refused("the content that it records", f"recorded {content(arrays)[:12]}…", "get it again"):
        models.load(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["content"]  # as in older files
    assert _own.read(path).classes == 5


def test_another_variant_than_asked_for(path, arrays, refused):
    write_own(path, arrays)
    assert models.load(path, architecture="mini").architecture.variant == "mini"
    with refused("the variant that the weights belong to", "'bvlc'", "Leave `architecture` out"):
        models.load(path, architecture="bvlc")


def test_file_of_keras_under_this_suffix(path, refused):
    models.InceptionV1(weights=None, variant="mini", classes=2).save_weights(path.with_name("a.weights.h5"))
    path.with_name("a.weights.h5").rename(path)
    with refused("format 'artlucid.weights'", "format None", "Files of Keras end in `.weights.h5`"):
        models.load(path)


def test_array_at_the_root(path, arrays, refused):
    write_own(path, {**arrays, "loose": np.zeros(3, np.float32)})
    with refused("exactly those of", "surplus: loose", "Use weights"):
        models.load(path)


def test_group_within_a_layer(path, arrays, refused):
    write_own(path, {**arrays, "conv2d0/more/kernel": np.zeros(3, np.float32)})
    with refused("exactly those of", "surplus: conv2d0/more/kernel", "Use weights"):
        models.load(path)


def test_identity_is_that_of_architecture_and_arrays(arrays, network):
    assert network.identity == identity(arrays)
    changed = arrays | {"logits/bias": arrays["logits/bias"] + 1}
    assert identity(changed) != identity(arrays)
