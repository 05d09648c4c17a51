"""Overlap and class entropy by hand, by sets, by SciPy, and over all samples of a few images."""

import itertools

import numpy as np
import pytest
import scipy.stats
from registry import OF_TOPS_AND_LABELS, OF_TWO_TOPS

from artlucid import metrics
from artlucid.errors import MetricError

every_overlap = pytest.mark.parametrize("overlap", OF_TWO_TOPS.values(), ids=OF_TWO_TOPS)
every_entropy = pytest.mark.parametrize("entropy", OF_TOPS_AND_LABELS.values(), ids=OF_TOPS_AND_LABELS)


@pytest.fixture
def scores():
    """Of two networks alike, the last two channels with few positive images and with none."""
    generator = np.random.default_rng(2)
    a = generator.random((50, 8))
    b = a + 0.5 * generator.random((50, 8))
    a[4:, 6] = 0
    a[:, 7] = b[:, 7] = 0
    return a, b


@pytest.fixture
def tops(scores):
    return [metrics.top_images(array, 10) for array in scores]


@pytest.fixture(params=["one label", "several labels"])
def labels(request):
    generator = np.random.default_rng(7)
    if request.param == "one label":
        return generator.integers(-1, 4, 50)
    return (generator.random((50, 4)) < 0.3).astype(np.uint8)


def test_overlap_is_that_of_sets(tops):
    sets = [[set(row[row >= 0].tolist()) for row in top.indices] for top in tops]
    expected = [len(a & b) / 10 for a, b in zip(*sets, strict=True)]
    assert metrics.overlap_ratio(*tops).tolist() == expected
    assert 0 < min(expected[:6]) < max(expected[:6]) < 1


def test_overlap_of_a_network_with_itself(tops):
    kept = [1, 1, 1, 1, 1, 1, 0.4, 0]
    assert metrics.overlap_ratio(tops[0], tops[0]).tolist() == kept
    corrected = metrics.corrected_overlap_ratio(tops[0], tops[0])
    assert corrected[:7].tolist() == pytest.approx([1] * 7)
    assert np.isnan(corrected[7])


@pytest.mark.parametrize(("kept_a", "kept_b"), [(3, 3), (3, 1), (2, 3), (2, 1)])
def test_chance_is_the_mean_over_all_sets_of_images(kept_a, kept_b):
    top_a = [[*range(kept_a), -1, -1, -1][:3]]
    every = np.array([[*images, -1, -1, -1][:3] for images in itertools.combinations(range(7), kept_b)])
    repeated = np.repeat(top_a, len(every), axis=0)
    expected = metrics.expected_overlap_ratio(top_a, every[:1], n_images=7)[0]
    assert expected == pytest.approx(metrics.overlap_ratio(repeated, every).mean(), rel=1e-12)
    corrected = metrics.corrected_overlap_ratio(repeated, every, n_images=7)
    assert corrected.mean() == pytest.approx(0, abs=1e-12)
    assert corrected.max() == pytest.approx(1)


def test_chance_of_full_sets_is_k_over_n(tops):
    assert metrics.expected_overlap_ratio(*tops)[:6].tolist() == [pytest.approx(0.2)] * 6
    # Four positive images against ten of 50, and none.
    assert metrics.expected_overlap_ratio(*tops)[6:].tolist() == pytest.approx([4 * 10 / 50 / 10, 0])


def test_every_image_in_the_top_set_leaves_no_room():
    every = [[0, 1, 2]]
    assert metrics.expected_overlap_ratio(every, every, n_images=3).tolist() == [1]
    assert np.isnan(metrics.corrected_overlap_ratio(every, every, n_images=3)).all()


@every_overlap
def test_overlaps_are_symmetric_and_ignore_the_order_of_channels_and_ranks(overlap, tops):
    a, b = tops
    expected = overlap(a, b)
    np.testing.assert_array_equal(overlap(b, a), expected)
    options = {} if overlap is metrics.overlap_ratio else {"n_images": 50}
    np.testing.assert_array_equal(overlap(a.indices[:, ::-1], b.indices, **options), expected)
    np.testing.assert_array_equal(overlap(a.indices[::-1].tolist(), b.indices[::-1], **options), expected[::-1])


