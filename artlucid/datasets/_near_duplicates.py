"""Images that look the same though their files differ: between the splits of a dataset, and between two datasets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, combinations_with_replacement

import numpy as np
import numpy.typing as npt

from artlucid.datasets._dataset import Dataset, Split
from artlucid.datasets._each_image import each_image
from artlucid.datasets._perceptual_hash import BITS, Hashes, close_pairs, is_featureless, perceptual_hash
from artlucid.datasets._wording import count_of, listed, printable
from artlucid.errors import DataError


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image of a dataset, by the dataset's specification, the split's name and the path in the split."""

    dataset: str
    split: str
    relative_path: str


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two images that look the same, and in how many of the 256 bits their hashes differ."""

    first: ImageFile
    second: ImageFile
    distance: int


@dataclass(frozen=True)
class NearDuplicates:
    """What a search for near-duplicates found.

    Parameters
    ----------
    pairs : tuple of NearDuplicate
        Split by split, in the order of the files.
    n_images : int
        How many files were looked at.
    n_unreadable : int
        Those left out because they are no readable image; `examine` names them.
    n_featureless : int
        Those left out because nothing is to be seen on them, such as a blank page.
    """

    pairs: tuple[NearDuplicate, ...]
    n_images: int
    n_unreadable: int
    n_featureless: int

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences for the user: on the pairs found, five of them named, and on the images left out."""
        return (*_pairs_notice(self.pairs), *_left_out_notice(self))


def near_duplicates(
    dataset: Dataset, *, max_distance: int = 64, within_splits: bool = False, progress: bool = False
) -> NearDuplicates:
    """Find images of a dataset that look the same and stand in different splits.

    Each image is reduced to a perceptual hash of 256 bits: `imagehash.phash` with 16 x 16 frequencies of the upright
    image in grey. Resizing, recompression and other colours of the same lightness change few of them, a crop by 3 %
    at each side about a quarter; of images that have nothing in common half of the bits differ. A mirrored copy is
    not found.

    Parameters
    ----------
    dataset : Dataset
        To search some of its splits only, leave out the others: `dataset.with_splits`.
    max_distance : int
        Largest number of different bits, in 0 … 256. The default, a quarter, gave no wrong pair among the 8.6
        million pairs of 4,143 real paintings, prints and icons; most pairs at 66 … 80 were wrong ones, such as two
        icons in equal frames.
    within_splits : bool
        Report also pairs that stand in the same split.
    progress : bool
        Draw a bar on standard error where that is a terminal.

    Returns
    -------
    NearDuplicates

    Raises
    ------
    DataError
        If `max_distance` is out of range, or so large that more than a million pairs are that close.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid.datasets import synthetic
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     near_duplicates(drawn)
    NearDuplicates(pairs=(), n_images=24, n_unreadable=0, n_featureless=0)
    """
    _check_distance(max_distance)
    hashed = _hashed(dataset, progress)
    parts = [hashed.of_split(name) for name in dataset.splits]
    pairs = []
    for first, second in combinations_with_replacement(parts, 2) if within_splits else combinations(parts, 2):
        close = close_pairs(first.hashes, second.hashes, max_distance)
        pairs += _pairs(first, second, close[close[:, 0] < close[:, 1]] if first is second else close)
    return _result(pairs, [hashed])


def near_duplicates_between(
    first: Dataset, second: Dataset, *, max_distance: int = 64, progress: bool = False
) -> NearDuplicates:
    """Find images of one dataset that look the same as images of another.

    Where a network was trained on the first dataset and is tested on the second, these flatter its scores.

    Parameters
    ----------
    first, second : Dataset
        Each image of all splits of one is compared with each of the other. To compare some splits only, leave out
        the others: `first.with_splits({"train": first.train})`.
    max_distance : int
        As for `near_duplicates`.
    progress : bool
        Draw bars on standard error where that is a terminal.

    Returns
    -------
    NearDuplicates
        In each pair the image of `first` comes first.

    Raises
    ------
    DataError
        As for `near_duplicates`.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid.datasets import synthetic
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     one = synthetic(folder=f"{parent}/one", images_per_class=(2, 1, 1), size=32)
    ...     other = synthetic(folder=f"{parent}/other", images_per_class=(1, 1, 1), size=32)
    ...     found = near_duplicates_between(one, other.with_splits({"test": other.test}))
    >>> len(found.pairs), found.pairs[0].first.relative_path, found.pairs[0].distance
    (6, 'test/blocks/0.png', 0)
    """
    _check_distance(max_distance)
    one, other = _hashed(first, progress), _hashed(second, progress)
    return _result(_pairs(one, other, close_pairs(one.hashes, other.hashes, max_distance)), [one, other])


