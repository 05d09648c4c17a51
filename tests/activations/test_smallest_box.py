"""The smallest box against a search through all of them."""

import itertools

import numpy as np
import pytest

from artlucid.activations._smallest_box import smallest_box
from artlucid.errors import ActivationsError


def every_box(energy, share):
    """Cells, what it holds and corners of each box that holds the share."""
    height, width = energy.shape
    for top, bottom in itertools.combinations(range(height + 1), 2):
        for left, right in itertools.combinations(range(width + 1), 2):
            held = energy[top:bottom, left:right].sum()
            if held >= share * energy.sum():
                yield (bottom - top) * (right - left), held, (left, top, right, bottom)


# Whole numbers and shares that binary fractions hold, so that both searches compare the same sums.
@pytest.mark.parametrize("share", [0.25, 0.5, 0.875, 1.0])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (7, 1), (5, 8), (9, 6)])
@pytest.mark.parametrize("seed", range(4))
def test_none_is_smaller(height, width, share, seed):
    generator = np.random.default_rng([height, width, seed])
    # Few bright cells, as gradients have them.
    energy = generator.integers(0, 100, (height, width)) ** (1 + seed)
    energy[generator.random((height, width)) < 0.4] = 0
    energy[generator.integers(height), generator.integers(width)] += 1
    found = smallest_box(energy, share)
    boxes = list(every_box(energy, share))
    least = min(cells for cells, _, _ in boxes)
    most = max(held for cells, held, _ in boxes if cells == least)
    assert found in [corners for cells, held, corners in boxes if (cells, held) == (least, most)]


def test_of_equal_boxes_the_lower_then_the_first():
    assert smallest_box([[1, 0, 1], [0, 0, 0], [1, 0, 1]], 0.5) == (0, 0, 3, 1)
    assert smallest_box([[0, 1, 0, 1]], 0.5) == (1, 0, 2, 1)


def test_follows_what_is_moved_and_turned():
    energy = np.zeros((12, 20))
    energy[3:5, 7:13] = np.random.default_rng(0).random((2, 6)) + 1
    left, top, right, bottom = smallest_box(energy, 1)
    assert (left, top, right, bottom) == (7, 3, 13, 5)
    assert smallest_box(np.roll(energy, (4, -5), (0, 1)), 1) == (left - 5, top + 4, right - 5, bottom + 4)
    assert smallest_box(energy.T, 1) == (top, left, bottom, right)
    assert smallest_box(energy * 1e-30, 1) == (left, top, right, bottom)


def test_nothing_anywhere():
    assert smallest_box(np.zeros((4, 5))) is None


@pytest.mark.parametrize("share", [0, -1, 1.5, np.nan])
def test_bad_share(share, expect_refusal):
    with expect_refusal("`share`", repr(share), "0.9", kind=ActivationsError):
        smallest_box(np.ones((2, 2)), share)


@pytest.mark.parametrize("energy", [np.ones(3), np.ones((0, 3)), [[np.nan, 1.0]], [[-1.0, 2.0]]])
def test_bad_energy(energy, expect_refusal):
    with expect_refusal("`energy`", "shape", "colours", kind=ActivationsError):
        smallest_box(energy)
