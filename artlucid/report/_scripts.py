"""Data as classic scripts: a page that is opened from the disk may neither fetch JSON nor import modules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artlucid.files import write_atomically


def script(name: str, content: Any) -> bytes:
    r"""A script that hands data to the page under a name.

    It is ASCII alone, and holds no ``<``, so that nothing in it can end a script or begin a comment.

    >>> script("overview", {"class": "</script>é"})
    b'artlucid.take("overview",{"class":"\\u003c/script>\\u00e9"});\n'
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f"artlucid.take({json.dumps(name)},{text});\n".encode("ascii")


def write_all(folder: Path, files: Mapping[str, bytes]) -> str:
    """Write files into a folder of their own, named after their content; what is there already stays.

    Returns
    -------
    str
        The name of the folder.
    """
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    place = folder / digest.hexdigest()[:16]
    for name, content in files.items():
        path = place / name
        if not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content, flush=False)
    return place.name
