"""The cache of decoded images: after the first epoch, an epoch costs no decoding."""

from __future__ import annotations

import os
import threading
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from artlucid.datasets.images import explain
from artlucid.errors import DataError, DataWarning, OutputError
from artlucid.files import cache_folder
from artlucid.inputs import _entries
from artlucid.inputs._room import Room
from artlucid.inputs._views import Images, View


class ImageCache:
    """Decoded images in a folder, one file an image, for any number of processes at once.

    An entry belongs to a file (absolute path, size, times of change), a `View` and a version of the decoder, so that
    what comes from the cache has the bits of what would be decoded now. Whatever goes wrong costs time only: a
    damaged entry is made anew; where nothing can be added any more, images are decoded again each time. A
    `DataWarning` says each of these once.

    Parameters
    ----------
    folder : path
        Made if need be.
    limit : int, optional
        Bytes of all entries together. By default a quarter of the disk's free space, at most 32 GB. When it is
        reached, entries that nobody used for a day make room, the longest unused first; beyond that nothing is added:
        an epoch over more images than fit reads those that do, where removing the oldest would find none.

    Raises
    ------
    DataError
        If `limit` is not a positive integer.
    OutputError
        If the folder does not exist and cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("L", (40, 20), 7).save(Path(folder, "grey.png"))
    ...     cache = ImageCache(Path(folder, "decoded"))
    ...     cache.add(Path(folder, "grey.png"), View(10)).shape
    ...     cache.find(Path(folder, "grey.png"), View(10)).shape
    (10, 10, 3)
    (10, 10, 3)
    """

    def __init__(self, folder: str | os.PathLike[str], *, limit: int | None = None) -> None:
        self.folder = Path(os.path.abspath(Path(folder).expanduser()))
        self.notices: list[str] = []
        self._room = Room(self.folder, _checked_limit(limit))
        self._adding = True
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                "`cache` must be a folder, or a place where one can be made. Received "
                f"{self.folder}: {explain(error)}. Choose another with `--cache`, or do without with `--no-cache`."
            ) from error

    def find(self, path: Path, view: View) -> Images | None:
        """Give an image from the cache: uint8 of shape (height, width, 3), read-only; None if it is not there."""
        key = _entries.key_of(path, view)
        if key is None:
            return None
        place = _entries.place_of(self.folder, key)
        try:
            image = _entries.read(place, key, view)
        except (OSError, ValueError) as error:
            reason = explain(error)
            self._notice("damaged", f"{place} in the cache of decoded images is damaged ({reason}): it is decoded anew")
            return None
        if image is not None:
            self._count("found")
        return image

    def add(self, path: Path, view: View) -> Images:
        """Decode an image and keep it, if there is room; the errors are those of `read_image`."""
        # Before decoding: if the file is replaced meanwhile, the entry is under a key that never comes again.
        key = _entries.key_of(path, view)
        image = view.read(path)
        if key is not None and self._adding:
            self._keep(key, image)
        return image

    def to_json(self) -> dict[str, Any]:
        """What a run records: place, limit, how many images were found and added, what was said about it."""
        counts = {name: self._counts[name] for name in ("found", "added")}
        return {"folder": str(self.folder), "limit": self._room.limit, **counts, "notices": list(self.notices)}

    def _keep(self, key: bytes, image: Images) -> None:
        try:
            with self._room.taken(_entries.n_bytes(image)) as fits:
                if fits:
                    _entries.write(_entries.place_of(self.folder, key), key, image)
                    self._count("added")
                else:
                    self._stop(f"its limit of {self._room.limit} bytes is reached")
        except OSError as error:
            self._stop(explain(error))

    def _stop(self, reason: str) -> None:
        self._adding = False
        self._notice(
            "stopped",
            f"nothing more is added to the cache of decoded images in {self.folder} ({reason}): further images are "
            "decoded in every epoch; another place is chosen with `--cache`, more room given with `--cache-limit`",
        )

    def _notice(self, kind: str, text: str) -> None:
        if self._count(kind) == 1:
            self.notices.append(text)
            warnings.warn(text, DataWarning, stacklevel=2)

    def _count(self, what: str) -> int:
        with self._lock:
            self._counts[what] += 1
            return self._counts[what]


def open_cache(cache: bool | str | os.PathLike[str] = True, *, limit: int | None = None) -> ImageCache | None:
    """Open the cache that an option asks for.

    Parameters
    ----------
    cache : bool or path
        True for ``decoded`` in artlucid's own cache folder, which ``$ARTLUCID_CACHE`` names; False for none; or a
        folder.
    limit : int, optional
        As `ImageCache` takes it.

    Returns
    -------
    ImageCache or None
        None without a cache; also, with a `DataWarning`, where artlucid's own folder cannot be made.

    Raises
    ------
    DataError
        If `cache` is nothing of these, or `limit` not a positive integer.
    OutputError
        If a folder was given that cannot be made.
    """
    _checked_limit(limit)
    if not isinstance(cache, bool | str | os.PathLike) or cache == "":
        raise DataError(
            f"`cache` must be True, False or a folder. Received {cache!r}. Give True for artlucid's own cache folder."
        )
    if cache is False:
        return None
    if cache is not True:
        return ImageCache(cache, limit=limit)
    try:
        return ImageCache(cache_folder() / "decoded", limit=limit)
    except OutputError as error:
        warnings.warn(f"images are decoded in every epoch: {error}", DataWarning, stacklevel=2)
        return None


def _checked_limit(limit: int | None) -> int | None:
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
        raise DataError(
            f"`limit` of a cache must be a positive integer of bytes. Received {limit!r}. Give 20_000_000_000, for "
            "example, or do without a cache by `cache=False` or `--no-cache`."
        )
    return limit
