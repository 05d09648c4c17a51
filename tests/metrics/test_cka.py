"""CKA against its definitions, written out, and against SciPy and scikit-learn."""

import itertools

import h5py
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics.pairwise

from artlucid import metrics
from artlucid.errors import MetricError
from artlucid.metrics import _features

SHAPES = [(60, 4, 7), (7, 20, 3), (9, 5, 4), (8, 5, 4)]


def drawn(n_images, channels_a, channels_b, seed=0):
    generator = np.random.default_rng(seed)
    a = generator.normal(size=(n_images, channels_a)) + 3
    return a, a @ generator.normal(size=(channels_a, channels_b)) + 2 * generator.normal(size=(n_images, channels_b))


def biased(gram_a, gram_b):
    """Each entry less its row's and its column's mean: the definition, over all pairs."""
    n = len(gram_a)
    centring = np.eye(n) - 1 / n
    return sum((centring @ gram_a @ centring * gram_b).ravel())


def unbiased(gram_a, gram_b):
    """The mean over all four different images: a definition without matrices."""
    terms = [
        gram_a[i, j] * (gram_b[i, j] + gram_b[q, r] - 2 * gram_b[i, q])
        for i, j, q, r in itertools.permutations(range(len(gram_a)), 4)
    ]
    return np.mean(terms)


def cka(criterion, gram_a, gram_b):
    return criterion(gram_a, gram_b) / np.sqrt(criterion(gram_a, gram_a) * criterion(gram_b, gram_b))


@pytest.mark.parametrize("shape", SHAPES)
def test_is_the_criterion_over_pairs_of_images(shape):
    a, b = drawn(*shape)
    assert metrics.linear_cka(a, b) == pytest.approx(cka(biased, a @ a.T, b @ b.T), rel=1e-10)


@pytest.mark.parametrize("shape", SHAPES[1:])
def test_debiased_is_the_mean_over_four_different_images(shape):
    a, b = drawn(*shape)
    expected = cka(unbiased, a @ a.T, b @ b.T)
    assert metrics.linear_cka(a, b, debiased=True) == pytest.approx(expected, rel=1e-10)
    assert metrics.minibatch_cka(a, b, batch_size=len(a)) == pytest.approx(expected, rel=1e-10)


def test_of_single_channels_is_the_squared_correlation():
    a, b = drawn(40, 1, 1)
    expected = scipy.stats.pearsonr(a[:, 0], b[:, 0]).statistic ** 2
    assert metrics.linear_cka(a, b) == pytest.approx(expected, rel=1e-12)


def test_by_hand():
    # Centred: (-1, 0, 1) and ((0, -1), (0, 2), (0, -1)) have no product; with (1, 0, -1) beside it the first has 2 of 2
    # and the second 2 and 6, so that 4 / (2 sqrt(4 + 36)).
    a, b = [[0.0], [1.0], [2.0]], [[5.0], [8.0], [5.0]]
    assert metrics.linear_cka(a, b) == pytest.approx(0, abs=1e-15)
    assert metrics.linear_cka(a, np.hstack([[[2.0], [1.0], [0.0]], b])) == pytest.approx(4 / (2 * np.sqrt(40)))


def test_bias_rises_with_channels_and_is_gone_when_debiased():
    generator = np.random.default_rng(1)
    plain, debiased = ([], [])
    for _ in range(60):
        a, b = generator.normal(size=(2, 30, 15))
        plain.append(metrics.linear_cka(a, b))
        debiased.append(metrics.linear_cka(a, b, debiased=True))
    # Of centred Gram matrices of p independent channels, to first order, the plain value is p / (n + p).
    assert np.mean(plain) == pytest.approx(15 / 45, abs=0.01)
    assert abs(np.mean(debiased)) < 3 * np.std(debiased) / np.sqrt(60) < 0.02


@pytest.mark.parametrize("offset", [1e3, 1e7])
def test_common_offset_costs_no_digits(offset):
    generator = np.random.default_rng(0)
    # Multiples of 1/64 are exact at either offset.
    a, b = (np.round(64 * array) / 64 for array in drawn(500, 6, 5))
    for debiased in (False, True):
        expected = metrics.linear_cka(a, b, debiased=debiased)
        assert metrics.linear_cka(a + offset, b - offset, debiased=debiased) == pytest.approx(expected, rel=1e-9)
    constant = np.full((500, 1), 0.1 * offset)
    widened = np.hstack([1e-6 * a, constant])[:, generator.permutation(7)]
    assert metrics.linear_cka(widened, b) == pytest.approx(metrics.linear_cka(a, b), rel=1e-12)


