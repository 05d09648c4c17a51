"""Findings decided from made-up measurements whose answer is known."""

import re
from pathlib import Path

import numpy as np
import pytest
from reproduce import made_up

from artlucid.reproduce import FINDINGS, ITEMS, VERDICTS
from artlucid.reproduce._findings import fall, in_group, over_layers
from artlucid.reproduce._readings import readings
from artlucid.reproduce._samples import Samples
from artlucid.reproduce._verdicts import FOR_THE_EYE, NOT_MADE, NOT_SEEN, SEEN, TOO_SMALL, interval_of, verdict_of

DECIDED = [name for name, finding in FINDINGS.items() if finding.effect is not None]


def verdicts(found):
    return {(one.finding, one.data): one.verdict for one in readings(found) if FINDINGS[one.finding].effect is not None}


def test_every_finding_is_seen_where_it_was_planted():
    found = verdicts(made_up.evidence(1.0))
    assert {name for name, _ in found} == set(DECIDED)
    assert {key: verdict for key, verdict in found.items() if verdict != SEEN} == {}


def test_the_reverse_of_every_finding_is_not_seen():
    assert set(verdicts(made_up.evidence(-1.0)).values()) == {NOT_SEEN}


@pytest.mark.parametrize(("trainings", "between"), [(2, 0.3), (2, 0.002), (3, 0.05)])
def test_no_finding_is_seen_where_there_is_nothing(trainings, between):
    found = [verdicts(made_up.evidence(0.0, trainings=trainings, between=between, seed=seed)) for seed in range(20)]
    seen = [key for of_seed in found for key, verdict in of_seed.items() if verdict == SEEN]
    # An interval of 95 % lies above nothing in one case of forty.
    assert len(seen) / sum(map(len, found)) < 0.05
    counts = [sum(verdict == SEEN for verdict in (one[key] for one in found)) for key in found[0]]
    assert max(counts) <= 4


def test_small_noise_rules_effects_out():
    found = verdicts(made_up.evidence(0.0, between=0.0005, images=0.0005))
    assert list(found.values()).count(NOT_SEEN) > 0.8 * len(found)


def test_one_training_decides_nothing():
    found = readings(made_up.evidence(1.0, trainings=1))
    decided = [one for one in found if FINDINGS[one.finding].effect is not None and one.finding != "equal_runs"]
    assert {one.verdict for one in decided} == {TOO_SMALL}
    assert {one.reason for one in decided} == {"one training only: nothing is known of others"}


def test_what_was_not_made_is_named():
    found = made_up.evidence(1.0)
    without = {need: part for need, part in found.items() if need[0] != "rasta-shelf"}
    reading = reading_of("over_the_shelf", without)
    assert (reading.verdict, reading.reason) == (NOT_MADE, "needs rasta-shelf: the item findings makes it")


def test_a_comparison_alone_decides_nothing():
    """Kernels come with it; measures on halves of the images do not."""
    found = {need: part for need, part in made_up.evidence(1.0).items() if need[1] == "kernel_distance"}
    decided = {one.finding: one.verdict for one in readings(found, ["rasta"])}
    assert decided["kernels_of_scratch"] == SEEN and decided["cka_falls"] == decided["overlap_falls_1000"] == NOT_MADE


def test_what_has_too_few_images_is_too_small():
    found = made_up.evidence(1.0)
    need = ("imagenet-to-A", "overlap_1000")
    assert reading_of("overlap_falls_1000", found).verdict == SEEN
    for undefined in (np.full((3, 12, 1), np.nan), only_on_all_images(found[need].values)):
        reading = reading_of("overlap_falls_1000", {**found, need: Samples(made_up.LAYERS, undefined)})
        assert (reading.verdict, reading.interval) == (TOO_SMALL, None)
        assert reading.reason == "the measure is not defined on so few images or channels"


def only_on_all_images(values):
    """So few that most halves of them have no value: the others would say that nothing moves."""
    found = values.copy()
    found[:, :, 2:] = np.nan
    return found


