"""What a comparison is of, how it was made, and how far it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlucid import compare
from artlucid._comparison._format import ACTIVATIONS as CACHES
from artlucid._comparison._format import MANIFEST
from artlucid._terminal import columns
from artlucid.errors import ArtlucidError
from artlucid.info import _activations
from artlucid.info._options import Facts, Options, as_list, as_mapping
from artlucid.info._text import block, counts

PAIRS = "pairs"
SPELLINGS = f"a folder of `artlucid compare`, also an unfinished one, or its {MANIFEST}"

OF_A_MODEL = ("model", "source", "identity", "recipe", "seed", "which")


def recognizes(thing: Any) -> bool:
    """A comparison, its manifest, or a folder in which one was begun."""
    if not isinstance(thing, str | os.PathLike):
        return False
    path = Path(thing)
    begun = (path / ".lock").is_file() and ((path / CACHES).is_dir() or (path / PAIRS).is_dir())
    return (path / MANIFEST).is_file() or (path.name == MANIFEST and path.is_file()) or begun


def describe(thing: Any, options: Options) -> Facts:
    """The models, the data and what came of each pair; of an unfinished one what is there of it."""
    path = Path(thing)
    folder = path.parent if path.is_file() else path
    finished = (folder / MANIFEST).is_file()
    return {
        "comparison": str(folder),
        "finished": finished,
        **(_finished(folder) if finished else {}),
        "pairs_done": len(list((folder / PAIRS).glob("*/pair.json"))),
        "caches": [_cache(file, options) for file in sorted((folder / CACHES).glob("[!.]*.h5*"))],
        "sheets": len(list((folder / "sheets").rglob("*.png"))),
    }


def _finished(folder: Path) -> Facts:
    found = compare.read(folder)
    manifest = found.manifest
    return {
        "models": [
            {key: as_mapping(model).get(key) for key in OF_A_MODEL} for model in as_list(manifest.get("models"))
        ],
        "dataset": dict(as_mapping(manifest.get("dataset"))),
        "settings": dict(as_mapping(manifest.get("settings"))),
        "environment": dict(as_mapping(manifest.get("environment"))),
        "pairs": [dict(as_mapping(pair)) for pair in as_list(manifest.get("pairs"))],
        "rows": {"layers": len(found.layers), "channels": len(found.channels)},
    }


def _cache(file: Path, options: Options) -> Facts:
    try:
        facts = _activations.describe(file, options)
    except ArtlucidError as error:
        return {"file": str(file), "damaged": str(error)}
    data = facts["dataset"]
    kept = {key: facts[key] for key in ("file", "finished", "images", "finished_images")}
    return {**kept, "model": facts["model"]["source"], "split": data["split"], "data": data["specification"]}


def as_text(facts: Facts) -> list[str]:
    """What it is of; a line a pair, and a line a cache where it is not finished."""
    lines = block([("comparison", facts["comparison"]), *(_rows(facts) if facts["finished"] else _begun(facts))])
    if facts["finished"] and facts["pairs"]:
        lines += ["", *columns([["before", "after", "CKA", "kernels", "overlap"], *_pairs(facts)], left=(0, 1))]
    unusual = [cache for cache in facts["caches"] if not facts["finished"] or not cache.get("finished")]
    return [*lines, *(["", *block([("cache", _said(cache)) for cache in unusual])] if unusual else [])]


def _rows(facts: Facts) -> list[tuple[str, str]]:
    data, settings = facts["dataset"], facts["settings"]
    sizes = ", ".join(map(str, as_list(settings.get("k"))))
    return [
        ("state", "finished"),
        ("data", f"{data.get('specification')}: {counts(data.get('images'))}"),
        ("made", f"CKA of {settings.get('cka_split')}, top {sizes} of {settings.get('top_split')}"),
        ("pictures", ", ".join(map(str, as_list(settings.get("pictures"))))),
        *(("model", _model(model)) for model in facts["models"]),
        ("rows", counts(facts["rows"])),
        ("sheets", str(facts["sheets"] or "")),
    ]


def _model(model: Mapping[str, Any]) -> str:
    training = ", ".join(
        f"{name} {model[key]}"
        for key, name in (("recipe", "recipe"), ("seed", "seed"), ("which", "weights"))
        if model[key] is not None
    )
    return f"{model['model']}{f' ({training})' if training else ''}, {str(model['identity'])[:12]}…"


def _begun(facts: Facts) -> list[tuple[str, str]]:
    return [
        ("state", "not finished: the command that began it goes on there"),
        ("pairs", f"{facts['pairs_done']} done"),
    ]


def _pairs(facts: Facts) -> list[list[str]]:
    sizes = as_list(facts["settings"].get("k"))
    overlap = f"overlap_{sizes[0]}_mean" if sizes else ""
    return [
        [
            str(pair.get("model_a")),
            str(pair.get("model_b")),
            *(_number(pair.get(key)) for key in ("cka_mean", "kernel_distance_mean", overlap)),
        ]
        for pair in facts["pairs"]
    ]


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) else ""


def _said(cache: Facts) -> str:
    if "damaged" in cache:
        return cache["damaged"]
    of = "all" if cache["finished"] else f"{cache['finished_images']:,} of"
    return f"{of} {cache['images']:,} images of {cache['split']}, {cache['model']}"
