"""What a cache is called while it is being filled."""

from __future__ import annotations

from pathlib import Path


def part_of(path: Path) -> Path:
    """The file that becomes the cache when it is finished.

    >>> part_of(Path("before.h5")).name
    'before.h5.part'
    """
    return path.with_name(f"{path.name}.part")
