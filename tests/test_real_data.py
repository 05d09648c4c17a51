"""The main job on real paintings with real ImageNet weights."""

import dataclasses

import numpy as np
import pytest

from artlucid import datasets, evaluate, finetune, recipes

pytestmark = pytest.mark.real_data

SHORT = dataclasses.replace(recipes.RECIPES["A"], epochs=3)
OPTIONS = finetune.Options(progress=False)
CHANCE = 1 / 25


@pytest.fixture(scope="module")
def paintings(shared_data):
    dataset = datasets.load(f"rasta:{shared_data}/data/rasta_small")
    # A part of the validation images is enough to choose an epoch, and takes a third of the time.
    return dataset.with_splits({**dataset.splits, "val": dataset.val.select(range(0, len(dataset.val), 3))})


def top_1_on_test(dataset, shared_data, out):
    weights = str(shared_data / "weights" / "bvlc_googlenet.npz")
    run = finetune.fit(dataset, recipe=SHORT, weights=weights, out=out, options=OPTIONS)
    return evaluate.evaluate(run, dataset).top_1


def test_fine_tuning_learns_styles(paintings, shared_data, tmp_path):
    assert top_1_on_test(paintings, shared_data, tmp_path / "run") > 4 * CHANCE


def test_labels_dealt_at_random_teach_nothing(paintings, shared_data, tmp_path):
    """If an image of test were seen in training, or its label, it would show here."""
    dealt = np.random.default_rng(0).permutation(paintings.train.labels)
    shuffled = paintings.with_splits({**paintings.splits, "train": paintings.train.with_labels(dealt)})
    # The 99.9th percentile of 122 guesses at 1 in 25 is 12.
    assert top_1_on_test(shuffled, shared_data, tmp_path / "run") <= 12 / 122