@pytest.mark.parametrize("n_images", [2, 6, 500])
def test_offset_that_leaves_no_digits_behind_the_point(n_images):
    # At 2 ** 52 the neighbours of a double are 1 apart, and no mean of several has a place among them.
    a, b = (np.round(9 * array) for array in drawn(n_images, 1, 1))
    for debiased in (False, True)[: 1 + (n_images >= 4)]:
        expected = metrics.linear_cka(a, b, debiased=debiased)
        assert metrics.linear_cka(a + 2.0**52, b, debiased=debiased) == pytest.approx(expected, rel=1e-10)


class Sliced:
    """Rows on request, which are counted."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.sizes = array, array.shape, array.dtype, []

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        self.sizes.append(len(self.array[rows]))
        return self.array[rows]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(_features, "BLOCK_BYTES", 8 * 7 * 9)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("debiased", [False, True])
def test_blocks_of_rows_do_as_well(debiased):
    a, b = drawn(100, 4, 7)
    whole = cka(biased, a @ a.T, b @ b.T)
    sliced = Sliced(a), Sliced(b)
    found = metrics.linear_cka(*sliced, debiased=debiased)
    if not debiased:
        assert found == pytest.approx(whole, rel=1e-12)
    for array in sliced:
        # Twice all rows, and the first once more; never more of them at once than a block holds.
        assert sum(array.sizes) == 201
        assert max(array.sizes) <= 8 * 7 * 9 // (8 * array.shape[1])
    assert metrics.linear_cka(b[:, :3], a, debiased=debiased) == pytest.approx(
        metrics.linear_cka(a, b[:, :3], debiased=debiased), rel=1e-12
    )


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("n_images", [5, 100])
def test_files_do_as_well(n_images, tmp_path):
    a, b = (array.astype(np.float32) for array in drawn(n_images, 4, 7))
    np.save(tmp_path / "b.npy", b)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["mixed4d"] = a
        mapped = np.load(tmp_path / "b.npy", mmap_mode="r")
        for debiased in (False, True):
            expected = metrics.linear_cka(a, b, debiased=debiased)
            assert metrics.linear_cka(file["mixed4d"], mapped, debiased=debiased) == expected


@pytest.mark.usefixtures("small_blocks")
def test_place_of_a_bad_value_counts_from_the_first_row():
    a, b = drawn(100, 4, 7)
    a[83, 2] = np.nan
    with pytest.raises(MetricError, match="Received nan for image 83, channel 2"):
        metrics.linear_cka(a, b)


def test_single_precision_is_computed_in_double():
    a, b = (array.astype(np.float32) for array in drawn(3000, 4, 7))
    exact = cka(biased_of_features, a.astype(np.longdouble), b.astype(np.longdouble))
    assert metrics.linear_cka(a, b) == pytest.approx(float(exact), rel=1e-13)


def biased_of_features(a, b):
    return (((a - a.mean(axis=0)).T @ (b - b.mean(axis=0))) ** 2).sum()


def test_minibatches_are_averaged_before_the_division():
    a, b = drawn(13, 4, 7)
    parts = [slice(0, 7), slice(7, 13)]
    grams = [(a[part] @ a[part].T, b[part] @ b[part].T) for part in parts]
    both, of_a, of_b = (sum(unbiased(pair[i], pair[j]) for pair in grams) for i, j in ((0, 1), (0, 0), (1, 1)))
    # 13 images in batches of 6 or more: 7 and 6.
    found = metrics.minibatch_cka(a, b, batch_size=6, seed=None)
    assert found == pytest.approx(both / np.sqrt(of_a * of_b), rel=1e-10)
    shuffled = np.arange(13)
    np.random.default_rng(5).shuffle(shuffled)
    expected = metrics.minibatch_cka(a[shuffled], b[shuffled], batch_size=6, seed=None)
    assert metrics.minibatch_cka(a, b, batch_size=6, seed=5) == pytest.approx(expected, rel=1e-10)
    assert metrics.minibatch_cka(a, b, batch_size=6, seed=6) != pytest.approx(expected, rel=1e-3)


def test_batches_of_one_class_see_less():
    generator = np.random.default_rng(0)
    classes = np.repeat(np.arange(10), 30)[:, None]
    a, b = (9 * classes + generator.normal(size=(300, 4)) for _ in range(2))
    assert (
        metrics.minibatch_cka(a, b, batch_size=30) > 0.95 > 0.2 > metrics.minibatch_cka(a, b, batch_size=30, seed=None)
    )


def test_batch_without_variation_adds_nothing():
    a, b = drawn(16, 3, 3)
    a[:8] = 0
    expected = metrics.linear_cka(a[8:], b[8:], debiased=True)
    half = metrics.minibatch_cka(a, b, batch_size=8, seed=None)
    assert 0 < half < expected


@pytest.mark.parametrize("batch_size", [3, 0, 17, 4.5, True, None])
def test_batch_sizes_out_of_range(batch_size):
    with pytest.raises(
        MetricError,
        match=rf"`batch_size` must be an integer of at least 4 .* Received {batch_size} for 16 images. Give",
    ):
        metrics.minibatch_cka(*drawn(16, 3, 3), batch_size=batch_size)


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_seeds_of_batches_out_of_range(seed):
    with pytest.raises(MetricError, match=rf"`seed` must be an integer .* or None. Received {seed}. Give"):
        metrics.minibatch_cka(*drawn(16, 3, 3), batch_size=4, seed=seed)


@pytest.mark.parametrize("bandwidth", [0.2, 0.8, 3])
@pytest.mark.parametrize("criterion", [biased, unbiased])
def test_rbf_is_that_of_scikit_learns_kernels(criterion, bandwidth):
    features = drawn(9, 4, 7)
    grams = []
    for array in features:
        distances = sklearn.metrics.pairwise.euclidean_distances(array)[np.triu_indices(9, 1)]
        gamma = 1 / (2 * (bandwidth * np.median(distances)) ** 2)
        grams.append(sklearn.metrics.pairwise.rbf_kernel(array, gamma=gamma))
    found = metrics.rbf_cka(*features, bandwidth=bandwidth, debiased=criterion is unbiased)
    assert found == pytest.approx(cka(criterion, *grams), rel=1e-9)


def test_rbf_of_a_large_bandwidth_is_linear():
    a, b = drawn(50, 4, 7)
    for debiased in (False, True):
        linear = metrics.linear_cka(a, b, debiased=debiased)
        # The next term of the exponential falls with the square of the bandwidth; no digits are lost on the way.
        for bandwidth, error in ((1e3, 1e-5), (1e5, 1e-9), (1e6, 1e-10)):
            found = metrics.rbf_cka(a, b, bandwidth=bandwidth, debiased=debiased)
            assert found == pytest.approx(linear, rel=error)
    assert metrics.rbf_cka(a, b) != pytest.approx(metrics.linear_cka(a, b), rel=1e-3)


@pytest.mark.parametrize("bandwidth", [0, -1, np.nan, np.inf, 1e-7, 1e7, True, None])
def test_bandwidths_out_of_range(bandwidth):
    with pytest.raises(MetricError, match=r"`bandwidth` must be in 1e-06 … 1e\+06. Received .* Give"):
        metrics.rbf_cka(*drawn(9, 3, 3), bandwidth=bandwidth)


def test_rbf_of_images_most_of_which_are_equal():
    a, b = drawn(20, 3, 3)
    a[:16] = 0.1
    with pytest.raises(
        metrics.ConstantFeaturesError, match=r"`features_a` must vary over most of the images. Received a"
    ):
        metrics.rbf_cka(a, b)
    assert 0 < metrics.linear_cka(a, b) < 1
    # What lies between equal rows may be rounding; no similarity comes of it.
    a[:16] += 3e-7 * np.random.default_rng(0).random((16, 3))
    with pytest.raises(metrics.ConstantFeaturesError, match="`features_a` must vary over most"):
        metrics.rbf_cka(a, b)


def test_rbf_without_neighbours_is_undefined_when_debiased():
    a, b = drawn(20, 3, 3)
    with pytest.raises(metrics.ConstantFeaturesError, match="for debiased CKA"):
        metrics.rbf_cka(a, b, bandwidth=1e-3, debiased=True)
    # An image is like itself alone, in both networks.
    assert metrics.rbf_cka(a, b, bandwidth=1e-6) == pytest.approx(1)


def test_images_equally_far_apart_are_undefined_when_debiased():
    with pytest.raises(metrics.ConstantFeaturesError, match=r"for debiased CKA. Received .* equally far apart. Leave"):
        metrics.linear_cka(drawn(20, 3, 3)[0], 5 * np.eye(20), debiased=True)