@dataclass(frozen=True, eq=False)
class _Hashed:
    files: tuple[ImageFile, ...]
    hashes: Hashes
    n_unreadable: int
    n_featureless: int

    def of_split(self, name: str) -> "_Hashed":
        positions = [number for number, file in enumerate(self.files) if file.split == name]
        return replace(self, files=tuple(self.files[number] for number in positions), hashes=self.hashes[positions])


def _check_distance(max_distance: int) -> None:
    if not isinstance(max_distance, int | np.integer) or not 0 <= max_distance <= BITS:
        raise DataError(
            f"`max_distance` must be an integer in 0 … {BITS}, a number of bits. Received {max_distance!r}. "
            f"Give {BITS // 4}, for example; 0 finds only images of the same hash."
        )


def _hashed(dataset: Dataset, progress: bool) -> _Hashed:
    splits = list(dataset.splits.values())
    files = [ImageFile(dataset.specification, split.name, path) for split in splits for path in split.relative_paths]
    found = each_image(_hash_or_none, splits, description="Comparing images", progress=progress)
    readable = [(file, bits) for file, bits in zip(files, found, strict=True) if bits is not None]
    kept = [(file, bits) for file, bits in readable if not is_featureless(bits)]
    hashes = np.array([bits for _, bits in kept], np.uint8).reshape(len(kept), BITS // 8)
    return _Hashed(tuple(file for file, _ in kept), hashes, len(files) - len(readable), len(readable) - len(kept))


def _hash_or_none(split: Split, index: int) -> Hashes | None:
    try:
        return perceptual_hash(split.path(index))
    except Exception:
        # Of any kind, from Pillow too; `examine` says which.
        return None


def _pairs(first: _Hashed, second: _Hashed, close: npt.NDArray[np.int64]) -> list[NearDuplicate]:
    return [NearDuplicate(first.files[row], second.files[column], bits) for row, column, bits in close.tolist()]


def _result(pairs: Sequence[NearDuplicate], searched: Sequence[_Hashed]) -> NearDuplicates:
    n_unreadable = sum(part.n_unreadable for part in searched)
    n_featureless = sum(part.n_featureless for part in searched)
    n_images = sum(len(part.files) for part in searched) + n_unreadable + n_featureless
    return NearDuplicates(tuple(pairs), n_images, n_unreadable, n_featureless)


def _pairs_notice(pairs: Sequence[NearDuplicate]) -> list[str]:
    if not pairs:
        return []
    several = len({file.dataset for pair in pairs for file in (pair.first, pair.second)}) > 1
    named = [f"{_named(pair.first, several)} = {_named(pair.second, several)}" for pair in pairs]
    return [
        f"{count_of(len(pairs), 'pair')} of images {'looks' if len(pairs) == 1 else 'look'} the same, which flatters "
        f"the scores where one is for training and the other for testing: {listed(named, '; ')}"
    ]


def _named(file: ImageFile, with_dataset: bool) -> str:
    return f"{printable(file.relative_path)} ({file.split}{f' of {file.dataset}' if with_dataset else ''})"


def _left_out_notice(found: NearDuplicates) -> list[str]:
    reasons = [
        *([count_of(found.n_unreadable, "unreadable file")] if found.n_unreadable else []),
        *([count_of(found.n_featureless, "blank image")] if found.n_featureless else []),
    ]
    if not reasons:
        return []
    return [f"Of {count_of(found.n_images, 'image')}, {' and '.join(reasons)} could not be compared with others."]
