"""Measures on halves of the images: what they are on all of them, and how far they move."""

import numpy as np
import pytest
import scipy.stats

from artlucid import metrics
from artlucid.reproduce import _resamples
from artlucid.reproduce._resamples import MEASURINGS, Layer, members
from artlucid.reproduce._states import PAIRINGS

N_IMAGES, N_CHANNELS, N_CLASSES = 240, 40, 5


@pytest.fixture(scope="module")
def layer():
    generator = np.random.default_rng(0)
    before = np.maximum(generator.normal(size=(N_IMAGES, N_CHANNELS)), 0)
    after = np.maximum(before + 0.5 * generator.normal(size=before.shape), 0)
    after[:, 0] = 0  # a dead channel
    labels = generator.integers(N_CLASSES, size=N_IMAGES)
    return Layer(before.astype(np.float32), after.astype(np.float32), labels, N_CLASSES)


@pytest.fixture(scope="module")
def tops(layer):
    return [metrics.top_images(values, 100) for values in (layer.a, layer.b)]


def on_all(measure, layer):
    return measure(layer)(np.arange(len(layer.a)), 1.0)


def test_members_are_the_top_images(layer):
    found = members(layer.a, 30)
    for channel, images in enumerate(metrics.top_images(layer.a, 30).indices):
        assert set(np.flatnonzero(found[:, channel])) == set(images[images >= 0])
    assert not members(layer.b, 30)[:, 0].any()


def test_overlaps_are_those_of_the_metrics(layer, tops):
    found = on_all(_resamples.overlaps, layer)
    assert found == pytest.approx(
        {
            "overlap_100": metrics.overlap_ratio(*tops).mean(),
            "chance_100": metrics.expected_overlap_ratio(*tops).mean(),
        }
    )


def test_changed_channels_are_those_that_keep_less_than_half_above_chance(layer, tops):
    kept = metrics.corrected_overlap_ratio(*tops)
    wanted = (kept[~np.isnan(kept)] < 0.5).mean()
    assert 0 < wanted < 1
    assert on_all(_resamples.changes, layer) == pytest.approx({"changed": wanted})


@pytest.mark.parametrize("several", [False, True])
def test_entropies_are_those_of_the_metrics(layer, several):
    labels = layer.labels
    if several:
        labels = (np.random.default_rng(1).random((N_IMAGES, N_CLASSES)) < 0.2).astype(np.uint8)
    found = on_all(_resamples.entropies, Layer(layer.a, layer.b, labels, N_CLASSES))
    for side, values in (("a", layer.a), ("b", layer.b)):
        wanted = metrics.class_entropy(metrics.top_images(values, 15), labels, N_CLASSES)
        assert found[f"entropy_{side}"] == pytest.approx(np.nanmean(wanted))


def test_without_labels_there_is_no_entropy(layer):
    assert on_all(_resamples.entropies, Layer(layer.a, layer.b, None, 0)) == {}


@pytest.mark.parametrize("most", [10, 1000])
def test_similarity_of_a_half_is_that_of_its_images(layer, most, monkeypatch):
    monkeypatch.setattr(_resamples, "MOST_IN_MEMORY", most)
    half = np.arange(0, N_IMAGES, 2)
    found = _resamples.similarity(layer)(half, 0.5)
    assert found == pytest.approx({"cka_debiased": metrics.linear_cka(layer.a[half], layer.b[half], debiased=True)})


def test_a_constant_layer_has_no_similarity(layer):
    constant = Layer(np.ones_like(layer.a), layer.b, None, 0)
    assert np.isnan(on_all(_resamples.similarity, constant)["cka_debiased"])


def test_top_sets_of_halves_are_half_as_large():
    """So that chance gives them the same overlap."""
    half = np.arange(N_IMAGES // 2)
    generator = np.random.default_rng(2)
    positive = Layer(*(generator.random((N_IMAGES, N_CHANNELS)).astype(np.float32) + 1 for _ in "ab"), None, 0)
    whole, of_half = on_all(_resamples.overlaps, positive), _resamples.overlaps(positive)(half, 0.5)
    assert whole["chance_100"] == pytest.approx(100 / N_IMAGES)
    assert of_half["chance_100"] == pytest.approx(100 / N_IMAGES)
    # Sets that have nothing to do with each other.
    assert of_half["overlap_100"] == pytest.approx(100 / N_IMAGES, abs=0.03)


def test_few_images_have_no_large_top_set(layer):
    assert "overlap_1000" not in on_all(_resamples.overlaps, layer)
    few = Layer(layer.a[:50], layer.b[:50], None, 0)
    assert on_all(_resamples.overlaps, few) == {} and on_all(_resamples.changes, few) == {}


def test_halves_move_as_whole_samples_do():
    """The spread of CKA over halves is the spread over samples of the whole size."""

    def sample(generator):
        shared = generator.normal(size=(200, 3))
        return [(shared + generator.normal(size=(200, 3))).astype(np.float32) for _ in "ab"]

    generator = np.random.default_rng(0)
    between = [metrics.linear_cka(*sample(generator), debiased=True) for _ in range(300)]
    within = []
    for _ in range(5):
        measure = _resamples.similarity(Layer(*sample(generator), None, 0))
        choices = list(_resamples._choices(200, 100))[1:]
        within.append(np.std([measure(*choice)["cka_debiased"] for choice in choices]))
    assert np.mean(within) == pytest.approx(np.std(between), rel=0.15)


def test_halves_are_the_same_for_all_networks_and_different_from_each_other():
    first, second = (list(_resamples._choices(101, 10)) for _ in range(2))
    for (images, share), (same, _) in zip(first, second, strict=True):
        assert (images == same).all() and len(set(images)) == len(images) == round(101 * share)
    assert [len(images) for images, _ in first] == [101, *[50] * 10]
    assert len({tuple(images) for images, _ in first}) == 11


def test_only_what_a_finding_needs_is_measured():
    names = {pairing: {name for one in _resamples.needed(pairing) for name in one.names} for pairing in PAIRINGS}
    assert names["scratch-from-start"] == set() == names["imagenet-to-B"]
    assert names["A-to-B"] == {"cka_debiased"} and names["C-twice"] == {"changed"}
    assert names["imagenet-to-A"] == {name for one in MEASURINGS for name in one.names} - {"changed"}


def test_a_mean_over_images_gets_its_standard_error():
    """The rule that all of it stands on, for a measure whose error is known."""
    values = np.random.default_rng(0).exponential(size=2000)
    halves = [values[images].mean() for images, _ in list(_resamples._choices(len(values), 400))[1:]]
    assert np.std(halves) == pytest.approx(scipy.stats.sem(values), rel=0.1)
