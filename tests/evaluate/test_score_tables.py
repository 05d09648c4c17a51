"""Scores in a terminal."""

import dataclasses

import pytest

from artlucid import evaluate
from artlucid.evaluate import Difference, Member, Scores
from artlucid.metrics import Interval

ABOUT = {
    "model_identity": "0" * 64,
    "data": "rasta:/data/wikipaintings",
    "data_identity": "1" * 64,
    "images": 618,
    "excluded": [],
    "precision": {},
    "split": "test",
}
STYLES = Scores(
    model="/runs/styles",
    task="single_label",
    top_1=0.5065,
    top_3=0.7816,
    class_accuracies={"Naïve_Art_(Primitivism)": 0.25, "New_Realism": None, "Pop_Art": 1.0},
    confusion_matrix=[[1, 0, 3], [0, 0, 0], [0, 0, 2]],
    **ABOUT,
)
OBJECTS = Scores(
    model="/runs/objects",
    task="multi_label",
    mean_average_precision=0.453,
    average_precisions={"crucifixion_of_Jesus": 0.6, "ruins": None, "Mary": 0.306},
    positives={"crucifixion_of_Jesus": 309, "ruins": 0, "Mary": 6},
    left_out=["ruins"],
    **ABOUT,
)


def interval(low, high, level=0.95):
    return Interval(low, high, level, 1000, "BCa", 0)


def with_interval(scores, **intervals):
    return dataclasses.replace(scores, intervals={name: interval(*ends) for name, ends in intervals.items()})


def test_one_label_an_image():
    assert evaluate.as_text(STYLES).splitlines() == [
        "/runs/styles on the test split of rasta:/data/wikipaintings: 618 images",
        "test top-1 50.65%  test top-3 78.16%",
        "",
        "class                    images  accuracy  most often taken for",
        "Naïve_Art_(Primitivism)       4     25.0%  Pop_Art (3)",
        "New_Realism                   0",
        "Pop_Art                       2    100.0%",
    ]


def test_several_labels_an_image():
    assert evaluate.as_text(OBJECTS).splitlines() == [
        "/runs/objects on the test split of rasta:/data/wikipaintings: 618 images",
        "test mean average precision 45.30%",
        "",
        "class                 positives  average precision  by chance",
        "crucifixion_of_Jesus        309              60.0%      50.0%",
        "ruins                         0           left out",
        "Mary                          6              30.6%       1.0%",
    ]


def test_names_of_classes_cannot_steer_the_terminal():
    """An escape sequence that would clear the screen, from a folder or a table of somebody else's."""
    precisions = {"\x1b[2J": 0.6, **dict(list(OBJECTS.average_precisions.items())[1:])}
    positives = dict(zip(precisions, OBJECTS.positives.values(), strict=True))
    text = evaluate.as_text(dataclasses.replace(OBJECTS, average_precisions=precisions, positives=positives))
    assert "\x1b" not in text
    assert "\ufffd[2J" in text


def test_intervals():
    scores = with_interval(STYLES, top_1=(0.466, 0.5453), top_3=(0.7451, 0.8123))
    assert evaluate.as_text(scores).splitlines()[1:5] == [
        "test top-1  50.65%  (46.60 … 54.53)",
        "test top-3  78.16%  (74.51 … 81.23)",
        "with 95 % intervals over images (BCa, 1000 resamples, seed 0)",
        "",
    ]
    objects = with_interval(OBJECTS, mean_average_precision=(0.4, 0.5))
    objects.intervals["mean_average_precision"] = interval(0.4, 0.5, level=0.999)
    assert evaluate.as_text(objects).splitlines()[1:3] == [
        "test mean average precision  45.30%  (40.00 … 50.00)",
        "with 99.9 % intervals over images (BCa, 1000 resamples, seed 0)",
    ]


def test_ensemble_lists_its_members():
    members = [Member("/runs/a", "2" * 64), Member("/runs/b", "3" * 64)]
    scores = dataclasses.replace(STYLES, model="ensemble of 2", members=members)
    assert evaluate.as_text(scores).splitlines()[:4] == [
        "ensemble of 2 on the test split of rasta:/data/wikipaintings: 618 images",
        "  /runs/a",
        "  /runs/b",
        "test top-1 50.65%  test top-3 78.16%",
    ]


def test_several():
    worse = dataclasses.replace(STYLES, model="/runs/styles@initial", top_1=0.05, top_3=0.1)
    assert evaluate.as_text([STYLES, worse]).splitlines() == [
        "test split of rasta:/data/wikipaintings: 618 images",
        "models in /runs",
        "",
        "model           test top-1  test top-3",
        "styles              50.65%      78.16%",
        "styles@initial       5.00%      10.00%",
    ]


def test_several_with_differences():
    first = with_interval(STYLES, top_1=(0.466, 0.5453), top_3=(0.7451, 0.8123))
    difference = Difference(
        "/runs/styles", "0" * 64, {"top_1": -0.4565, "top_3": 0.01}, {"top_1": interval(-0.5, -0.4)}
    )
    difference.intervals["top_3"] = interval(-0.005, 0.025)
    worse = with_interval(
        dataclasses.replace(STYLES, model="/other/worse", top_1=0.05, top_3=0.7916, difference=difference),
        top_1=(0.04, 0.06),
        top_3=(0.7, 0.8),
    )
    assert evaluate.as_text([first, worse]).splitlines()[2:] == [
        "model                      test top-1               test top-3",
        "/runs/styles  50.65%  (46.60 … 54.53)  78.16%  (74.51 … 81.23)",
        "/other/worse     5.00%  (4.00 … 6.00)  79.16%  (70.00 … 80.00)",
        "with 95 % intervals over images (BCa, 1000 resamples, seed 0)",
        "",
        "difference from /runs/styles in percentage points, on the same resamples",
        "model                        test top-1              test top-3",
        "/other/worse  -45.65  (-50.00 … -40.00)  +1.00  (-0.50 … +2.50)",
    ]


@pytest.mark.parametrize(("split", "word"), [("val", "validation"), ("train", "training")])
def test_other_splits_are_never_called_test(split, word):
    for scores in (STYLES, OBJECTS):
        other = dataclasses.replace(scores, split=split)
        for text in (evaluate.as_text(other), evaluate.as_text([other, other])):
            assert "test" not in text
            assert f"{word} split of" in text


def test_wide_tables_of_several_stay_within_100_columns():
    first = with_interval(
        dataclasses.replace(STYLES, model="/runs/styles-A1", top_5=1.0), top_1=(0, 1), top_3=(0, 1), top_5=(0, 1)
    )
    text = evaluate.as_text([first, dataclasses.replace(first, model="/runs/styles-A1@last")])
    assert max(map(len, text.splitlines())) <= 100
