"""An entry of the cache: one image as a file of a short header and its pixels."""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import threading
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from artlucid.datasets.images import DECODER, LARGEST_IMAGE
from artlucid.inputs._views import Images, View

MAGIC = b"artlucid.image 1"
HEADER = struct.Struct("<16s3I")
"""The magic bytes, height, width, and the CRC-32 of what `_checksum` says."""

SUFFIX = ".rgb"
PARTIAL = ".part"

TOUCHED_EVERY = 3600
"""Seconds: an entry's time of modification says, to the hour, when it was last used."""


def key_of(path: Path, view: View) -> bytes | None:
    """Hash of everything that the pixels depend on: the file, the view of it, and the decoder.

    A file is known by its absolute path, its size and the times of its last changes, so that a replaced one is
    another. None if it cannot be found; whoever decodes it says so.
    """
    absolute = os.path.abspath(path)
    try:
        now = os.stat(absolute)
    except OSError:
        return None
    facts = (absolute, now.st_size, now.st_mtime_ns, now.st_ctime_ns, view.shorter_side, view.whole, DECODER)
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).digest()


def place_of(folder: Path, key: bytes) -> str:
    """The file of an entry, in one of 256 subfolders."""
    name = key.hex()
    return os.path.join(folder, name[:2], name[2:] + SUFFIX)


def read(place: str, key: bytes, view: View) -> Images | None:
    """The image of an entry, or None if there is no such entry.

    Raises
    ------
    OSError, ValueError
        If there is one that cannot be read, or is not what was written.
    """
    try:
        found = os.stat(place)
    except FileNotFoundError:
        return None
    # Opening a named pipe would wait forever.
    if not stat.S_ISREG(found.st_mode) or not HEADER.size < found.st_size <= HEADER.size + 3 * LARGEST_IMAGE:
        raise ValueError("it is no file of a possible size")
    with open(place, "rb", buffering=0) as file:
        content = file.read()
    if time.time() - found.st_mtime > TOUCHED_EVERY:
        # In a folder that cannot be written nothing is removed either.
        with suppress(OSError):
            os.utime(place)
    return _from_bytes(content, key, view)


def write(place: str, key: bytes, image: Images) -> None:
    """Write an entry beside its place and rename it there, so that another process sees it whole or not at all.

    Not flushed to the disk, because the checksum tells what a power cut left. OSError if it cannot be written.
    """
    folder, name = os.path.split(place)
    partial = os.path.join(folder, f".{name}.{os.getpid()}.{threading.get_ident()}{PARTIAL}")
    os.makedirs(folder, exist_ok=True)
    try:
        # Buffered: a raw file writes what there is room for, and says no more than how much that was.
        with open(partial, "wb") as file:
            file.write(_to_bytes(key, image))
        os.replace(partial, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def n_bytes(image: Images) -> int:
    """How long the file of an image is."""
    return HEADER.size + image.size


def _to_bytes(key: bytes, image: Images) -> bytes:
    height, width, _ = image.shape
    pixels = image.tobytes()
    return HEADER.pack(MAGIC, height, width, _checksum(key, height, width, pixels)) + pixels


def _from_bytes(content: bytes, key: bytes, view: View) -> Images:
    magic, height, width, checksum = HEADER.unpack_from(content)
    pixels = memoryview(content)[HEADER.size :]
    if magic != MAGIC or not view.fits((height, width, 3)) or len(pixels) != height * width * 3:
        raise ValueError("its header does not fit")
    if checksum != _checksum(key, height, width, pixels):
        raise ValueError("its checksum does not fit")
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def _checksum(key: bytes, height: int, width: int, pixels: bytes | memoryview) -> int:
    """Of the pixels, with the key before them, so that an entry under another's name is known for that."""
    return zlib.crc32(pixels, zlib.crc32(key + struct.pack("<2I", height, width)))
