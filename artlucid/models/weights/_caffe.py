"""Caffe's model file, and weights under Caffe's layer names."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from artlucid import architectures
from artlucid.architectures import Architecture, Dense
from artlucid.errors import WeightsError
from artlucid.models.weights._record import MOST_BYTES, PARTS, Arrays, Weights, check, classes_of

FieldType = descriptor_pb2.FieldDescriptorProto
Blobs = Mapping[tuple[str, str], npt.NDArray[np.float32]]

# Those parts of caffe.proto that hold weights: (field, number, type, message it holds, repeated).
_MESSAGES: Mapping[str, tuple[tuple[str, int, Any, str, bool], ...]] = MappingProxyType(
    {
        "BlobShape": (("dim", 1, FieldType.TYPE_INT64, "", True),),
        "BlobProto": (
            ("num", 1, FieldType.TYPE_INT32, "", False),
            ("channels", 2, FieldType.TYPE_INT32, "", False),
            ("height", 3, FieldType.TYPE_INT32, "", False),
            ("width", 4, FieldType.TYPE_INT32, "", False),
            ("data", 5, FieldType.TYPE_FLOAT, "", True),
            ("shape", 7, FieldType.TYPE_MESSAGE, "BlobShape", False),
        ),
        "LayerParameter": (
            ("name", 1, FieldType.TYPE_STRING, "", False),
            ("blobs", 7, FieldType.TYPE_MESSAGE, "BlobProto", True),
        ),
        "V1LayerParameter": (
            ("name", 4, FieldType.TYPE_STRING, "", False),
            ("blobs", 6, FieldType.TYPE_MESSAGE, "BlobProto", True),
        ),
        "NetParameter": (
            ("layers", 2, FieldType.TYPE_MESSAGE, "V1LayerParameter", True),
            ("layer", 100, FieldType.TYPE_MESSAGE, "LayerParameter", True),
        ),
    }
)
_PACKAGE = "artlucid_caffe"
_FEWEST_AXES: Mapping[str, int] = MappingProxyType({"kernel": 2, "bias": 1})
_AXES: Mapping[int, tuple[int, ...]] = MappingProxyType({2: (1, 0), 4: (2, 3, 1, 0)})


@cache
def net_parameter() -> type[Message]:
    """The class of Caffe's ``NetParameter``, as far as weights need it."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2")
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number, kind, held, repeated in fields:
            label = FieldType.LABEL_REPEATED if repeated else FieldType.LABEL_OPTIONAL
            field = described.field.add(name=name, number=number, type=kind, label=label)
            if held:
                field.type_name = f".{_PACKAGE}.{held}"
            elif repeated:
                field.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.NetParameter"))


def read(path: Path, variant: str | None = None) -> Weights:
    """Read a ``.caffemodel``, of the current layer format or of the one before it."""
    net: Any = net_parameter()()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unreadable(path, f"it has more than {MOST_BYTES // 2**20} MiB")
        net.ParseFromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise _unreadable(path, str(error)) from error
    layers = [layer for layer in (*net.layer, *net.layers) if layer.blobs]
    if not layers:
        raise _unreadable(path, "no layer in it has weights")
    named: dict[tuple[str, str], npt.NDArray[np.float32]] = {}
    for layer in layers:
        if (layer.name, "kernel") in named or len(layer.blobs) > len(PARTS):
            raise _unreadable(path, f"layer {layer.name!r} is there twice or has more than {' and '.join(PARTS)}")
        for blob, part in zip(layer.blobs, PARTS, strict=False):
            named[layer.name, part] = _array(blob, part, path, layer.name)
    return from_caffe_names(_transposed(named), variant, source=str(path))


def _unreadable(path: Path, reason: str) -> WeightsError:
    return WeightsError(
        f"A `.caffemodel` must be Caffe's protobuf of a network. Received {path}: {reason}. "
        "It is damaged, cut short or something else: get it again."
    )


def _array(blob: Any, part: str, path: Path, layer: str) -> npt.NDArray[np.float32]:
    values = np.asarray(blob.data, dtype=np.float32)
    shape = list(blob.shape.dim)
    if not shape:
        shape = [blob.num, blob.channels, blob.height, blob.width]
        # Old files write vectors and matrices with leading ones.
        while len(shape) > _FEWEST_AXES[part] and shape[0] == 1:
            shape = shape[1:]
    if math.prod(shape) != values.size or min(shape) < 1:
        raise _unreadable(path, f"layer {layer!r} has {values.size} values for the shape {shape}")
    return values.reshape(shape)


def _transposed(named: Blobs) -> Blobs:
    """From (out, in, height, width) and (out, in) to (height, width, in, out) and (in, out)."""
    return {
        (layer, part): array.transpose(_AXES.get(array.ndim, range(array.ndim))) if part == "kernel" else array
        for (layer, part), array in named.items()
    }


def from_caffe_names(named: Blobs, variant: str | None, *, source: str) -> Weights:
    """Weights under Caffe's names: of the variant that Caffe released, unless `variant` says otherwise."""
    architecture = architectures.get(variant or "bvlc")
    own_names = {caffe: own for own, caffe in architecture.caffe_names.items()}
    unknown = sorted({layer for layer, _ in named if layer not in own_names})
    if unknown:
        raise WeightsError(
            f"The layers of a weights file in Caffe's names must be those of {architecture}. Received {source} with "
            f"{', '.join(unknown[:6])}{', …' if len(unknown) > 6 else ''}. It belongs to another network."
        )
    arrays = {f"{own_names[layer]}/{part}": array for (layer, part), array in named.items()}
    weights = from_own_names(arrays, architecture.variant, source=source)
    return dataclasses.replace(weights, arrays=_channels_last(arrays, architecture))


def _channels_last(arrays: Arrays, architecture: Architecture) -> Arrays:
    """Reorder the inputs of dense layers on feature maps: Caffe flattens channels first."""
    reordered = dict(arrays)
    for layer in architecture.layers(auxiliary=True):
        if isinstance(layer, Dense) and f"{layer.name}/kernel" in arrays:
            kernel, channels = arrays[f"{layer.name}/kernel"], arrays[f"{layer.source}/bias"].size
            side = math.isqrt(kernel.shape[0] // channels)
            maps = kernel.reshape(channels, side, side, -1)
            reordered[f"{layer.name}/kernel"] = maps.transpose(1, 2, 0, 3).reshape(kernel.shape)
    return reordered


def from_own_names(arrays: Arrays, variant: str | None, *, source: str) -> Weights:
    """Weights under artlucid's names; the variant must be known."""
    if variant is None:
        raise WeightsError(
            f"`architecture` must name the network where the file leaves it open. Received {source} without it. "
            f"Use one of {', '.join(architectures.ARCHITECTURES)} (`--architecture`)."
        )
    architecture = architectures.get(variant)
    check(arrays, architecture, classes_of(arrays, architecture), source=source)
    return Weights(arrays, architecture)
