"""Top images against a sort of each channel, for scores with and without ties, in blocks and at once."""

import h5py
import numpy as np
import pytest

from artlucid import metrics
from artlucid.errors import MetricError
from artlucid.metrics import _top_images

N_IMAGES = 70
SCORES = {
    "no ties": lambda generator: generator.normal(size=(N_IMAGES, 9)),
    "ties": lambda generator: np.round(generator.normal(size=(N_IMAGES, 9)), 1),
    "many ties": lambda generator: generator.integers(-1, 3, size=(N_IMAGES, 9)),
    "few positive": lambda generator: np.maximum(generator.normal(size=(N_IMAGES, 9)) - 1.5, 0),
    "all equal": lambda generator: np.ones((N_IMAGES, 9), np.float32),
    "falling": lambda generator: -np.sort(-np.round(generator.random((N_IMAGES, 9)), 1), axis=0),
    "rising": lambda generator: np.sort(np.round(generator.random((N_IMAGES, 9)), 1), axis=0),
    "differences beyond single precision": lambda generator: 1 + 1e-12 * generator.random((N_IMAGES, 9)),
    "single precision": lambda generator: np.round(generator.random((N_IMAGES, 9)), 2).astype(np.float32),
    "half precision": lambda generator: generator.random((N_IMAGES, 9)).astype(np.float16),
    "dead": lambda generator: np.zeros((N_IMAGES, 9)),
}


@pytest.fixture(params=SCORES.values(), ids=SCORES)
def scores(request):
    return request.param(np.random.default_rng(3))


@pytest.fixture(params=[None, 1, 7, 11], ids=["at once", "rows", "blocks of 7", "blocks of 11"])
def blocks(request, monkeypatch):
    """Blocks of so many rows, at most, and of four channels."""
    if request.param:
        monkeypatch.setattr(_top_images, "READ_BYTES", request.param * 9 * 4)
        monkeypatch.setattr(_top_images, "CHANNELS", 4)


def sorted_by_python(column, k):
    """Images by falling score, then by number; the positive ones; those like the last one that are left out."""
    images = sorted((image for image in range(len(column)) if column[image] > 0), key=lambda i: (-column[i], i))
    ties = sum(column[image] == column[images[k - 1]] for image in images[k:]) if len(images) >= k else 0
    return (images[:k] + [-1] * k)[:k], len(images), ties


@pytest.mark.usefixtures("blocks")
def test_is_a_sort_of_each_channel(scores):
    for k in (1, 2, 10, 69, 70):
        check_sorted(scores, k)


def check_sorted(scores, k):
    found = metrics.top_images(scores, k)
    expected = [sorted_by_python(column, k) for column in scores.T.tolist()]
    assert found.indices.tolist() == [images for images, _, _ in expected]
    assert found.n_positive.tolist() == [positive for _, positive, _ in expected]
    assert found.ties.tolist() == [ties for _, _, ties in expected]
    assert (found.k, found.n_images) == (k, N_IMAGES)
    for channel, images in enumerate(found.indices):
        kept = images >= 0
        np.testing.assert_array_equal(found.scores[channel, kept], scores[images[kept], channel])
        assert not found.scores[channel, ~kept].any()


@pytest.mark.usefixtures("blocks")
def test_first_of_more_is_another_pass(scores):
    more = metrics.top_images(scores, 30)
    for k in (1, 2, 10, 29, 30):
        found, expected = more.first(k), metrics.top_images(scores, k)
        for name in ("indices", "scores", "n_positive", "ties", "n_images"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_by_hand():
    scores = [[2, 0, 0], [5, 1, 0], [2, 0, 0], [2, 3, -4]]
    found = metrics.top_images(scores, k=2)
    assert found.indices.tolist() == [[1, 0], [3, 1], [-1, -1]]
    assert found.n_positive.tolist() == [4, 2, 0]
    assert found.ties.tolist() == [2, 0, 0]


def test_order_of_images_decides_ties_alone():
    scores = np.random.default_rng(0).random((60, 5))
    order = np.random.default_rng(1).permutation(60)
    found, expected = metrics.top_images(scores[order], 20), metrics.top_images(scores, 20)
    np.testing.assert_array_equal(order[found.indices], expected.indices)
    assert not found.ties.any()


def test_inputs_stay_as_they_are_and_files_and_lists_do(scores, tmp_path):
    copy = scores.copy()
    scores.flags.writeable = False
    expected = metrics.top_images(scores, 10).indices
    np.testing.assert_array_equal(scores, copy)
    np.testing.assert_array_equal(metrics.top_images(scores.tolist(), 10).indices, expected)
    with h5py.File(tmp_path / "cache.h5", "w") as file:
        file["mixed4d"] = scores
        np.testing.assert_array_equal(metrics.top_images(file["mixed4d"], 10).indices, expected)


class Sliced:
    def __init__(self, array):
        self.array, self.shape, self.dtype, self.slices = array, array.shape, array.dtype, []

    def __getitem__(self, rows):
        self.slices.append(range(*rows.indices(len(self.array))))
        return self.array[rows]


def test_every_row_is_read_once_in_blocks(monkeypatch):
    monkeypatch.setattr(_top_images, "READ_BYTES", 8 * 9 * 8)
    scores = Sliced(np.random.default_rng(0).random((70, 9)))
    metrics.top_images(scores, 10)
    assert [row for rows in scores.slices for row in rows] == list(range(70))
    assert max(map(len, scores.slices)) == 8


@pytest.mark.parametrize("k", [0, -1, 5, 2.0, True])
def test_k_out_of_range(k):
    with pytest.raises(MetricError, match=f"`k` must be an integer .* Received {k} for 4 images. Of fewer images"):
        metrics.top_images(np.ones((4, 3)), k)


@pytest.mark.parametrize("k", [0, 3, 1.5, True, None])
def test_first_out_of_range(k):
    with pytest.raises(
        MetricError, match=f"`k` must be an integer of at least 1 and at most .* Received {k} for 2. Call"
    ):
        metrics.top_images(np.ones((4, 3)), 2).first(k)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_located(value):
    scores = np.ones((4, 3))
    scores[2, 1] = value
    with pytest.raises(MetricError, match=f"`mixed4d` must be finite. Received {value} for image 2, channel 1"):
        metrics.top_images(scores, 2, name="mixed4d")


def test_maps_are_refused():
    with pytest.raises(MetricError, match=r"`scores` must have shape .* Received shape \(4, 7, 7, 3\). Average"):
        metrics.top_images(np.ones((4, 7, 7, 3)), 2)
