"""Optimized images in a comparison: whose they are, and whether overlap tells how much they changed."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from artlucid import activations, compare, models, visualize
from artlucid.compare._pictures import correlation
from artlucid.errors import ComparisonError, VisualizationWarning

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture(scope="module")
def two(tiny):
    return [models.load("none", architecture="tiny", seed=seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def folders(two, tmp_path_factory):
    """Of the first network with two seeds, and of the second with one, in one folder."""
    parent = tmp_path_factory.mktemp("pictures")
    for name, network, seed in (("other", two[0], 1), ("after", two[1], 0), ("before", two[0], 0)):
        visualize.channels(network, ["conv2d1_pre_relu:*"], steps=2, size=32, seed=seed, out=parent / name)
    return parent


def options(two, *pictures, **more):
    return compare.Options(
        **{"k": (5,), "top_split": "test", "cka_split": "test", **more},
        pictures=pictures,
        pictures_network=two[0],
        extraction=activations.Options(cache=False),
    )


@pytest.fixture(autouse=True)
def layers_of_tiny(monkeypatch):
    """`tiny` lacks the layers that pictures are told apart by."""
    distance = visualize.distance
    monkeypatch.setattr(visualize, "distance", lambda *a, **k: distance(*a, **k, layers=["conv2d0", "conv2d1"]))


def test_every_column_of_the_distance(two, data, folders, tmp_path):
    found = compare.compare(two, data, out=tmp_path / "out", options=options(two, folders))
    expected = visualize.distance(
        folders / "before", folders / "after", other_seed=folders / "other", network=two[0]
    ).set_index("channel")
    channels = found.channels[found.channels["layer"] == "conv2d1"].set_index("channel").sort_index()
    for column in ("pixel_distance", "feature_distance", "feature_floor", "feature_ceiling", "visual_change"):
        np.testing.assert_allclose(channels[column], expected[column])
    np.testing.assert_allclose(channels["visual_change_chance"], expected["chance"])
    dead = expected["notice"] != ""
    assert channels["notice"][dead].str.contains("picture: ").all()
    elsewhere = found.channels[found.channels["layer"] == "conv2d0"]
    assert elsewhere["visual_change"].isna().all()


def test_correlation_with_overlap(two, data, folders, tmp_path):
    found = compare.compare(two, data, out=tmp_path / "out", options=options(two, folders))
    shown = found.manifest["pairs"][0]["overlap_and_visual_change"]
    known = found.channels.dropna(subset=["visual_change"])
    known = known[~known["dead_a"] & ~known["dead_b"]]
    assert shown["n_channels"] == len(known) >= 4
    assert shown["spearman"] == pytest.approx(
        scipy.stats.spearmanr(known["overlap_5"], known["visual_change"]).statistic
    )
    assert "low" not in shown or shown["low"] <= shown["spearman"] <= shown["high"]
    assert "Spearman correlation of overlap with visual change" in compare.as_text(found)
    plain = compare.compare(two, data, out=tmp_path / "out", options=options(two, folders, resampling=None))
    alone = plain.manifest["pairs"][0]["overlap_and_visual_change"]
    assert alone == {"n_channels": len(known), "spearman": shown["spearman"]}


def test_pictures_that_come_later(two, data, folders, tmp_path):
    without = compare.compare(two, data, out=tmp_path / "out", options=options(two))
    assert without.channels["visual_change"].isna().all()
    assert "no folders of pictures" in without.manifest["pairs"][0]["overlap_and_visual_change"]["reason"]
    found = compare.compare(two, data, out=tmp_path / "out", options=options(two, folders))
    assert found.channels["visual_change"].notna().any()


def test_pictures_that_change(two, data, folders, tmp_path):
    copy = tmp_path / "pictures"
    shutil.copytree(folders, copy)
    compare.compare(two, data, out=tmp_path / "out", options=options(two, copy))
    next((copy / "after" / "manifests").glob("*0003.json")).unlink()
    with pytest.warns(VisualizationWarning, match="lacks conv2d1_pre_relu:3"):
        found = compare.compare(two, data, out=tmp_path / "out", options=options(two, copy))
    channels = found.channels[found.channels["layer"] == "conv2d1"].set_index("channel")
    assert np.isnan(channels["pixel_distance"][3]) and channels["pixel_distance"].notna().any()


def test_dead_and_frozen_channels_are_left_out_of_the_correlation():
    channels = pd.DataFrame(
        {
            "layer": "conv2d1",
            "channel": range(10),
            "frozen": [False] * 9 + [True],
            "dead_a": [False] * 7 + [True, False, False],
            "dead_b": [False] * 8 + [True, False],
            "overlap_5": [0.2, 0.4, 0.6, 0.8, 1.0, np.nan, 0.1, 0.0, 0.0, 0.0],
            "visual_change": [5.0, 4.0, 3.0, 2.0, 1.0, 9.0, np.nan, -1.0, -1.0, 0.0],
        }
    )
    found = correlation(channels, compare.Options(k=(5,), resampling=None))
    assert found == {"n_channels": 5, "spearman": pytest.approx(-1)}
    same = correlation(channels.assign(visual_change=1.0), compare.Options(k=(5,)))
    assert same["spearman"] is None and "are equal" in same["reason"]
    few = correlation(channels.head(3), compare.Options(k=(5,)))
    assert few["spearman"] is None and "fewer than 4" in few["reason"]
    noise = np.random.default_rng(0).normal(size=50)
    wide = pd.concat([channels] * 5).assign(channel=range(50))
    interval = correlation(wide.assign(visual_change=noise - wide["overlap_5"]), compare.Options(k=(5,)))
    assert -1 < interval["low"] < interval["spearman"] < interval["high"] < 1 and interval["resamples"] == 1000


def test_a_seed_that_is_missing(two, data, folders, tmp_path):
    given = options(two, folders / "before", folders / "after")
    found = compare.compare(two, data, out=tmp_path / "out", options=given)
    reason = found.manifest["pairs"][0]["overlap_and_visual_change"]["reason"]
    assert "one of the first model with another" in reason and "seeds 0" in reason
    assert found.channels["visual_change"].isna().all()


def test_pictures_of_others_are_refused(two, data, folders, tmp_path, expect_refusal):
    third = models.load("none", architecture="tiny", seed=2)
    with expect_refusal("models that are compared", "after", "leave the folder out", kind=ComparisonError):
        compare.compare([two[0], third], data, out=tmp_path / "out", options=options(two, folders))
    with expect_refusal("folders of pictures", str(tmp_path), "artlucid visualize", kind=ComparisonError):
        compare.compare(two, data, out=tmp_path / "out", options=options(two, tmp_path))
    with expect_refusal("a sequence of folders", str(folders), "a list", kind=ComparisonError):
        dataclasses.replace(options(two), pictures=folders)
