"""What the manifest beside an export says of how it was made, and whether it still speaks of that file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from artlucid.info import _lineage
from artlucid.info._options import Facts
from artlucid.info._text import Rows

SUFFIXES: Mapping[str, str] = MappingProxyType({".keras": ".keras.manifest.json", ".pb": ".manifest.json"})
"""What stands in the place of an export's suffix in the name of its manifest; the longer one first."""

MOST_BYTES = 2**24


def exported(path: Path) -> Path | None:
    """The export that a manifest stands beside; None if it is none."""
    for suffix, manifest in SUFFIXES.items():
        file = path.with_name(path.name.removesuffix(manifest) + suffix)
        if path.name.endswith(manifest) and file.is_file():
            return file
    return None


def facts_of(path: Path, identity: str) -> Facts:
    """What a manifest adds to a file; nothing for a file that has none."""
    manifest = path.with_suffix(SUFFIXES.get(path.suffix, path.suffix))
    if manifest == path or not manifest.is_file():
        return {}
    try:
        content = _read(manifest)
    except (OSError, RecursionError, ValueError) as error:
        return {"manifest": str(manifest), "disagrees": f"it cannot be read ({error})"}
    lineage = content.get("lineage")
    return {
        "manifest": str(manifest),
        "disagrees": _disagrees(path, identity, content),
        "made_from": content.get("source"),
        "made_with": content.get("made_with"),
        "lineage": _lineage.chain(lineage, content.get("identity")) if isinstance(lineage, dict) and lineage else [],
    }


def _read(manifest: Path) -> dict[str, Any]:
    if manifest.stat().st_size > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    content = json.loads(manifest.read_text(encoding="utf-8", errors="surrogateescape"))
    if not isinstance(content, dict):
        raise ValueError("no object")
    return content


def _disagrees(path: Path, identity: str, content: Mapping[str, Any]) -> str | None:
    """Whether it speaks of another file than the one beside it."""
    if "sha256" in content and content["sha256"] != hashlib.sha256(path.read_bytes()).hexdigest():
        return "it speaks of a file with another sha256: one of the two was changed"
    if "identity" in content and content["identity"] != identity:
        return f"it speaks of the network {content['identity']}: one of the two was changed"
    return None


def rows_of(facts: Facts) -> Rows:
    """What the manifest says of the file itself."""
    return [
        ("manifest", facts.get("manifest", "")),
        ("notice", facts.get("disagrees") or ""),
        ("made from", str(facts.get("made_from") or "")),
        ("made with", _versions(facts.get("made_with"))),
    ]


def _versions(made_with: Any) -> str:
    return ", ".join(f"{name} {version}" for name, version in made_with.items()) if isinstance(made_with, dict) else ""
