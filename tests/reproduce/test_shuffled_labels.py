"""With the training labels given out at random, nothing that is about classes or scores is seen."""

import pytest
from reproduce import miniature

from artlucid import reproduce
from artlucid.reproduce._evidence import evidence_of
from artlucid.reproduce._readings import readings
from artlucid.reproduce._resamples import Resample
from artlucid.reproduce._scores import Score
from artlucid.reproduce._trainings import Train
from artlucid.reproduce._verdicts import SEEN
from artlucid.reproduce._work import Work

pytestmark = [
    pytest.mark.reproduction,
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning", "ignore::artlucid.errors.DataWarning"),
]

OF_CLASSES_AND_SCORES = ("classes", "entropy_falls", "over_the_shelf", "scratch_worse", "ensemble")
EPOCHS = 12
CHANCE = 1 / 3


def test_what_shuffled_labels_taught_is_not_seen(narrow, drawn, tmp_path):
    """In Table 1 and Figure 6 of two trainings."""
    settings = settings_for(miniature.with_shuffled_labels(drawn[0], 0), seeds=(0, 1))
    made = reproduce.reproduce(["table1", "figure6"], out=tmp_path / "paper", settings=settings)
    assert [row["runs"] for row in made.results["tables"]["table1"] if row["measure"] == "top_1"] == [2] * 5
    work = Work(tmp_path / "paper", settings)
    for resample in (Resample("imagenet-to-A", 0), Resample("imagenet-to-A", 1), Resample("A-twice", 0)):
        make(resample.compare, resample, work=work)
    evidence = evidence_of(work)
    assert evidence["A-twice", "changed"].values.shape == (1, 3, 51)
    assert [top_1(evidence, name) for name in ("rasta-A", "rasta-shelf")] == pytest.approx([CHANCE] * 2, abs=0.2)
    decided = {one.finding: one for one in readings(evidence, ["rasta"]) if one.finding in OF_CLASSES_AND_SCORES}
    assert set(decided) == set(OF_CLASSES_AND_SCORES)
    assert all(one.interval is not None and one.interval.trainings == 2 for one in decided.values())
    assert {name: one.verdict for name, one in decided.items() if one.verdict == SEEN} == {}


def test_true_labels_teach_what_there_is_to_learn(narrow, drawn, tmp_path):
    """So that the shuffled labels are what makes the difference."""
    work = Work(tmp_path / "paper", settings_for(drawn[0], seeds=(0,)))
    make(Train("rasta-A", 0), Score("rasta-A", 0), work=work)
    assert top_1(evidence_of(work), "rasta-A") > 0.6


def settings_for(styles, **changes):
    return miniature.settings((styles, None), epochs=EPOCHS, resamples=50, **changes)


def make(*steps, work):
    for step in steps:
        if not step.is_done(work):
            step.make(work)


def top_1(evidence, name):
    return evidence[name, "top_1"].values[:, 0, 0].mean()
