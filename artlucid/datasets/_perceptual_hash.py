"""What an image looks like in 256 bits, and all pairs of such hashes that differ in few of them."""

from pathlib import Path

import imagehash
import numpy as np
import numpy.typing as npt

from artlucid.datasets.images import TRANSPOSITIONS, decode, open_regular_file
from artlucid.errors import DataError

# `imagehash.phash` keeps one bit for each of so many frequencies in both directions, from four times as many pixels.
FREQUENCIES = 16
BITS = FREQUENCIES**2
PIXELS = 4 * FREQUENCIES

# Hashes of one block of comparisons, which so takes some tens of megabytes.
BLOCK = 2048

MOST_PAIRS = 1_000_000

Hashes = npt.NDArray[np.uint8]


def perceptual_hash(path: Path) -> Hashes:
    """Hash the look of an upright image: uint8 of shape (32,), eight bits a number.

    Raises an exception of any kind for what is no readable image.
    """
    with open_regular_file(path) as file:
        image, _, orientation = decode(file, least_side=PIXELS)
    if orientation in TRANSPOSITIONS:
        image = image.transpose(TRANSPOSITIONS[orientation])
    return np.packbits(imagehash.phash(image, hash_size=FREQUENCIES).hash)


def is_featureless(hashed: Hashes) -> bool:
    """Say whether a hash tells nothing, as that of a blank image or of a plain gradient.

    A bit says whether a frequency is above the median of all, so half of them are set, unless most frequencies are
    zero and so the median is.
    """
    return int(np.bitwise_count(hashed).sum()) < BITS // 4


def close_pairs(first: Hashes, second: Hashes, max_distance: int) -> npt.NDArray[np.int64]:
    """Find all pairs of hashes that differ in at most so many bits, exactly and in bounded memory.

    Parameters
    ----------
    first, second : uint8 arrays of shape (n_first, 32) and (n_second, 32)
    max_distance : int

    Returns
    -------
    int64 array of shape (n_pairs, 3)
        Rows of position in `first`, position in `second`, number of different bits; sorted.

    Raises
    ------
    DataError
        If there are more than a million pairs.
    """
    found = [np.zeros((0, 3), np.int64)]
    for start in range(0, len(first), BLOCK):
        for beside in range(0, len(second), BLOCK):
            close = _close_in_block(first[start : start + BLOCK], second[beside : beside + BLOCK], max_distance)
            found.append(close + np.array([start, beside, 0]))
            _check_few(sum(map(len, found)), max_distance)
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _close_in_block(first: Hashes, second: Hashes, max_distance: int) -> npt.NDArray[np.int64]:
    # Equal bits minus different ones: a matrix product is faster than XOR, and small integers are exact in float32.
    agreement = _signs(first) @ _signs(second).T
    rows, columns = np.nonzero(agreement >= BITS - 2 * max_distance)
    distances = (BITS - agreement[rows, columns].astype(np.int64)) // 2
    return np.stack([rows, columns, distances], axis=1)


def _signs(hashes: Hashes) -> npt.NDArray[np.float32]:
    return np.where(np.unpackbits(hashes, axis=1), np.float32(1), np.float32(-1))


def _check_few(n_pairs: int, max_distance: int) -> None:
    if n_pairs > MOST_PAIRS:
        raise DataError(
            f"`max_distance` must be so small that at most {MOST_PAIRS:,} pairs of images are that close. Received "
            f"{max_distance}, which more are. Give less, for example {BITS // 4}; `examine` finds identical files."
        )
