"""What stands in the folder of a comparison."""

from __future__ import annotations

from pathlib import Path

FORMAT = "artlucid.comparison"
VERSION = 1
MANIFEST = "compare.json"
TABLES = ("layers", "channels")
PATCHES = "patches"
ACTIVATIONS = "activations"


def cache_path(folder: Path, identity: str, split: str) -> Path:
    """Where the activations of the network of that identity are kept."""
    return folder / ACTIVATIONS / f"{identity[:16]}-{split}.h5"
