"""Files that are damaged, or made to do harm: a clear error, and nothing of them is followed or believed."""

import json
import shutil

import h5py
import numpy as np
import pytest

from artlucid import activations
from artlucid.errors import ActivationsError, ModelError


@pytest.fixture
def copy(cache, tmp_path):
    return shutil.copy(cache.path, tmp_path / "copy.h5")


@pytest.fixture
def small_copy(small_network, data, tmp_path):
    path = tmp_path / "small.h5"
    activations.extract(small_network, data.test, out=path, options=activations.Options(cache=False)).close()
    return path


def read_all(path):
    with activations.open(path) as cache:
        for layer in cache.layers:
            np.asarray(cache[layer]), np.asarray(cache.maximum(layer)), np.asarray(cache.place(layer))
        return cache.images, cache.analysed_layers


def refused(path, reason):
    with pytest.raises(ActivationsError, match=reason) as caught:
        read_all(path)
    message = str(caught.value)
    assert message.index("must be") < message.index("Received") < message.index(str(path))


@pytest.mark.parametrize("part", [0, 1, 100, 0.1, 0.5, 0.9, -1])
def test_cut_short(part, copy):
    content = copy.read_bytes()
    copy.write_bytes(content[: int(part * len(content)) if isinstance(part, float) else part])
    refused(copy, "whole file")


def test_changed_anywhere(small_copy):
    """Whatever byte of what is no number is changed, the file opens, or is refused as damaged."""
    content = bytearray(small_copy.read_bytes())
    generator = np.random.default_rng(0)
    outcomes = {"read": 0, "refused": 0}
    for place in generator.integers(0, len(content), 400):
        changed = bytearray(content)
        changed[place] ^= int(generator.integers(1, 256))
        small_copy.write_bytes(changed)
        try:
            read_all(small_copy)
            outcomes["read"] += 1
        except (ActivationsError, ModelError):
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 20, outcomes


def test_not_there(tmp_path, expect_refusal):
    with expect_refusal("activations.extract", "does not exist", "Check the spelling", kind=ActivationsError):
        activations.open(tmp_path / "missing.h5")
    with expect_refusal("activations.extract", "is a folder", "Check the spelling", kind=ActivationsError):
        activations.open(tmp_path)


def test_newer_version(copy, expect_refusal):
    with h5py.File(copy, "r+") as file:
        file.attrs["version"] = 2
    with expect_refusal("at most 1", "of version 2", "upgrade", kind=ActivationsError):
        activations.open(copy)


def links(file, make):
    values = file["layers/conv2d1/mean"][()]
    del file["layers/conv2d1/mean"]
    make(file, values)


def virtual(file, values):
    layout = h5py.VirtualLayout(shape=values.shape, dtype=values.dtype)
    layout[:] = h5py.VirtualSource("other.h5", "mean", shape=values.shape)
    file.create_virtual_dataset("layers/conv2d1/mean", layout)


def external(file, values):
    with open("values.bin", "wb") as raw:
        raw.write(values.tobytes())
    file.create_dataset("layers/conv2d1/mean", values.shape, values.dtype, external=[("values.bin", 0, values.nbytes)])


def put(file, name, value):
    del file[name]
    file[name] = value


def change_manifest(file, **changed):
    put(file, "manifest", np.bytes_(json.dumps({**json.loads(file["manifest"][()]), **changed}).encode()))


def change_layer(file, **changed):
    layers = json.loads(file["manifest"][()])["layers"]
    change_manifest(file, layers=[{**layers[0], **changed}, *layers[1:]])


