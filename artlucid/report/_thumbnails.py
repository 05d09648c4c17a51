"""Small copies of the images: each once, whatever the number of channels that it fires."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from artlucid.datasets import Split, read_image
from artlucid.errors import DataError, ReportError
from artlucid.files import write_atomically

QUALITY = 76
IN_A_FOLDER = 1000


def folder_name(identity: str, side: int) -> str:
    """Name of the folder that thumbnails of these images and this size are kept in."""
    return hashlib.sha256(f"{identity} {side} {QUALITY}".encode()).hexdigest()[:16]


def file_name(index: int) -> str:
    """Where a thumbnail stands in the folder; the page's script computes the same."""
    return f"{index // IN_A_FOLDER}/{index}.webp"


def write_thumbnails(folder: Path, images: Split, wanted: Iterable[int], side: int, done: Callable[[], object]) -> None:
    """Write the thumbnails that are not there yet.

    Parameters
    ----------
    folder : Path
    images : Split
    wanted : iterable of int
        Places in `images`.
    side : int
        Shorter side in pixels.
    done : callable
        Called for each.

    Raises
    ------
    ReportError
        If an image cannot be read.
    """

    def write(index: int) -> None:
        path = folder / file_name(index)
        if not is_there(path):
            write_atomically(path, _thumbnail(images.path(index), side), flush=False)
        done()

    # Most of the time goes into decoding, which Pillow does beside other Python.
    with ThreadPoolExecutor() as threads:
        try:
            list(threads.map(write, wanted))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def is_there(path: Path) -> bool:
    """Whether a small file was written already; after a power cut it may be empty."""
    return path.is_file() and path.stat().st_size > 0


def _thumbnail(path: Path, side: int) -> bytes:
    try:
        return as_webp(Image.fromarray(read_image(path, shorter_side=side)))
    except DataError as error:
        raise unreadable(error) from error


def unreadable(error: DataError) -> ReportError:
    """What to say of an image that cannot be read, which its error names."""
    return ReportError(
        f"Every image of a comparison must still be readable for its thumbnail. Received one that is not: {error} "
        "Or make the page without thumbnails: `images=False` (`--without-images`)."
    )


def as_webp(image: Image.Image) -> bytes:
    """Encode a picture for the page."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY)
    return file.getvalue()