def test_two_trainings_of_a_mode_need_two_seeds():
    reading = reading_of("equal_runs", {})
    assert reading.verdict == NOT_MADE and "A-twice" in reading.reason
    assert reading.reason.endswith("the item findings makes it of two seeds or more")


@pytest.mark.parametrize(
    ("name", "need", "values", "verdict"),
    [
        # More than chance, and further from the start, but not far.
        ("overlap_above_chance", ("imagenet-to-A", "overlap_100"), 0.15, NOT_SEEN),
        ("overlap_above_chance", ("imagenet-to-A", "overlap_100"), 0.25, SEEN),
        ("kernels_of_scratch", ("scratch-from-start", "kernel_distance"), 2.5, NOT_SEEN),
        ("kernels_of_scratch", ("scratch-from-start", "kernel_distance"), 5.0, SEEN),
        # It rose towards the end, and now is as high everywhere.
        ("entropy_falls", ("imagenet-to-A", "entropy_a"), 0.5 + 0.3 * made_up.DEPTH, NOT_SEEN),
        # It falls as it did before.
        ("entropy_falls", ("imagenet-to-A", "entropy_b"), 0.8 - 0.3 * made_up.DEPTH, NOT_SEEN),
        ("low_layers", ("imagenet-to-A", "cka_debiased"), 0.8, NOT_SEEN),
    ],
)
def test_half_of_what_the_paper_says_is_not_seen(name, need, values, verdict):
    found = made_up.evidence(0.0)
    if need[1] == "entropy_b":
        found["imagenet-to-A", "entropy_a"] = samples(values, found[need])
    found[need] = samples(values, found[need])
    assert reading_of(name, found).verdict == verdict


def samples(values, like):
    """The same values in each training and on each choice of images, but for the noise of the trainings."""
    noise = 0.001 * np.arange(3)[:, None, None]
    shape = np.broadcast_to(values, len(like.layers))[None, :, None]
    return Samples(like.layers, np.broadcast_to(shape + noise, (3, len(like.layers), like.values.shape[2])))


def reading_of(name, found):
    (reading,) = [one for one in readings(found, ["rasta"]) if one.finding == name]
    return reading


def test_what_was_measured_without_any_result_was_made_all_the_same():
    found = {need: part for need, part in made_up.evidence(1.0).items() if not need[0].endswith("-twice")}
    assert reading_of("equal_runs", found).verdict == NOT_MADE
    undefined = Samples(made_up.LAYERS, np.full((1, 12, 1), np.nan))
    measured = {(f"{mode}-twice", "changed"): undefined for mode in "ABCDE"}
    assert reading_of("equal_runs", found | measured).verdict == TOO_SMALL


def test_some_modes_do_for_equal_runs():
    found = {need: part for need, part in made_up.evidence(1.0).items() if need[0] not in ("C-twice", "E-twice")}
    reading = reading_of("equal_runs", found)
    assert (reading.verdict, reading.interval.trainings) == (SEEN, 3)


def test_pairs_that_share_a_training_count_once():
    """So that their number alone makes no interval shorter."""
    found = made_up.evidence(1.0)
    thrice = {
        need: Samples(part.layers, np.repeat(part.values, 3, axis=0)) if need[1] == "changed" else part
        for need, part in found.items()
    }
    one, other = (reading_of("equal_runs", evidence).interval for evidence in (found, thrice))
    assert other.trainings == one.trainings == 5
    assert (other.value, other.low, other.high) == pytest.approx((one.value, one.low, one.high))


def test_qualitative_findings_are_for_the_eye_with_their_figures():
    found = {one.finding: one for one in readings({})}
    for name in ("structured_detectors", "reused"):
        assert found[name].verdict == FOR_THE_EYE
        assert set(found[name].of.figures) <= set(ITEMS) and found[name].of.figures


def test_only_the_data_that_are_there_are_read():
    assert {one.data for one in readings(made_up.evidence(1.0), ["rasta", "paintings"])} == {"rasta", "paintings"}


