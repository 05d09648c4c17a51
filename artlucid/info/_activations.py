"""What a cache of activations is of, and how far it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

from artlucid.activations._file import finished_of, open_file, read_manifest, read_texts, readable
from artlucid.activations._format import FORMAT, contents_of
from artlucid.activations._part import part_of
from artlucid.info import _lineage
from artlucid.info._options import Facts, Options, as_list, as_mapping
from artlucid.info._text import Rows, block, tree

SPELLINGS = "FILE.h5 of `artlucid activations`, also an unfinished FILE.h5.part"


def recognizes(thing: Any) -> bool:
    """A cache, finished or not, also by the name that it has when it is finished; a damaged one by its lock."""
    if not isinstance(thing, str | os.PathLike):
        return False
    path = Path(thing)
    if path.is_file() and path.name.endswith(".h5"):
        return _is_cache(path)
    return _file_of(path).is_file() and _file_of(path).name.endswith(".h5.part")


def _file_of(path: Path) -> Path:
    """The file itself, or its part where it is not finished."""
    return path if path.is_file() else part_of(path)


def _is_cache(path: Path) -> bool:
    try:
        with h5py.File(path, locking=False) as file:
            return bool(file.attrs.get("format") == FORMAT)
    except Exception:  # whatever a damaged file makes h5py raise: other kinds of files have their own words for it
        return path.with_name(f".{path.name}.lock").is_file()


def describe(thing: Any, options: Options) -> Facts:
    """What it is of, how it was made, and how many of its images are finished."""
    path = _file_of(Path(thing))
    # Who fills it holds it.
    with open_file(path, locking=False) as file, readable(path):
        manifest = read_manifest(file, path)
        contents = contents_of(manifest, path)
        images = len(read_texts(file, "images/path", path))
        finished = finished_of(file, path, images)
    model, data = as_mapping(manifest.get("model")), as_mapping(manifest.get("dataset"))
    lineage = as_mapping(model.get("lineage"))
    facts = {
        "file": str(path),
        "bytes": path.stat().st_size,
        "finished": path.name.endswith(".h5") and finished == images,
        "images": images,
        "finished_images": finished,
        "created": manifest.get("created"),
        "model": {key: model.get(key) for key in ("source", "identity", "architecture", "variant")},
        "lineage": _lineage.chain(lineage, model.get("identity")) if lineage else [],
        "dataset": {key: data.get(key) for key in ("specification", "identity", "task", "split")},
        "excluded": [dict(as_mapping(one)) for one in as_list(data.get("excluded"))],
        "metadata_columns": as_list(manifest.get("metadata_columns")),
        "preprocessing": dict(as_mapping(manifest.get("preprocessing"))),
        "batch_size": manifest.get("batch_size"),
        "environment": dict(as_mapping(manifest.get("environment"))),
        "layer_count": len(contents.names),
        "channel_count": sum(layer.n_channels for layer in contents.stored.values()),
        "analysed_layers": as_list(manifest.get("analysed_layers")),
    }
    if not options.layers:
        return facts
    parts = {name: contents.parts(name) for name in contents.names}
    return {
        **facts,
        "layers": [
            {
                "name": name,
                "channels": sum(part.n_channels for part in of_layer),
                "map": [of_layer[0].height, of_layer[0].width],
            }
            for name, of_layer in parts.items()
        ],
    }


def as_text(facts: Facts) -> list[str]:
    """How far it is, of what, and how it was made."""
    lines = block([("activations", facts["file"]), ("size", f"{facts['bytes']:,} bytes"), *rows_of(facts)])
    chain = tree([_lineage.titled(step) for step in facts["lineage"]])
    lines += ["", *chain] if chain else []
    layers = [f"{layer['name']} ({layer['channels']})" for layer in facts.get("layers", [])]
    return [*lines, "", *block([("layers", ", ".join(layers))])] if layers else lines


def rows_of(facts: Facts) -> Rows:
    """What it is of."""
    data, precision = facts["dataset"], as_mapping(facts["environment"].get("precision"))
    size, threads = facts["preprocessing"].get("size"), as_mapping(facts["environment"].get("threads"))
    return [
        ("images", _progress(facts)),
        ("data", f"{data['specification']}, {data['split']}"),
        ("left out", f"{len(facts['excluded'])} images" if facts["excluded"] else ""),
        ("model", _model(facts["model"])),
        ("network", str(facts["model"]["identity"])),
        ("layers", f"{facts['layer_count']} with {facts['channel_count']:,} channels (--layers lists them)"),
        ("metadata", ", ".join(map(str, facts["metadata_columns"]))),
        ("seen", f"{size} x {size} pixels, {precision.get('used')}, batches of {facts['batch_size']}"),
        ("threads", ", ".join(f"{number} {kind}" for kind, number in threads.items())),
        ("created", str(facts["created"])),
    ]


def _progress(facts: Facts) -> str:
    if facts["finished"]:
        return f"{facts['images']:,}, all finished"
    return f"{facts['finished_images']:,} of {facts['images']:,} finished: the command that began it goes on there"


def _model(model: Mapping[str, Any]) -> str:
    kind = f" ({model['architecture']}/{model['variant']})" if model["architecture"] else ""
    return f"{model['source']}{kind}"
