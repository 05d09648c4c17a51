"""Distances of kernels by hand and by NumPy, and their laws."""

import numpy as np
import pytest
from registry import OF_KERNELS

from artlucid import metrics
from artlucid.errors import MetricError

every_measure = pytest.mark.parametrize("measure", OF_KERNELS.values(), ids=OF_KERNELS)
RELATIVE = pytest.mark.parametrize(
    "measure", [metrics.kernel_cosine, OF_KERNELS["relative kernel_distance"]], ids=["cosine", "relative"]
)


@pytest.fixture
def kernels():
    generator = np.random.default_rng(0)
    return generator.normal(size=(2, 3, 3, 4, 6)).astype(np.float32)


def test_by_hand():
    a, b = [[3.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 4.0]]
    assert metrics.kernel_distance(a, b) == 5
    assert metrics.kernel_distance(a, b, relative=True) == pytest.approx(5 / 3)
    assert metrics.kernel_distance(b, a, relative=True) == pytest.approx(5 / 4)
    assert metrics.kernel_cosine(a, b) == 0
    assert metrics.kernel_cosine([1.0, 1.0], [0.0, -2.0]) == pytest.approx(-np.sqrt(0.5))


def test_is_numpys_norm(kernels):
    a, b = kernels.astype(np.float64)
    assert metrics.kernel_distance(*kernels) == pytest.approx(np.linalg.norm(a - b), rel=1e-12)
    expected = (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b)
    assert metrics.kernel_cosine(*kernels) == pytest.approx(expected, rel=1e-12)


@every_measure
def test_order_of_entries_does_not_matter(measure, kernels):
    a, b = kernels
    order = np.random.default_rng(1).permutation(6)
    assert measure(a[..., order], b[..., order]) == pytest.approx(measure(a, b), rel=1e-12)
    if measure is not OF_KERNELS["relative kernel_distance"]:
        assert measure(b, a) == pytest.approx(measure(a, b), rel=1e-12)


@every_measure
def test_equal_kernels(measure, kernels):
    expected = 1 if measure is metrics.kernel_cosine else 0
    assert measure(kernels[0], kernels[0]) == pytest.approx(expected, abs=1e-15)


@every_measure
def test_scale(measure, kernels):
    a, b = kernels.astype(np.float64)
    factor = 1 if measure in (metrics.kernel_cosine, OF_KERNELS["relative kernel_distance"]) else 1e180
    assert measure(1e180 * a, 1e180 * b) == pytest.approx(factor * measure(a, b), rel=1e-12)


@every_measure
def test_inputs_stay_as_they_are_and_lists_do(measure, kernels):
    copy = kernels.copy()
    kernels.flags.writeable = False
    found = measure(*kernels)
    np.testing.assert_array_equal(kernels, copy)
    assert measure(kernels[0].tolist(), kernels[1].astype(np.float64)) == found


BAD = {
    "shapes": ([1.0, 2.0], [1.0], r"same shape. Received \(2,\) and \(1,\). Compare"),
    "nothing": ([], [], r"same shape. Received \(0,\) and \(0,\)"),
    "NaN": ([1.0, np.nan], [1.0, 2.0], "`kernel_a` must be finite. Received 1 values that are not. Look"),
    "infinity": ([1.0, 2.0], [np.inf, np.inf], "`kernel_b` must be finite. Received 2 values"),
    "words": (["a"], ["b"], "`kernel_a` must hold real numbers. Received <U1. Give"),
}


@every_measure
@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, measure):
    a, b, message = BAD[case]
    with pytest.raises(MetricError, match=message):
        measure(a, b)


@RELATIVE
def test_kernel_of_zeros(measure):
    with pytest.raises(
        MetricError, match=r"`kernel_a` must not be all zeros. Received a kernel of shape \(2,\).*Leave"
    ):
        measure([0.0, 0.0], [1.0, 2.0])


@pytest.mark.parametrize(
    ("a", "b", "relative"),
    [([1e308], [-1e308], False), ([1e308] * 9, [0.0] * 9, False), ([5e-324], [1e308], True)],
)
def test_distances_beyond_the_doubles_are_refused(a, b, relative, expect_refusal):
    with expect_refusal("range of doubles", "farther apart", "Divide", kind=MetricError):
        metrics.kernel_distance(a, b, relative=relative)


def test_mean_leaves_frozen_layers_out_and_names_them():
    a = {"conv2d0": [0.0], "conv2d1": [0.0], "conv2d2": [1.0]}
    b = {"conv2d2": [4.0], "conv2d1": [5.0], "conv2d0": [7.0]}
    found = metrics.mean_kernel_distance(a, b, frozen=("conv2d1",))
    assert found.mean == 5 == (7 + 3) / 2
    assert dict(found.distances) == {"conv2d0": 7, "conv2d1": 5, "conv2d2": 3}
    assert list(found.distances) == list(a)
    assert found.left_out == ("conv2d1",)
    assert metrics.mean_kernel_distance(a, b).mean == 5
    assert metrics.mean_kernel_distance(a, b).left_out == ()
    assert metrics.mean_kernel_distance(b, a, relative=True).mean == pytest.approx((1 + 1 + 3 / 4) / 3)
    with pytest.raises(TypeError):
        found.distances["conv2d0"] = 0


def test_paper_s_means_over_57_and_42_convolutions():
    # Fifteen frozen layers at distance 0: facts of the pair in Table 2 that has 6.52.
    a = {f"layer{number}": [0.0] for number in range(57)}
    b = {name: [0.0 if index < 15 else 6.52] for index, name in enumerate(a)}
    assert metrics.mean_kernel_distance(a, b, frozen=list(a)[:15]).mean == pytest.approx(6.52)
    assert metrics.mean_kernel_distance(a, b).mean == pytest.approx(4.80, abs=0.005)


@pytest.mark.parametrize(
    ("kernels_b", "frozen", "message"),
    [
        ({"a": [1.0]}, (), "same names. Received in one of them only: b. Compare"),
        ({"a": [1.0], "c": [1.0]}, (), "Received in one of them only: b, c"),
        ({"a": [1.0], "b": [1.0]}, ["c"], "`frozen` must hold names of `kernels_a`. Received c. Choose among a, b"),
        ({"a": [1.0], "b": [1.0]}, ["a", "b"], "must leave a convolution for the mean. Received all 2 of them."),
        ({"a": [1.0], "b": [1.0, 2.0]}, (), r"^b: `kernel_a` and `kernel_b` must have the same shape"),
    ],
)
def test_networks_that_do_not_fit(kernels_b, frozen, message):
    with pytest.raises(MetricError, match=message):
        metrics.mean_kernel_distance({"a": [0.0], "b": [0.0]}, kernels_b, frozen=frozen)


def test_one_frozen_name_is_not_a_string_of_letters():
    found = metrics.mean_kernel_distance({"a": [0.0], "ab": [0.0]}, {"a": [1.0], "ab": [3.0]}, frozen="ab")
    assert (found.mean, found.left_out) == (1, ("ab",))
