"""With the training labels given out at random, nothing that is about classes or scores is seen."""

import dataclasses

import numpy as np
import pytest
from reproduce import miniature

from artlucid import reproduce
from artlucid.reproduce._evidence import evidence_of
from artlucid.reproduce._readings import readings
from artlucid.reproduce._resamples import Resample
from artlucid.reproduce._verdicts import SEEN
from artlucid.reproduce._work import Work

pytestmark = [
    pytest.mark.reproduction,
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning", "ignore::artlucid.errors.DataWarning"),
]

OF_CLASSES_AND_SCORES = ("classes", "entropy_falls", "over_the_shelf", "scratch_worse", "ensemble")
EPOCHS = 12
CHANCE = 1 / 3


@pytest.fixture(scope="module", params=["true", "shuffled"])
def work(request, narrow, drawn, tmp_path_factory):
    """Table 1 and Figure 6 of two trainings, with what their findings need."""
    styles, _ = drawn
    data = styles if request.param == "true" else miniature.with_shuffled_labels(styles, 0)
    settings = miniature.settings((data, None), seeds=(0, 1), epochs=EPOCHS, resamples=50)
    out = tmp_path_factory.mktemp(request.param) / "paper"
    reproduce.reproduce(["table1", "figure6"], out=out, settings=dataclasses.replace(settings, channels=1))
    work = Work(out, settings)
    for place in (0, 1):
        for step in (Resample("imagenet-to-A", place).compare, Resample("imagenet-to-A", place)):
            if not step.is_done(work):
                step.make(work)
    return request.param, work


def test_findings_of_classes_and_scores(work):
    labels, found = work
    evidence = evidence_of(found)
    top_1 = {name: evidence[name, "top_1"].values[:, 0, 0].mean() for name in ("rasta-A", "rasta-shelf")}
    decided = {one.finding: one for one in readings(evidence, ["rasta"]) if one.finding in OF_CLASSES_AND_SCORES}
    assert set(decided) == set(OF_CLASSES_AND_SCORES)
    assert all(one.interval is not None and one.interval.trainings == 2 for one in decided.values())
    if labels == "shuffled":
        assert np.array(list(top_1.values())) == pytest.approx(CHANCE, abs=0.2)
        assert {name: one.verdict for name, one in decided.items() if one.verdict == SEEN} == {}
    else:
        # The same trainings learn what there is to learn, so that the shuffled labels were what made the difference.
        assert max(top_1.values()) > 0.6