@every_overlap
def test_overlap_does_not_depend_on_the_order_of_images(overlap, scores, tops):
    order = np.random.default_rng(0).permutation(50)
    shuffled = [metrics.top_images(array[order], 10) for array in scores]
    np.testing.assert_array_equal(overlap(*shuffled), overlap(*tops))


@every_overlap
def test_overlap_inputs_stay_as_they_are(overlap, tops):
    copies = [top.indices.copy() for top in tops]
    for top in tops:
        top.indices.flags.writeable = False
    overlap(*tops)
    for top, copy in zip(tops, copies, strict=True):
        np.testing.assert_array_equal(top.indices, copy)


BAD_TOPS = {
    "k": ([[0, 1]], [[0, 1, 2]], r"same channels and the same k. Received shapes \(1, 2\) and \(1, 3\). Compare"),
    "channels": ([[0, 1]], [[0, 1], [1, 2]], r"Received shapes \(1, 2\) and \(2, 2\)"),
    "one dimension": ([0, 1], [0, 1], "`top_a` must be top images, or integers of shape .* Received int64 of shape"),
    "floats": ([[0, 1]], [[0.0, 1.0]], "`top_b` must be top images, or integers .* Received float64"),
    "nothing": (np.zeros((0, 3), int), np.zeros((0, 3), int), "`top_a` must be top images"),
    "below -1": ([[0, -2]], [[0, 1]], "`top_a` must hold images, or -1 .* Received -2. Number"),
    "twice": ([[0, 1]], [[3, 3]], "`top_b` must have an image once a channel. Received image 3 twice for channel 0"),
}


@every_overlap
@pytest.mark.parametrize("case", BAD_TOPS)
def test_bad_tops(case, overlap):
    a, b, message = BAD_TOPS[case]
    with pytest.raises(MetricError, match=message):
        overlap(a, b)


@every_overlap
def test_tops_of_different_images(overlap):
    tops = [metrics.top_images(np.ones((n_images, 3)), 4) for n_images in (9, 10)]
    with pytest.raises(
        MetricError, match=r"chosen from the same images. Received top images of 9 and 10 images. Extract"
    ):
        overlap(*tops)


@pytest.mark.parametrize("overlap", [metrics.expected_overlap_ratio, metrics.corrected_overlap_ratio])
@pytest.mark.parametrize(("n_images", "received"), [(None, "none"), (2, "2"), (5, "5"), (9.5, "9.5"), ("9", "'9'")])
def test_number_of_images(overlap, n_images, received):
    with pytest.raises(MetricError, match=f"`n_images` must be .* Received {received} where it is at least 6. Give"):
        overlap([[0, 1, 2]], [[3, 4, 5]], n_images=n_images)


def test_number_of_images_that_contradicts_the_tops(tops):
    with pytest.raises(MetricError, match="Received 50, 60 where"):
        metrics.expected_overlap_ratio(*tops, n_images=60)
    np.testing.assert_array_equal(
        metrics.expected_overlap_ratio(*tops, n_images=50), metrics.expected_overlap_ratio(*tops)
    )


def test_entropy_is_scipys(tops):
    labels = np.random.default_rng(0).integers(0, 4, 50)
    found = metrics.class_entropy(tops[1], labels, 5)
    expected = [
        scipy.stats.entropy(np.bincount(labels[row], minlength=5), base=2) / np.log2(5) for row in tops[1].indices[:7]
    ]
    np.testing.assert_allclose(found[:7], expected, rtol=1e-12)
    assert np.isnan(found[7])


@pytest.mark.parametrize("n_classes", [2, 5, 25, 78, 107])
def test_entropy_of_equal_proportions_is_1_and_never_more(n_classes):
    every = [list(range(n_classes))]
    found = metrics.class_entropy(every, range(n_classes), n_classes)[0]
    assert 1 - 1e-14 < found <= 1
    expected = metrics.expected_class_entropy(every, range(n_classes), n_classes, draws=100)
    assert 1 - 1e-14 < expected.low[0] <= expected.mean[0] <= expected.high[0] <= 1


