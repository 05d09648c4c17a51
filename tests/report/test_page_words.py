"""What a page says: the models and where they came from, the scores, and the three sentences."""

import doctest
import importlib

import numpy as np
import pandas as pd
import pytest

from artlucid.report._models import chains_of, models_of
from artlucid.report._numbers import plain
from artlucid.report._plots import boxes
from artlucid.report._sentences import Told, changeable, sentences

LAYERS = pd.DataFrame(
    {
        "layer": ["conv2d0", "mixed4d", "mixed5b"],
        "frozen": [True, False, False],
        "cka": [1.0, 0.9, 0.6],
        "cka_floor": [0.01, 0.1, 0.2],
        "overlap_100_median": [1.0, 0.5, 0.12],
        "overlap_100_chance": [0.05, 0.05, 0.002],
        "entropy_a_mean": [0.9, 0.9, 0.88],
        "entropy_b_mean": [0.9, 0.8, 0.7],
        "entropy_a_chance": [0.96, 0.96, 0.96],
    }
)
CHANNELS = pd.DataFrame(
    {"dead_a": [False, False, True], "dead_b": [False, True, True], "kernel_distance_relative": [0.1, 0.2, 0.3]}
)


def told(**columns):
    layers = LAYERS.assign(**columns)
    return sentences(Told("ImageNet", "styles", changeable(layers, list(layers["layer"])), CHANNELS, 100))


def test_three_sentences_from_the_tables():
    assert told() == [
        "Half of mixed5b’s channels share at most 12 of their 100 images with ImageNet; by chance it would be 0.2.",
        "Similarity (CKA) to ImageNet falls from 0.90 in mixed4d to 0.60 in mixed5b; images in another order would "
        "give 0.20.",
        "The images of mixed5b’s channels come from fewer classes than before: entropy 0.88 → 0.70; of random "
        "images 0.96.",
    ]


def test_other_sentences_where_numbers_are_missing():
    found = told(overlap_100_median=np.nan, entropy_a_mean=np.nan, cka_floor=np.nan)
    assert found == [
        "Similarity (CKA) to ImageNet falls from 0.90 in mixed4d to 0.60 in mixed5b.",
        "2 of 3 channels fire for no image; before it was 1.",
        "Half of the kernels moved by at most 20\u00a0% of their norm.",
    ]


def test_words_go_with_the_direction():
    found = told(cka=[0.5, 0.5, 0.9], entropy_b_mean=[0.9, 0.95, 0.97])
    assert "rises from 0.50" in found[1] and "from more classes" in found[2]
    assert "stays" in told(cka=[0.9, 0.9, 0.91])[1]
    assert "as mixed as before" in told(entropy_b_mean=LAYERS["entropy_a_mean"])[2]
    assert "share none of their 100" in told(overlap_100_median=0.0)[0]


def test_where_all_is_frozen_all_is_told():
    assert told(frozen=True)[1].startswith("Similarity (CKA) to ImageNet falls from 1.00 in conv2d0")


def described(name, identity, lineage=None):
    return {"model": name, "identity": identity, "lineage": lineage or {}}


def run(path, which, *, start, best=2):
    return {"run": path, "which": which, "best_epoch": best, "initial_weights": {"identity": start}}


def chain(*models):
    found = models_of(models, {})
    return [[found[place].label for place in one] for one in chains_of(found)]


def test_a_chain_of_trainings():
    icons = run("/x/icons", "best", start="s")
    icons["initial_weights"]["lineage"] = run("/x/styles", "best", start="i")
    imagenet, styles = described("imagenet", "i"), described("/x/styles", "s", run("/x/styles", "best", start="i"))
    last = described("/x/icons", "c", icons)
    assert chain(imagenet, styles, last) == [["ImageNet", "styles", "icons"]]
    assert chain(imagenet, last) == [["ImageNet", "icons"]]
    assert chain(styles, last, imagenet) == [["ImageNet", "styles", "icons"]]
    assert chain(styles, last) == [["styles", "icons"]]


def test_epochs_of_a_run_follow_each_other():
    epochs = [
        described(f"/x/r@{which}", which, run("/x/r", which, start="i")) for which in ("initial", "epoch-1", "epoch-2")
    ]
    assert chain(*epochs) == [["r@initial", "r@epoch-1", "r@epoch-2"]]


def test_two_from_one_are_two_chains():
    one, other = (described(f"/x/{name}", name, run(f"/x/{name}", "best", start="i")) for name in "ab")
    assert chain(described("bvlc", "i"), one, other) == [["BVLC", "a"], ["BVLC", "b"]]


def test_strangers_stand_alone():
    assert chain(described("one.npz", "1"), described("other.npz", "2")) == [["one"], ["other"]]


def test_names_are_told_apart():
    names = ["/x/a/run", "/x/b/run", "none#1", "none#2"]
    labels = [model.label for model in models_of([described(name, name) for name in names], {})]
    assert labels == ["a/run", "b/run", "none#1", "none#2"]


def test_boxes_are_those_of_numpy():
    values = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0])
    rows = pd.DataFrame({"layer": "x", "overlap_10": values, "overlap_10_chance": 0.05})
    (box, none) = boxes(rows, ["x", "y"], 10)
    assert none is None and box["n"] == 7
    expected = np.percentile(values, [25, 50, 75])
    assert [box["quartile_1"], box["median"], box["quartile_3"]] == pytest.approx(expected, abs=1e-4)
    assert (box["least"], box["most"]) == (0, 0.5)
    assert box["mean"] == pytest.approx(values.mean(), abs=1e-4)


def test_numbers_are_short():
    assert plain([float("inf"), -0.0, 2.0004, 0.12345]) == [None, 0, 2, 0.123]


@pytest.mark.parametrize("name", ["_models", "_numbers", "_scripts"])
def test_examples(name):
    assert doctest.testmod(importlib.import_module(f"artlucid.report.{name}")).failed == 0