HARM = {
    "external link": lambda file: links(
        file, lambda f, _: f.__setitem__("layers/conv2d1/mean", h5py.ExternalLink("other.h5", "/mean"))
    ),
    "soft link": lambda file: links(
        file, lambda f, _: f.__setitem__("layers/conv2d1/mean", h5py.SoftLink("/layers/conv2d0/mean"))
    ),
    "linked group": lambda file: (file.move("layers", "moved"), file.__setitem__("layers", h5py.SoftLink("/moved"))),
    "linked images": lambda file: put(file, "images", h5py.ExternalLink("other.h5", "/images")),
    "linked labels": lambda file: put(file, "images/label", h5py.SoftLink("/images/path")),
    "linked manifest": lambda file: put(file, "manifest", h5py.SoftLink("/images/path")),
    "external storage": lambda file: links(file, external),
    "virtual": lambda file: links(file, virtual),
    "compressed": lambda file: links(
        file, lambda f, values: f.create_dataset("layers/conv2d1/mean", data=values, compression="gzip")
    ),
    "fewer images": lambda file: links(
        file, lambda f, values: f.create_dataset("layers/conv2d1/mean", data=values[:-1])
    ),
    "fewer channels": lambda file: links(
        file, lambda f, values: f.create_dataset("layers/conv2d1/mean", data=values[:, :-1])
    ),
    "other type": lambda file: links(
        file, lambda f, values: f.create_dataset("layers/conv2d1/mean", data=values.astype(np.float64))
    ),
    "missing": lambda file: file.__delitem__("layers/conv2d1"),
    "group for array": lambda file: links(file, lambda f, _: f.create_group("layers/conv2d1/mean")),
    "never written": lambda file: links(
        file, lambda f, values: f.create_dataset("layers/conv2d1/mean", values.shape, "f4")
    ),
    "huge table": lambda file: put_huge(file, "images/path"),
    "many empty texts": lambda file: put_many(file, "images/path"),
    "many class names": lambda file: put_many(file, "class_names"),
    "huge labels": lambda file: (
        file.__delitem__("images/label"),
        file.create_dataset("images/label", (12, 2**40), "u1", chunks=True),
    ),
    "labels of no class": lambda file: file["images/label"].__setitem__(0, 3),
    "labels of fewer images": lambda file: put(file, "images/label", np.zeros(5, np.int64)),
    "class names that are numbers": lambda file: put(file, "class_names", np.arange(3)),
    "no class names": lambda file: file.__delitem__("class_names"),
    "paths that are no text": lambda file: put(file, "images/path", np.arange(12)),
    "text of any length": lambda file: put(file, "images/path", np.array(["x"] * 12, dtype=h5py.string_dtype())),
    "no format": lambda file: file.attrs.__delitem__("format"),
    "other format": lambda file: file.attrs.__setitem__("format", "artlucid.weights"),
    "format that is no text": lambda file: file.attrs.__setitem__("format", np.arange(3)),
    "version that is no integer": lambda file: file.attrs.__setitem__("version", "1"),
    "no count": lambda file: file.attrs.__delitem__("finished"),
    "count beyond the end": lambda file: file.attrs.__setitem__("finished", 13),
    "unfinished": lambda file: file.attrs.__setitem__("finished", 5),
    "no manifest": lambda file: file.__delitem__("manifest"),
    "manifest that is no JSON": lambda file: put(file, "manifest", np.bytes_(b"{")),
    "manifest that is a list": lambda file: put(file, "manifest", np.bytes_(b"[]")),
    "manifest nested without end": lambda file: put(file, "manifest", np.bytes_(b"[" * 100_000)),
    "manifest of several": lambda file: put(file, "manifest", np.array([b"{}", b"{}"])),
    "no layers": lambda file: change_manifest(file, layers=[]),
    "layers that are none": lambda file: change_manifest(file, layers=[7]),
    "blocks that are none": lambda file: change_manifest(file, blocks=[{"name": "x", "sources": ["y"]}]),
    "blocks without sources": lambda file: change_manifest(file, blocks=[{"name": "x", "sources": []}]),
    "a block twice": lambda file: change_manifest(file, blocks=[{"name": "x", "sources": ["conv2d0"]}] * 2),
    "a layer twice in a block": lambda file: change_manifest(
        file, blocks=[{"name": "x", "sources": ["conv2d0", "conv2d0"]}]
    ),
    "block named like a layer": lambda file: change_manifest(
        file, blocks=[{"name": "conv2d0", "sources": ["conv2d1"]}]
    ),
    "block of different maps": lambda file: change_manifest(
        file, blocks=[{"name": "x", "sources": ["conv2d0", "mixed5b_1x1"]}]
    ),
    "width of nothing": lambda file: change_layer(file, n_channels=0),
    "width that is no number": lambda file: change_layer(file, n_channels="16"),
    "more channels": lambda file: change_layer(file, n_channels=10**15),
    "larger maps": lambda file: change_layer(file, height=10**9),
    "the same layer twice": lambda file: change_layer(file, name="conv2d1"),
    "name that leads elsewhere": lambda file: change_layer(file, name="../images"),
}


def put_many(file, name):
    del file[name]
    file.create_dataset(name, (2**30,), dtype="S1", chunks=(2**20,), compression="gzip")


def put_huge(file, name):
    del file[name]
    file.create_dataset(name, (12,), dtype=f"S{2**30}", chunks=(1,), compression="gzip")


@pytest.mark.parametrize("harm", HARM)
def test_harm(harm, copy, monkeypatch):
    monkeypatch.chdir(copy.parent)
    with h5py.File("other.h5", "w") as file:
        file["mean"] = np.zeros((12, 16), np.float32)
    with h5py.File(copy, "r+") as file:
        HARM[harm](file)
    refused(copy, "cache of activations must be")


def test_odd_analysed_layers_and_metadata_are_ignored(copy):
    with h5py.File(copy, "r+") as file:
        change_manifest(file, analysed_layers=["mixed4d", "nonsense", 7], metadata_columns=["artist", 3])
    images, analysed = read_all(copy)
    assert list(images) == ["path", "label"] and analysed == ("mixed4d",)