def test_entropy_by_hand():
    top = [[0, 1, 2, 3], [0, 1, -1, -1], [0, 4, -1, -1], [4, -1, -1, -1], [-1, -1, -1, -1]]
    found = metrics.class_entropy(top, [0, 0, 1, 2, -1], 4)
    # Proportions (1/2, 1/4, 1/4): 1.5 bits of 2. The image without a label does not count.
    assert found[:3].tolist() == [0.75, 0, 0]
    assert np.isnan(found[3:]).all()


def test_entropy_of_several_labels_by_hand():
    labels = [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    top = [[0, 1, 2], [2, -1, -1], [3, -1, -1], [0, 3, -1]]
    # Of three labels two and one; none; all four; of six two, two, one and one.
    third = (2 / 3 * np.log2(3 / 2) + 1 / 3 * np.log2(3)) / 2
    sixths = (2 * np.log2(3) / 3 + np.log2(6) / 3) / 2
    assert metrics.class_entropy(top, labels, 4) == pytest.approx([third, np.nan, 1, sixths], nan_ok=True)
    # Fractions of the images that have a label: 1 and 1/2; all four 1; 1, 1, 1/2 and 1/2.
    literal = metrics.class_entropy(top, labels, 4, literal=True)
    assert literal == pytest.approx([0.25, np.nan, 0, 0.5], nan_ok=True)


def test_literal_is_the_same_for_one_label_and_may_exceed_1_for_several():
    labels = np.random.default_rng(0).integers(-1, 4, 50)
    top = [list(range(20)), list(range(30, 50))]
    expected = metrics.class_entropy(top, labels, 4)
    np.testing.assert_allclose(metrics.class_entropy(top, labels, 4, literal=True), expected, rtol=1e-12)
    seven = np.eye(7, dtype=int)[[0, 1, 2, 3, 4, 5, 6] * 2]
    seven |= np.roll(seven, 1, axis=1) | np.roll(seven, 2, axis=1)
    assert metrics.class_entropy([range(14)], seven, 7, literal=True)[0] > 1.2
    assert metrics.class_entropy([range(14)], seven, 7)[0] == pytest.approx(1)


@every_entropy
def test_entropies_stay_in_range_and_ignore_ranks_and_names_of_classes(entropy, tops, labels):
    found = entropy(tops[0], labels, 4)
    assert np.isnan(found[7]) and not np.isnan(found[:7]).any()
    if entropy is not OF_TOPS_AND_LABELS["literal class_entropy"] or labels.ndim == 1:
        assert found[:7].min() >= 0 and found[:7].max() <= 1
    np.testing.assert_array_equal(entropy(tops[0].indices[:, ::-1], labels, 4), found)
    if entropy is OF_TOPS_AND_LABELS["expected_class_entropy"]:
        return
    order = np.array([2, 0, 3, 1])
    renamed = labels[:, order] if labels.ndim == 2 else np.where(labels < 0, -1, order[labels])
    np.testing.assert_allclose(entropy(tops[0], renamed, 4), found, rtol=1e-12)
    one_hot = labels if labels.ndim == 2 else labels[:, None] == np.arange(4)
    np.testing.assert_array_equal(entropy(tops[0], one_hot, 4), found)


@every_entropy
def test_entropy_inputs_stay_as_they_are(entropy, tops, labels):
    copies = tops[0].indices.copy(), labels.copy()
    tops[0].indices.flags.writeable = labels.flags.writeable = False
    entropy(tops[0], labels, 4)
    np.testing.assert_array_equal(tops[0].indices, copies[0])
    np.testing.assert_array_equal(labels, copies[1])
    np.testing.assert_array_equal(entropy(tops[0], labels.tolist(), 4), entropy(tops[0], labels, 4))


@pytest.mark.parametrize("literal", [False, True])
def test_expected_entropy_is_the_mean_over_all_samples(literal, labels):
    labels = labels[:9]
    every = np.array(list(itertools.combinations(range(9), 4)))
    values = metrics.class_entropy(every, labels, 4, literal=literal)
    values = values[~np.isnan(values)]
    found = metrics.expected_class_entropy(every[:1], labels, 4, draws=20000, level=0.5, literal=literal)
    assert found.mean[0] == pytest.approx(values.mean(), abs=5 * values.std() / np.sqrt(20000))
    # Of the few values that there are, the quartile is the same or a neighbour.
    assert found.low[0] == pytest.approx(np.quantile(values, 0.25), abs=0.02)
    assert found.high[0] == pytest.approx(np.quantile(values, 0.75), abs=0.02)


def test_expected_entropy_of_all_images_and_of_one():
    labels = np.array([0, 0, 1, 2, 2, 2])
    top = [[0, 1, 2, 3, 4, 5], [3, -1, -1, -1, -1, -1], [-1] * 6]
    found = metrics.expected_class_entropy(top, labels, 3)
    whole = metrics.class_entropy(top, labels, 3)[0]
    for values in (found.mean, found.low, found.high):
        np.testing.assert_allclose(values, [whole, 0, np.nan], atol=1e-12)


def test_samples_without_a_label_do_not_count():
    labels = [0, 1] + [-1] * 6
    found = metrics.expected_class_entropy([[0, 1]], labels, 2)
    # 13 of the 28 pairs have a label; of these one has both.
    assert found.mean[0] == pytest.approx(1 / 13, abs=0.05)
    unlabelled = metrics.expected_class_entropy([[0, 1]], [-1] * 8, 2)
    assert np.isnan([unlabelled.mean, unlabelled.low, unlabelled.high]).all()


def test_expected_entropy_of_a_channel_does_not_depend_on_others(tops, labels):
    found = metrics.expected_class_entropy(tops[0], labels, 4, draws=100)
    alone = metrics.expected_class_entropy(tops[0].indices[6:7], labels, 4, draws=100)
    assert (alone.mean[0], alone.low[0], alone.high[0]) == (found.mean[6], found.low[6], found.high[6])
    assert found.mean[0] == found.mean[5]
    assert found.mean[0] != metrics.expected_class_entropy(tops[0], labels, 4, draws=100, seed=1).mean[0]
    assert (found.draws, found.level, found.seed) == (100, 0.95, 0)


BAD_LABELS = {
    "one class": ([0] * 50, 1, "`n_classes` must be an integer of at least 2. Received 1. The entropy"),
    "no number of classes": ([0] * 50, 4.0, "`n_classes` must be an integer of at least 2. Received 4.0"),
    "too few": ([0] * 49, 4, "`labels` must have a row for each image. Received 49 for top images of 50. Give"),
    "too many": ([0] * 51, 4, "Received 51 for top images of 50"),
    "none": ([], 4, r"`labels` must have shape \(n_images,\) or \(n_images, 4\). Received \(0,\). Give"),
    "missing": (None, 4, r"`labels` must have shape .* Received \(\)"),
    "columns": (np.zeros((50, 3), int), 4, r"Received \(50, 3\). Give"),
    "too large": ([4] * 50, 4, "`labels` must hold integers in -1 … 3. Received int64 in 4 … 4. Number"),
    "below -1": ([-2] * 50, 4, "`labels` must hold integers in -1 … 3"),
    "of several": (np.full((50, 4), 2), 4, "`labels` must hold integers in 0 … 1. Received int64 in 2 … 2"),
    "names": (["Cubism"] * 50, 4, "`labels` must hold integers in -1 … 3. Received <U6. Number"),
    "floats": ([0.5] * 50, 4, "`labels` must hold integers in -1 … 3. Received float64"),
}


@every_entropy
@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels(case, entropy, tops):
    bad, n_classes, message = BAD_LABELS[case]
    with pytest.raises(MetricError, match=message):
        entropy(tops[0], bad, n_classes)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("draws", 99), ("draws", 200.0), ("seed", -1), ("level", 0), ("level", 1.5), ("level", True), ("level", None)],
)
def test_settings_out_of_range(setting, value):
    with pytest.raises(MetricError, match=f"`{setting}` must be .* Received {value}. Give"):
        metrics.expected_class_entropy([[0, 1]], [0, 1], 2, **{setting: value})
