"""Which images a split has, as one number that travels with the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from artlucid.datasets import Split
from artlucid.datasets._dataset import nfc


def identity_of(split: Split) -> str:
    """Hash of the images of a split with their labels, in their order.

    Returns
    -------
    str
        The sha256, in hex, over path, byte size and labels of each image.
    """
    digest = hashlib.sha256()
    labels: Sequence[Any] = [None] * len(split) if split.labels is None else split.labels.tolist()
    for index, (path, label) in enumerate(zip(split.relative_paths, labels, strict=True)):
        try:
            size = split.path(index).stat().st_size
        except OSError:
            size = None  # counted among the unusable ones
        digest.update(json.dumps([nfc(path), size, label]).encode() + b"\n")
    return digest.hexdigest()
