"""What a network is, from whatever names one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras

from artlucid import models
from artlucid._terminal import columns
from artlucid.files import cache_folder
from artlucid.info import _lineage, _manifest
from artlucid.info._layers import layers_of
from artlucid.info._options import Facts, Options
from artlucid.info._text import block, listed, tree
from artlucid.models import Network, _load
from artlucid.models._names import program_of
from artlucid.models._network import usual_size

SPELLINGS = f"{', '.join([*_load.PUBLISHED, _load.RANDOM])}, a file that ends in {', '.join(_load.READERS)}"

VARIANTS = {"imagenet": "inception5h", "bvlc": "bvlc"}
"""The architecture of the published weights, which are described by it before they were ever downloaded."""


def recognizes(thing: Any) -> bool:
    """A network, a name of weights, a weights file, or the manifest of an export."""
    if not isinstance(thing, str | os.PathLike):
        return isinstance(thing, Network | keras.Model)
    if str(thing) in _load.NAMES:
        return True
    return os.path.isfile(thing) and (
        Path(thing).name.endswith(tuple(_load.READERS)) or _manifest.exported(Path(thing)) is not None
    )


def describe(thing: Any, options: Options) -> Facts:
    """The network; of a file also its size, and what its manifest says of how it was made."""
    if str(thing) in VARIANTS and not _is_in_cache(str(thing)):
        return {"source": str(thing), **_not_downloaded(str(thing), options)}
    if not isinstance(thing, str | os.PathLike) or str(thing) in _load.NAMES:
        network = models.load(thing, architecture=options.architecture)
        return {"source": network.source, "network": facts_of(network, options)}
    path = _manifest.exported(Path(thing)) or Path(thing)
    network = models.load(path, architecture=options.architecture)
    return {
        "source": str(path),
        "bytes": path.stat().st_size,
        **_manifest.facts_of(path, network.identity),
        "network": facts_of(network, options),
    }


def _is_in_cache(name: str) -> bool:
    return (cache_folder() / f"{VARIANTS[name]}.h5").is_file()


def _not_downloaded(name: str, options: Options) -> Facts:
    """What is known without the weights."""
    network = models.load("none", architecture=VARIANTS[name])
    if options.architecture is not None:
        network = models.load(network, architecture=options.architecture)
    return {
        "notice": f"not in the cache {cache_folder()} yet: downloaded when first used",
        "network": {**facts_of(network, options), "identity": None},
    }


def facts_of(network: Network, options: Options) -> Facts:
    """What a network is and takes, and its layers where they are wanted."""
    architecture, model, program = network.architecture, network.keras_model, program_of(network.keras_model)
    facts = {
        "architecture": architecture.name if architecture else None,
        "variant": architecture.variant if architecture else None,
        "form": _form(network),
        "parameters": model.count_params() if program is None else program.parameters(),
        "classes": model.outputs[0].shape[-1],
        "class_names": list(network.class_names),
        "identity": network.identity,
        "input": {"channels": "RGB", "value_range": [0, 255], "size": list(usual_size(network))},
        "preprocess": _preprocess(network),
        "layer_count": len(network.layer_names),
        "analysed_layers": list(network.analysed_layers),
        "feature_layer": architecture.feature_layer if architecture else None,
    }
    return {**facts, "layers": layers_of(network)} if options.layers else facts


def _form(network: Network) -> str:
    """What a network is inside."""
    if network.architecture is not None:
        return "known architecture"
    return "wrapped" if program_of(network.keras_model) is None else "frozen graph"


def _preprocess(network: Network) -> Facts:
    if network.architecture is not None:
        preprocess = network.architecture.preprocess
        return {"channel_order": preprocess.channel_order, "means": list(preprocess.means)}
    rescale = network.keras_model.get_layer("rescale")
    return {"channel_order": "RGB", "value_range": [rescale.offset, rescale.offset + 255 * rescale.scale]}


def as_text(facts: Facts) -> list[str]:
    """Where it lies, how it was made, what it is."""
    rows = [
        ("source", facts["source"]),
        ("size", f"{facts['bytes']:,} bytes" if "bytes" in facts else ""),
        ("notice", facts.get("notice", "")),
        *_manifest.rows_of(facts),
    ]
    chain = tree([_lineage.titled(step) for step in facts.get("lineage", [])])
    return [*block(rows), *(["", *chain] if chain else []), "", *lines_of(facts["network"])]


def lines_of(facts: Facts) -> list[str]:
    """A network as lines."""
    name = f"{facts['architecture']}/{facts['variant']}" if facts["architecture"] else facts["form"]
    size = " x ".join("any" if side is None else str(side) for side in facts["input"]["size"])
    lines = block(
        [
            ("network", f"{name}, {facts['parameters']:,} parameters"),
            ("identity", facts["identity"] or "unknown"),
            ("input", f"RGB in 0 … 255, {size} pixels; inside {_inside(facts['preprocess'])}"),
            ("classes", listed(facts["class_names"]) or f"{facts['classes']} without names"),
            ("analysed", ", ".join(facts["analysed_layers"])),
            ("features", facts["feature_layer"] or ""),
            ("layers", str(facts["layer_count"]) + ("" if "layers" in facts else " (--layers lists them)")),
        ]
    )
    if "layers" not in facts:
        return lines
    rows = [[layer["name"], layer["depth"], layer["kind"]] for layer in facts["layers"]]
    return [*lines, "", *columns([["layer", "channels", "kind"], *rows])]


def _inside(preprocess: Facts) -> str:
    if "means" in preprocess:
        return f"{preprocess['channel_order']} minus {', '.join(f'{mean:g}' for mean in preprocess['means'])}"
    low, high = preprocess["value_range"]
    return f"{low:g} … {high:g}"
