"""Writes files of weights by the descriptions of their formats, with whatever arrays a test wants in them."""

import functools
import hashlib
import io
import struct
import zipfile

import h5py
import numpy as np
from plain_inception import CONVOLUTIONS
from published_graph import PublishedGraph, random_arrays

from artlucid import architectures, models

BLOCKS = {f"mixed{block}": f"inception_{block}" for block in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")}
CAFFE_BRANCHES = {
    "1x1": "1x1",
    "3x3_bottleneck": "3x3_reduce",
    "3x3": "3x3",
    "5x5_bottleneck": "5x5_reduce",
    "5x5": "5x5",
    "pool_reduce": "pool_proj",
}


def caffe_name(layer):
    fixed = {
        "conv2d0": "conv1/7x7_s2", "conv2d1": "conv2/3x3_reduce", "conv2d2": "conv2/3x3",
        "logits": "loss3/classifier",
        "head0_bottleneck": "loss1/conv", "nn0": "loss1/fc", "head0_logits": "loss1/classifier",
        "head1_bottleneck": "loss2/conv", "nn1": "loss2/fc", "head1_logits": "loss2/classifier",
    }  # fmt: skip
    block, _, branch = layer.partition("_")
    return fixed.get(layer) or (f"{BLOCKS[block]}/{CAFFE_BRANCHES[branch]}" if block in BLOCKS else layer)


# Protocol buffers, by hand.


def varint(number):
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def number_field(field, number):
    return varint(field << 3) + varint(number)


def bytes_field(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def blob(array, *, old):
    data = bytes_field(5, np.ascontiguousarray(array, "<f4").tobytes())
    if old:
        shape = (1,) * (4 - array.ndim) + array.shape
        return b"".join(number_field(index, side) for index, side in enumerate(shape, 1)) + data
    return data + bytes_field(7, bytes_field(1, b"".join(map(varint, array.shape))))


def to_caffe(array):
    """Filters as (out, in, height, width), dense kernels as (out, in)."""
    return array.transpose({1: (0,), 2: (1, 0), 4: (3, 2, 0, 1)}.get(array.ndim, range(array.ndim)))


def caffemodel(blobs, *, layers="new", old_blobs=False):
    """Blobs are Caffe's, by the name of their layer."""
    content = bytes_field(1, b"GoogleNet")
    for name, arrays in {"data": [], **blobs}.items():
        encoded = [blob(array, old=old_blobs) for array in arrays]
        if layers == "new":
            parts = [bytes_field(1, name.encode()), bytes_field(2, b"Convolution"), bytes_field(3, b"bottom")]
            parts += [bytes_field(7, one) for one in encoded] + [number_field(10, 0)]
            content += bytes_field(100, b"".join(parts))
        else:
            parts = [bytes_field(2, b"bottom"), bytes_field(4, name.encode()), number_field(5, 4)]
            parts += [bytes_field(6, one) for one in encoded] + [varint(7 << 3 | 5) + struct.pack("<f", 1.0)]
            content += bytes_field(2, b"".join(parts))
    return content


def caffe_blobs(arrays):
    blobs = {}
    for name, array in arrays.items():
        layer, _, part = name.partition("/")
        blobs.setdefault(caffe_name(layer), {})[part] = to_caffe(array) if part == "kernel" else array
    return {layer: [parts[part] for part in ("kernel", "bias") if part in parts] for layer, parts in blobs.items()}


# A writer a suffix; each takes arrays of `mini` by `<layer>/kernel` and `<layer>/bias`.


def write_npz(path, arrays):
    np.savez(path, **{f"{caffe_name(name.split('/')[0]).replace('/', '__')}__{name.split('/')[1]}": array
                      for name, array in arrays.items()})  # fmt: skip


def write_own_npz(path, arrays):
    np.savez(path, **arrays)


def write_caffemodel(path, arrays):
    path.write_bytes(caffemodel(caffe_blobs(arrays)))


def identity(arrays, architecture="inception_v1/mini"):
    """The documented hash: the architecture, then each array's name, shape and values in graph order."""
    digest = hashlib.sha256(architecture.encode())
    for layer in (*CONVOLUTIONS, "logits"):
        for part in ("kernel", "bias"):
            array = arrays.get(f"{layer}/{part}", np.zeros(0))
            digest.update(f"{layer}/{part}{array.shape}".encode() + array.astype("<f4").tobytes())
    return digest.hexdigest()


def write_own(path, arrays, **changed):
    """Version 1 of artlucid's own format; None leaves an attribute out."""
    attributes = {
        "format": "artlucid.weights",
        "version": 1,
        "architecture": "inception_v1",
        "variant": "mini",
        "activation": "softmax",
        "class_names": np.array(["bat", "cat", "ewe", "gnu", "hen"], h5py.string_dtype()),
        "identity": changed.get("identity") or identity(arrays),
    }
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        for name, value in (attributes | changed).items():
            if value is not None:
                file.attrs[name] = value


def keras_name(layer):
    return layer if layer.endswith("logits") else f"{layer}_pre_relu"


def write_keras_weights(path, arrays):
    """Keras 3 numbers the groups and writes the name of each layer into an attribute."""
    with h5py.File(path, "w") as file:
        file.create_group("layers/re_lu/vars").attrs["name"] = "conv2d0"
        for index, layer in enumerate(dict.fromkeys(name.split("/")[0] for name in arrays)):
            group = file.create_group(f"layers/layer_{index}/vars")
            group.attrs["name"] = keras_name(layer)
            for part, key in (("kernel", "0"), ("bias", "1")):
                if f"{layer}/{part}" in arrays:
                    group[key] = arrays[f"{layer}/{part}"]


@functools.cache
def keras_config():
    """The network as Keras describes it."""
    return models.InceptionV1(weights=None, variant="mini", classes=5).to_json()


def write_keras(path, arrays):
    weights = io.BytesIO()
    write_keras_weights(weights, arrays)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
        archive.writestr("config.json", keras_config())
        archive.writestr("model.weights.h5", weights.getvalue())


def write_graph(path, arrays):
    mini = architectures.get("mini")
    PublishedGraph(mini, random_arrays(mini, 5) | arrays).write(path)


WRITERS = {
    ".pb": write_graph,
    ".npz": write_npz,
    ".own.npz": write_own_npz,
    ".caffemodel": write_caffemodel,
    ".weights.h5": write_keras_weights,
    ".keras": write_keras,
    ".h5": write_own,
}