@pytest.mark.parametrize(("trainings", "between", "images"), [(2, 1.0, 0.1), (3, 1.0, 1.0), (2, 0.1, 1.0), (5, 1.0, 0)])
def test_intervals_hold_the_true_value_as_often_as_they_say(trainings, between, images):
    """Trainings differ, and all of them are seen through the same images."""
    generator, inside = np.random.default_rng(3), 0
    for _ in range(400):
        of_images = images * generator.normal()
        whole = 0.7 + of_images + between * generator.normal(size=(trainings, 1))
        resampled = whole + images * generator.normal(size=(1, 200))
        found = interval_of(np.concatenate([whole, resampled], axis=1))
        inside += found.low <= 0.7 <= found.high
    assert 0.93 < inside / 400 <= 1.0


def test_an_interval_of_one_training_is_that_over_images():
    generator = np.random.default_rng(0)
    found = interval_of(np.concatenate([[[0.5]], 3 + 0.1 * generator.normal(size=(1, 20_000))], axis=1))
    # Where the resamples lie does not matter, how far apart they are does.
    assert (found.low, found.high) == pytest.approx((0.5 - 0.196, 0.5 + 0.196), abs=0.005)


@pytest.mark.parametrize(
    ("values", "worth", "verdict"),
    [
        ([0.2, 0.21, 0.2], 0.05, SEEN),
        ([0.0, 0.01, -0.01], 0.05, NOT_SEEN),
        ([-0.2, -0.2, -0.21], 0.05, NOT_SEEN),
        ([0.2, -0.1], 0.05, TOO_SMALL),
        ([0.2, 0.1], 0.05, TOO_SMALL),  # both above nothing, which two of four pairs of trainings are by chance
        ([0.2], 0.05, TOO_SMALL),
    ],
)
def test_verdicts(values, worth, verdict):
    found, reason = verdict_of(interval_of(np.array(values)[:, None]), worth)
    assert found == verdict and found in VERDICTS
    assert bool(reason) == (verdict != SEEN)


def test_an_effect_that_is_seen_may_be_too_small_to_matter():
    assert verdict_of(interval_of(np.array([[0.02], [0.021], [0.02]])), 0.05) == (
        SEEN,
        "but an effect of 0.05 is ruled out",
    )


def test_a_fall_is_that_of_a_line():
    values = (3 - 2 * made_up.DEPTH)[None, :, None] + np.zeros((2, 1, 3))
    assert fall(Samples(made_up.LAYERS, values)) == pytest.approx(2.0)
    values[:, :5] = np.nan  # frozen layers do not change how steep it is
    assert fall(Samples(made_up.LAYERS, values)) == pytest.approx(2.0)
    assert np.isnan(fall(Samples(made_up.LAYERS[:1], values[:, -1:]))).all()


def test_groups_are_those_of_the_network():
    samples = Samples(made_up.LAYERS, np.arange(12.0)[None, :, None] + np.zeros((1, 1, 2)))
    assert in_group(samples, "low").layers == made_up.LAYERS[:5] == tuple(made_up.LAYERS[:5])
    assert over_layers(in_group(samples, "high")).tolist() == [[10.5, 10.5]]


def test_the_papers_words_are_the_papers(shared_data):
    """Each quotation stands in the paper."""
    paper = _plain((shared_data / "reference" / "paper.txt").read_text(encoding="utf-8"))
    assert [name for name, finding in FINDINGS.items() if _plain(finding.words) not in paper] == []


def _plain(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


def test_every_finding_of_the_issue_is_there():
    assert len(FINDINGS) >= 21
    for name, finding in FINDINGS.items():
        assert finding.words and finding.where, name
        assert set(finding.figures) <= set(ITEMS), name
        assert (finding.effect is None) == (finding.worth == 0) == (not finding.needs) == (not finding.measure), name


def test_docs_have_every_finding():
    page = (Path(__file__).parents[2] / "docs" / "reproduce.md").read_text(encoding="utf-8")
    assert [finding.title for finding in FINDINGS.values() if finding.title not in page] == []
