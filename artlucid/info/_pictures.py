"""What a folder of pictures holds, and how they were made; what an index of such folders says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlucid import visualize
from artlucid._terminal import columns
from artlucid.info._options import Facts, Options, as_mapping
from artlucid.info._text import block
from artlucid.visualize._folder import MANIFEST, pictures, read_manifest
from artlucid.visualize._index import INDEX

SPELLINGS = f"a folder of pictures or its {MANIFEST}; an {INDEX}"

SHOWN = ("engine", "penalty", "init")
"""Of settings, where there are any, beside steps, size and seed."""


def recognizes(thing: Any) -> bool:
    """A folder of pictures, its manifest, or an index."""
    if not isinstance(thing, str | os.PathLike):
        return False
    path = Path(thing)
    return (path / MANIFEST).is_file() or (path.name in (MANIFEST, INDEX) and path.is_file())


def describe(thing: Any, options: Options) -> Facts:
    """Of which network, how made, and how many of each layer; of an index, for each of its folders."""
    path = Path(thing)
    if path.name == INDEX and path.is_file():
        return {"index": str(path), "folders": [_of_index(path, folder) for folder in _index(path)]}
    folder = path.parent if path.is_file() else path
    return {"index": str(folder / INDEX) if (folder / INDEX).is_file() else None, "folders": [_of_folder(folder)]}


def _index(path: Path) -> list[Mapping[str, Any]]:
    return list(visualize.read_index(path)["folders"])


def _of_folder(folder: Path) -> Facts:
    manifest = read_manifest(folder / MANIFEST)
    rows = pictures(folder)
    found = {layer: [row for row in rows if row["layer"] == layer] for layer in dict.fromkeys(r["layer"] for r in rows)}
    environment = as_mapping(manifest.get("environment"))
    return {
        "folder": str(folder),
        "label": None,
        "model": _model(manifest),
        "settings": dict(as_mapping(manifest.get("settings"))),
        "environment": dict(environment),
        "pictures": sum(row["file"] is not None for row in rows),
        "layers": [
            {"name": layer, "channels": len(of_layer), "pictures": sum(row["file"] is not None for row in of_layer)}
            for layer, of_layer in found.items()
        ],
        "notices": dict(Counter(str(notice) for row in rows for notice in row["notices"])),
        "sheets": len(list((folder / "sheets").glob("*.png"))),
        "beside": [path.parent.name for path in sorted(folder.glob(f"*/{MANIFEST}"))],
    }


def _of_index(path: Path, folder: Mapping[str, Any]) -> Facts:
    layers = [
        {
            "name": layer["name"],
            "channels": layer["n_channels"],
            "pictures": sum(row["picture"] is not None for row in layer["channels"]),
        }
        for layer in folder["layers"]
    ]
    notices = [str(notice) for layer in folder["layers"] for row in layer["channels"] for notice in row["notices"]]
    return {
        "folder": os.path.normpath(path.parent / folder["path"]),
        "label": folder["label"],
        "model": _model(folder),
        "settings": dict(folder["settings"]),
        "environment": {},
        "pictures": sum(layer["pictures"] for layer in layers),
        "layers": layers,
        "notices": dict(Counter(notices)),
        "sheets": sum(layer["sheet"] is not None for layer in folder["layers"]),
        "beside": [],
    }


def _model(manifest: Mapping[str, Any]) -> Facts:
    model = as_mapping(manifest.get("model"))
    return {key: model.get(key) for key in ("name", "source", "identity", "architecture")}


def as_text(facts: Facts) -> list[str]:
    """A block a folder, and its layers below."""
    lines = block([("index", facts["index"] or "")])
    for folder in facts["folders"]:
        lines += ["", *_lines_of(folder)] if lines else _lines_of(folder)
    return lines


def _lines_of(facts: Facts) -> list[str]:
    model, settings = facts["model"], facts["settings"]
    precision = as_mapping(facts["environment"].get("precision")).get("used") or settings.get("precision")
    size = settings.get("size")
    sides = " x ".join(map(str, size)) if isinstance(size, list) else str(size)
    made = f"{settings.get('steps')} steps, {sides} pixels, seed {settings.get('seed')}"
    lines = block(
        [
            ("pictures", f"{facts['folder']}{f' ({label})' if (label := facts['label']) else ''}"),
            ("number", f"{facts['pictures']:,} of {sum(layer['channels'] for layer in facts['layers']):,} channels"),
            ("made", made + (f", {precision}" if precision else "")),
            *((name, str(settings[name])) for name in SHOWN if settings.get(name)),
            ("model", str(model["source"] or model["name"])),
            ("network", str(model["identity"] or "")),
            *(("notice", f"{number} times: {text}") for text, number in facts["notices"].items()),
            ("sheets", str(facts["sheets"] or "")),
            ("beside it", ", ".join(facts["beside"])),
        ]
    )
    if not facts["layers"]:
        return lines
    rows = [[layer["name"], layer["channels"], layer["pictures"]] for layer in facts["layers"]]
    return [*lines, "", *columns([["layer", "channels", "pictures"], *rows])]
