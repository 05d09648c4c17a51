"""The patches of a comparison: found, kept, gone on with, refused."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest

from artlucid import activations, compare, models
from artlucid.activations import _fixed_patches
from artlucid.activations._extraction import _gradient_patches
from artlucid.compare import Patches, _compare
from artlucid.errors import ActivationsError, ComparisonError

pytestmark = pytest.mark.usefixtures("tiny")

EXTRACTION = activations.Options(cache=False, batch_size=8)
PLAIN = compare.Options(k=(5,), resampling=None, permutations=None, extraction=EXTRACTION)
GRADIENT = dataclasses.replace(PLAIN, patches=Patches("gradient", number=3))


@pytest.fixture(scope="module")
def two(tiny):
    return [models.load("none", architecture="tiny", seed=seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def made(two, data, tmp_path_factory):
    """For reading only."""
    return compare.compare(two, data, out=tmp_path_factory.mktemp("made"), options=GRADIENT)


def no_more(*_, **__):
    raise AssertionError("this was computed already")


def test_patches_are_those_of_the_top_images(made, two, data):
    assert made.patches is not None
    for model, network in zip(made.models, two, strict=True):
        for layer in ("conv2d0", "conv2d1"):
            top = made.top_images(model, layer, 3).indices
            expected = activations.gradient_patches(
                network, made.images(), layer, dict(enumerate(top)), options=EXTRACTION
            )
            found = made.patches[(made.patches["model"] == model) & (made.patches["layer"] == layer)]
            found = found.drop(columns="model").reset_index(drop=True)
            pd.testing.assert_frame_equal(found, expected, rtol=1e-5)
            assert found["path"].tolist() == [data.train.relative_paths[image] for image in found["image"]]


def test_files_hold_the_same(made):
    found = compare.read(made.path)
    pd.testing.assert_frame_equal(found.patches, made.patches)
    csv = pd.read_csv(made.path / "patches.csv")
    assert list(csv) == list(made.patches) and len(csv) == len(made.patches)
    np.testing.assert_allclose(csv["left"], made.patches["left"])
    assert {"patches.csv", "patches.parquet"} <= set(found.manifest["files"])
    assert found.manifest["patches"] == {
        "kind": "gradient",
        "number": 3,
        "channels": 100,
        "also": [],
        "share": 0.9,
    }


def test_only_what_is_missing_is_computed(two, data, tmp_path, monkeypatch):
    """First nothing but the patches, then nothing but those of further channels, then nothing at all."""
    out = tmp_path / "out"
    compare.compare(two, data, out=out, options=PLAIN)
    assert compare.read(out).patches is None
    monkeypatch.setattr(activations, "extract", no_more)
    monkeypatch.setattr(_compare, "layer_table", no_more)
    few = dataclasses.replace(PLAIN, patches=Patches("gradient", 3, channels=2))
    some = compare.compare(two, data, out=out, options=few).patches
    computed, original = [], _gradient_patches.of_layer
    monkeypatch.setattr(
        _gradient_patches,
        "of_layer",
        lambda *arguments: computed.append((arguments[2], list(arguments[3]))) or original(*arguments),
    )
    every = compare.compare(two, data, out=out, options=GRADIENT).patches
    again = {(layer, channel) for layer, channels in computed for channel in channels}
    assert again and not again & set(zip(some["layer"], some["channel"], strict=True))
    merged = some.merge(every, on=list(some))
    assert len(merged) == len(some)
    computed.clear()
    pd.testing.assert_frame_equal(compare.compare(two, data, out=out, options=few).patches, some)
    assert computed == []


def test_low_overlap_comes_first(two, data, tmp_path):
    few = dataclasses.replace(PLAIN, patches=Patches("fixed", 2, channels=3))
    with pytest.raises(ActivationsError, match="gradient"):
        # Of the architecture of the tests nobody measured a side.
        compare.compare(two, data, out=tmp_path / "out", options=few)
    few = dataclasses.replace(few, patches=Patches("gradient", 2, channels=3))
    found = compare.compare(two, data, out=tmp_path / "out", options=few)
    alive = found.channels[~found.channels["dead_b"]].head(3)
    expected = set(zip(alive["layer"], alive["channel"], strict=True))
    assert set(zip(found.patches["layer"], found.patches["channel"], strict=True)) == expected
    assert found.patches.groupby(["model", "layer", "channel"]).size().le(2).all()


def test_crops_of_every_channel(made, two, data, monkeypatch):
    """In the folder that had boxes of the gradient."""
    monkeypatch.setattr(_fixed_patches, "patch_side", lambda *_: 8)
    fixed = dataclasses.replace(PLAIN, patches=Patches("fixed", 2))
    out = shutil.copytree(made.path, made.path.with_name("fixed"))
    found = compare.compare(two, data, out=out, options=fixed)
    assert found.manifest["patches"] == {"kind": "fixed", "number": 2, "channels": None, "also": []}
    for model in found.models:
        top = found.top_images(model, "conv2d1", 2).indices
        with found.cache(model) as cache:
            expected = activations.fixed_patches(cache, found.images(), "conv2d1", dict(enumerate(top)))
        own = found.patches[(found.patches["model"] == model) & (found.patches["layer"] == "conv2d1")]
        pd.testing.assert_frame_equal(own.drop(columns="model").reset_index(drop=True), expected)


def test_channels_that_are_named(made, two, data):
    out = shutil.copytree(made.path, made.path.with_name("named"))
    last = made.channels[~made.channels["dead_a"] & ~made.channels["dead_b"]].iloc[-1]
    name = f"{last['layer']}_pre_relu:{last['channel']}"
    named = dataclasses.replace(PLAIN, patches=Patches("gradient", 3, channels=1, also=[name]))
    found = compare.compare(two, data, out=out, options=named).patches
    rows = found[(found["layer"] == last["layer"]) & (found["channel"] == last["channel"])]
    assert rows["model"].unique().tolist() == list(made.models)
    assert found.groupby(["layer", "channel"]).ngroups <= 2


def test_interrupted_work_goes_on(two, data, tmp_path, monkeypatch, made):
    original, calls = _gradient_patches.of_layer, []

    def fails_later(*arguments):
        calls.append(arguments[2])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(*arguments)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(_gradient_patches, "of_layer", fails_later)
        with pytest.raises(KeyboardInterrupt):
            compare.compare(two, data, out=out, options=GRADIENT)
    with pytest.raises(ComparisonError, match="not finished"):
        compare.read(out)
    rest = []
    monkeypatch.setattr(
        _gradient_patches, "of_layer", lambda *arguments: rest.append(arguments[2]) or original(*arguments)
    )
    found = compare.compare(two, data, out=out, options=GRADIENT)
    assert len(rest) == 2
    pd.testing.assert_frame_equal(found.patches, made.patches, rtol=1e-5)


def test_a_damaged_part_is_computed_again(two, data, tmp_path):
    out = tmp_path / "out"
    first = compare.compare(two, data, out=out, options=GRADIENT)
    for part in out.glob("patches/*/*.parquet"):
        part.write_bytes(part.read_bytes()[:-20])
    pd.testing.assert_frame_equal(compare.compare(two, data, out=out, options=GRADIENT).patches, first.patches)


def test_without_patches_there_are_none_left(two, data, tmp_path, expect_refusal):
    out = tmp_path / "out"
    compare.compare(two, data, out=out, options=GRADIENT)
    table = out / "patches.parquet"
    table.write_bytes(table.read_bytes()[:-20])
    with expect_refusal("as it was written", "patches.parquet", "artlucid compare", kind=ComparisonError):
        compare.read(out)
    compare.compare(two, data, out=out, options=PLAIN)
    assert not list(out.glob("patches.*")) and compare.read(out).patches is None


@pytest.mark.parametrize(
    ("arguments", "received"),
    [(("whole",), "'whole'"), (("fixed", 0), "0"), (("fixed", 2.0), "2.0"), (("gradient", 9, 0), "0")],
)
def test_bad_options(arguments, received, expect_refusal):
    with expect_refusal("of patches must be", received, "--patch", kind=ComparisonError):
        Patches(*arguments)


def test_the_kind_alone_is_no_option(expect_refusal):
    with expect_refusal("`patches`", "'fixed'", 'Patches("fixed")', kind=ComparisonError):
        compare.Options(patches="fixed")
