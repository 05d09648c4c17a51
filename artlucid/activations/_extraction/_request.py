"""What is asked for: a network, the images, and everything that the values depend on."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from artlucid import environment
from artlucid.activations._extraction._pooled import Pooled
from artlucid.activations._identity import identity_of
from artlucid.activations._options import Options
from artlucid.architectures import Concatenation
from artlucid.datasets import Dataset, Excluded, Split
from artlucid.datasets.images import DECODER
from artlucid.errors import ActivationsError, DataError, ModelError
from artlucid.models import Network
from artlucid.models._network import usual_size
from artlucid.models._precision import in_precision

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "model": "model.identity",
        "dataset": "dataset.identity",
        "split": "dataset.split",
        "chosen images": "dataset.asked.identity",
        "preprocessing": "preprocessing",
        "precision": "environment.precision.used",
        "layers": "layers",
    }
)
"""What a cache is of, by the words for it."""

BITS: Mapping[str, str] = MappingProxyType(
    {
        "batch size": "batch_size",
        "decoding": "decoding",
        "versions": "environment.versions",
        "processor": "environment.processor",
        "GPUs": "environment.gpus",
        "threads": "environment.threads",
    }
)
"""What the last bits of the values depend on beside that: one file has one of each."""


@dataclass(frozen=True, eq=False)
class Request:
    """A network and the images that it is to be run on.

    Attributes
    ----------
    pooled : Pooled
    split : Split
        As it was asked for.
    dataset : Dataset
    size : int
        Side of the images in pixels.
    manifest : mapping
        Of the cache, but for what is found out about the images.
    """

    pooled: Pooled
    split: Split
    dataset: Dataset
    size: int
    manifest: Mapping[str, Any]


def request(network: Network, split: Split, options: Options) -> Request:
    """Put together what is asked for; nothing is computed.

    Raises
    ------
    DataError, ModelError
        If the split does not know its dataset, or if the network does not take squares of that size.
    """
    dataset = _dataset(split)
    size = size_of(network, options.size)
    precision = environment.resolve_precision(options.precision)
    pooled = Pooled(in_precision(network, precision.policy), _stored_names(network), size, options.batch_size)
    manifest = {
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "model": _model(network),
        "dataset": {
            "specification": dataset.specification,
            "identity": dataset.identity,
            "task": dataset.task,
            "split": split.name,
            "asked": {"images": len(split), "identity": identity_of(split)},
        },
        "metadata_columns": list(split.metadata),
        "preprocessing": {"size": size, "shorter_side": size, "resampling": "Lanczos", "crop": "centre"},
        "decoding": DECODER,
        "batch_size": options.batch_size,
        "layers": [dataclasses.asdict(layer) for layer in pooled.layers],
        "blocks": _blocks(network),
        "analysed_layers": list(network.analysed_layers),
        "environment": environment.describe(precision),
    }
    return Request(pooled, split, dataset, size, manifest)


def with_images(asked: Mapping[str, Any], split: Split, excluded: Sequence[Excluded]) -> dict[str, Any]:
    """The manifest with the images that are usable."""
    found = {
        "images": len(split),
        "images_identity": identity_of(split),
        "excluded": [{"path": file.relative_path, "reason": file.reason} for file in excluded],
    }
    return {**asked, "dataset": {**asked["dataset"], **found}}


def check_same(recorded: Mapping[str, Any], asked: Mapping[str, Any], path: Path, *, bits: bool = False) -> None:
    """Hold a file to what is asked for; raises ActivationsError with both sides of every difference.

    Parameters
    ----------
    recorded, asked : mapping
        Manifests.
    path : Path
    bits : bool
        Whether also what only the last bits depend on must be the same.
    """
    keys = {**SETTINGS, **BITS} if bits else SETTINGS
    found = [_difference(name, key, recorded, asked) for name, key in keys.items()]
    differences = [difference for difference in found if difference]
    if differences:
        raise ActivationsError(
            f"A cache of activations must be gone on with as it was begun. Received {path}, where "
            f"{'; '.join(differences)}. Ask for the same again, use another `out` (`--out`), or remove this file."
        )


def _difference(name: str, key: str, recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> str | None:
    before, after = _at(recorded, key), _at(asked, key)
    if _plain(before) == _plain(after):
        return None
    sides = [_shown(key, manifest, value) for manifest, value in ((recorded, before), (asked, after))]
    return f"{name} {'were' if name.endswith('s') else 'was'} {sides[0]}, asked for {sides[1]}"


def _shown(key: str, manifest: Mapping[str, Any], value: Any) -> str:
    if key in ("model.identity", "dataset.identity"):
        described = _at(manifest, key.replace("identity", "source" if key.startswith("model") else "specification"))
        return f"{described} ({str(value)[:12]}…)"
    if key == "dataset.asked.identity":
        return f"{_at(manifest, 'dataset.asked.images')} images ({str(value)[:12]}…)"
    if key == "layers" and isinstance(value, list):
        return f"{len(value)}: {', '.join(_layer(record) for record in value[:4])}{', …' if len(value) > 4 else ''}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return str(value)


def _layer(record: Any) -> str:
    if not isinstance(record, Mapping):
        return str(record)
    return f"{record.get('name')} ({record.get('height')} x {record.get('width')} x {record.get('n_channels')})"


def _at(content: Any, key: str) -> Any:
    for part in key.split("."):
        content = content.get(part) if isinstance(content, Mapping) else None
    return content


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(value))


def _dataset(split: Split) -> Dataset:
    if not isinstance(split, Split) or split.dataset is None:
        raise DataError(
            "`split` must be a split of a dataset, which knows the names of the classes. Received "
            f"{f'a split {split.name!r} without one' if isinstance(split, Split) else repr(split)}. Take it from the "
            "dataset: `datasets.load(…).test`, or `.split('all')`."
        )
    return split.dataset


def size_of(network: Network, wanted: int | None) -> int:
    """Side of the squares that the network sees."""
    usual = usual_size(network)
    fixed = network.keras_model.inputs[0].shape[1:3]
    size = (wanted, wanted) if wanted is not None else usual
    fits = all(side in (None, own) for side, own in zip(fixed, size, strict=True))
    if size[0] is None or size[0] != size[1] or not fits:
        raise ModelError(
            "`size` must be the side of squares that the network takes, in pixels. Received "
            f"{wanted} for {network.source}, which takes {_sides(fixed)} and usually {_sides(usual)}. "
            f"{'Give one that it takes' if None in fixed else 'Leave it out'} (`--size`)."
        )
    smallest = network.architecture.minimum_size if network.architecture is not None else 1
    if size[0] < smallest:
        raise ModelError(
            f"`size` must be at least {smallest} pixels for {network.architecture}. Received {size[0]}. "
            f"Leave it out (`--size`), or give {smallest} or more."
        )
    return int(size[0])


def _sides(sides: Sequence[int | None]) -> str:
    return " x ".join("any" if side is None else str(side) for side in sides)


def _stored_names(network: Network) -> tuple[str, ...]:
    """The convolutions and what else is analysed, blocks left out; of a network of no known architecture what is."""
    if network.architecture is None:
        return tuple(dict.fromkeys(network.analysed_layers))
    blocks = {block["name"] for block in _blocks(network)}
    named = dict.fromkeys((*network.architecture.convolutions, *network.analysed_layers))
    return tuple(name for name in named if name not in blocks)


def _blocks(network: Network) -> list[dict[str, Any]]:
    """The concatenations of convolutions, whose activations are those of their branches."""
    if network.architecture is None:
        return []
    return [
        {"name": layer.name, "sources": list(layer.sources)}
        for layer in network.architecture.backbone
        if isinstance(layer, Concatenation) and set(layer.sources) <= set(network.architecture.convolutions)
    ]


def _model(network: Network) -> dict[str, Any]:
    architecture = network.architecture
    return {
        "source": network.source,
        "identity": network.identity,
        "architecture": None if architecture is None else architecture.name,
        "variant": None if architecture is None else architecture.variant,
        "class_names": list(network.class_names),
        "lineage": dict(network.lineage),
    }
