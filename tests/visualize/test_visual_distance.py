"""Visual change: distances between pictures before and after, with the floor that another seed gives."""

import doctest
import importlib
import json

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import cosine_similarity

from artlucid import models, visualize
from artlucid.errors import ModelError, VisualizationError, VisualizationWarning

SIDE = 32
LAYERS = ("conv2d2", "mixed3b")
SETTINGS = {"steps": 8, "size": [SIDE, SIDE], "seed": 0, "batch_size": 4, "snapshots": [], "penalty": None}
NUMBERS = [
    "pixel_distance",
    "pixel_floor",
    "feature_distance",
    "feature_floor",
    "feature_ceiling",
    "visual_change",
    "chance",
]


def folder(path, pictures, *, model="first", **settings):
    """A folder of pictures, as `visualize.channels` leaves it; None stands for a dead channel."""
    (path / "manifests").mkdir(parents=True)
    described = {"model": {"identity": model}, "settings": SETTINGS | settings}
    write(path / "pictures.json", {"format": "artlucid.pictures", "version": 1, **described})
    for (layer, channel), image in pictures.items():
        stem = f"{layer}-{channel:04d}"
        files, notices = {f"{stem}.png": "0"}, []
        if image is None:
            files, notices = {}, ["dead channel: it gave the same"]
        else:
            Image.fromarray(np.round(image * 255).astype(np.uint8)).save(path / f"{stem}.png")
        record = {"layer": layer, "channel": channel, "final_objective": 1.0, "notices": notices, "files": files}
        write(path / "manifests" / f"{stem}.json", record)
    return path


def write(path, content):
    path.write_text(json.dumps(content))


def flat(value):
    return np.full((SIDE, SIDE, 3), value)


def stripes(period, across, shift):
    """Stripes that lie elsewhere with another shift, and look the same."""
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (np.arange(SIDE) + shift) / period)
    image = np.repeat(np.broadcast_to(wave, (SIDE, SIDE))[..., None], 3, axis=-1)
    return image.swapaxes(0, 1) if across else image


def textures(shift):
    kinds = [(period, across) for period in (4, 8, 16) for across in (False, True)]
    return {("mixed3a", number): stripes(*kind, shift * kind[0] / 4) for number, kind in enumerate(kinds)}


def measured(tmp_path, before, after, other_seed, network):
    folders = [
        folder(tmp_path / "before", before),
        folder(tmp_path / "after", after, model="second"),
        folder(tmp_path / "other", other_seed, seed=1),
    ]
    return visualize.distance(folders[0], folders[1], other_seed=folders[2], network=network, layers=LAYERS)


@pytest.fixture
def three(tmp_path):
    """Folders that fit each other, of two channels."""
    pictures = {("mixed3a", 0): flat(0.2), ("mixed3a", 1): flat(0.6)}
    return {
        "before": folder(tmp_path / "before", pictures),
        "after": folder(tmp_path / "after", pictures, model="second"),
        "other_seed": folder(tmp_path / "other", pictures, seed=1),
    }


def of_three(three, network, layers=LAYERS):
    before, after, other_seed = three["before"], three["after"], three["other_seed"]
    return visualize.distance(before, after, other_seed=other_seed, network=network, layers=layers)


def change(path, **settings):
    """Let a folder say that its pictures were made in another way."""
    manifest = json.loads((path / "pictures.json").read_text())
    manifest["settings"] |= settings
    write(path / "pictures.json", manifest)


def test_pixel_distances_by_hand(tmp_path, mini):
    half = flat(0.0)
    half[:, : SIDE // 2] = 1
    before = {("conv2d2", 3): flat(0.0), ("mixed3a", 0): flat(0.0)}
    after = {("conv2d2", 3): flat(1.0), ("mixed3a", 0): half}
    other = {("conv2d2", 3): flat(0.2), ("mixed3a", 0): flat(0.0)}
    table = measured(tmp_path, before, after, other, mini)
    assert table[["layer", "channel"]].values.tolist() == [["conv2d2", 3], ["mixed3a", 0]]
    np.testing.assert_allclose(table["pixel_distance"], [1, 0.5**0.5], rtol=1e-5)
    np.testing.assert_allclose(table["pixel_floor"], [0.2, 0], rtol=1e-5)
    assert list(table.columns) == ["layer", "channel", *NUMBERS, "notice"]


def test_feature_distances_against_scikit_learn(tmp_path, mini):
    """Layer by layer from the activations themselves, with scikit-learn's cosine."""
    before, after, other = textures(0), textures(1), textures(2)
    table = measured(tmp_path, before, after, other, mini)

    def expected(one, two):
        cosines = []
        for layer in LAYERS:
            part = keras.Model(mini.keras_model.input, models.layer_output(mini, layer))
            pooled = [
                part(np.round(np.stack(list(x.values())) * 255)).numpy().mean(axis=(1, 2), dtype=float)
                for x in (one, two)
            ]
            cosines.append(cosine_similarity(*pooled))
        return np.sqrt(np.maximum(1 - np.mean(cosines, axis=0), 0))

    np.testing.assert_allclose(table["feature_distance"], np.diag(expected(before, after)), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(table["feature_floor"], np.diag(expected(before, other)), rtol=1e-3, atol=1e-4)
    others = expected(before, before)[~np.eye(6, dtype=bool)].reshape(6, 5)
    np.testing.assert_allclose(table["feature_ceiling"], np.median(others, axis=1), rtol=1e-3, atol=1e-4)
    unit = np.median(table["feature_ceiling"]) - np.median(table["feature_floor"])
    above = table["feature_distance"] - table["feature_floor"]
    np.testing.assert_allclose(table["visual_change"], above / unit, rtol=1e-4)


def test_what_is_shown_counts_and_not_where(tmp_path, mini):
    """The same stripes elsewhere stay near, other stripes do not, though their pixels are no farther apart."""
    before, shifted = textures(0), textures(2)
    turned = {key: image.swapaxes(0, 1) for key, image in before.items()}
    table = measured(tmp_path, before, turned, shifted, mini)
    assert (table["pixel_distance"] <= table["pixel_floor"]).all()
    assert roc_auc_score([0] * 6 + [1] * 6, [*table["feature_floor"], *table["feature_distance"]]) == 1
    assert (table["visual_change"] > 0.2).all()


def test_layers_count_alike_however_wide(tmp_path, mini):
    """A distance over two layers is the root mean square of those over each; before its ReLU a layer is itself."""
    table = measured(tmp_path, textures(0), textures(1), textures(2), mini)
    each = [
        visualize.distance(
            tmp_path / "before", tmp_path / "after", other_seed=tmp_path / "other", network=mini, layers=one
        )
        for one in (["conv2d2_pre_relu"], ["mixed3b_pre_relu"])
    ]
    together = np.sqrt(np.mean([one["feature_distance"] ** 2 for one in each], axis=0))
    np.testing.assert_allclose(table["feature_distance"], together, rtol=1e-3, atol=1e-5)


def test_an_unchanged_network(tmp_path, mini):
    table = measured(tmp_path, textures(0), textures(0), textures(2), mini)
    assert (table[["pixel_distance", "feature_distance"]] == 0).all(axis=None)
    assert (table["visual_change"] < 0).all() and (table["chance"] == 1).all()


def test_chance_by_hand(tmp_path, mini):
    """One of six channels shows something else: it alone is beyond all six floors."""
    after = textures(2)
    after["mixed3a", 4] = flat(0.9)
    table = measured(tmp_path, textures(0), after, textures(2), mini)
    np.testing.assert_allclose(table["chance"][4], 1 / 7)
    ranks = [(1 + (table["feature_floor"] >= one).sum()) / 7 for one in table["feature_distance"]]
    np.testing.assert_allclose(table["chance"], ranks)


def test_dead_channels_have_no_numbers_and_say_so(tmp_path, mini):
    before, after, other = textures(0), textures(1), textures(2)
    before["mixed3a", 1] = after["mixed3a", 2] = other["mixed3a", 3] = None
    table = measured(tmp_path, before, after, other, mini).set_index("channel")
    assert table.loc[1, NUMBERS].isna().all()
    assert table.loc[2, ["pixel_distance", "feature_distance", "visual_change", "chance"]].isna().all()
    assert table.loc[2, ["pixel_floor", "feature_floor", "feature_ceiling"]].notna().all()
    assert table.loc[3, ["pixel_floor", "feature_floor", "visual_change"]].isna().all()
    assert table.loc[3, ["pixel_distance", "feature_distance", "chance"]].notna().all()
    assert [table.loc[channel, "notice"].split(":")[0] for channel in range(4)] == ["", "before", "after", "other_seed"]
    assert table.loc[[0, 4, 5], NUMBERS].notna().all(axis=None)
    floors = table["feature_floor"].dropna()
    assert len(floors) == 4
    assert table.loc[0, "chance"] == (1 + (floors >= table.loc[0, "feature_distance"]).sum()) / 5


def test_the_only_channel_of_a_layer_has_no_ceiling(tmp_path, mini):
    one = {("mixed3a", 0): stripes(4, False, 0)}
    table = measured(tmp_path, one, {("mixed3a", 0): flat(0.3)}, {("mixed3a", 0): stripes(4, False, 1)}, mini)
    assert table[["feature_ceiling", "visual_change"]].isna().all(axis=None)
    assert table["chance"].item() == 0.5


def test_more_channels_than_go_through_the_network_together(tmp_path, mini):
    rng = np.random.default_rng(0)
    folders = [{("mixed3a", n): rng.uniform(0, 1, (SIDE, SIDE, 3)) for n in range(19)} for _ in range(3)]
    table = measured(tmp_path / "all", *folders, mini)
    assert list(table["channel"]) == list(range(19))
    last = [{key: one[key] for key in list(one)[16:]} for one in folders]
    alone = measured(tmp_path / "few", *last, mini)
    columns = ["pixel_distance", "pixel_floor", "feature_distance", "feature_floor"]
    pd.testing.assert_frame_equal(table[columns][16:].reset_index(drop=True), alone[columns], rtol=1e-4)


def test_channels_that_a_folder_lacks_are_left_out_and_named(tmp_path, mini):
    after = textures(1)
    del after["mixed3a", 2]
    with pytest.warns(VisualizationWarning, match=r"`after` .* lacks mixed3a:2, .* left out"):
        table = measured(tmp_path, textures(0), after, textures(2), mini)
    assert list(table["channel"]) == [0, 1, 3, 4, 5]


def test_no_channel_in_common(tmp_path, mini, expect_refusal):
    one = {("mixed3a", 0): flat(0.1)}
    with expect_refusal("same channels", "mixed3a:7", "Render", kind=VisualizationError):
        measured(tmp_path, one, {("mixed3a", 7): flat(0.1)}, one, mini)


@pytest.mark.parametrize(
    ("argument", "settings", "difference"),
    [
        ("after", {"seed": 1}, "seed 0 and 1"),
        ("after", {"steps": 9}, "steps 8 and 9"),
        ("after", {"size": [64, SIDE]}, "size (32, 32) and (64, 32)"),
        ("after", {"precision": "bfloat16"}, "precision float32 and bfloat16"),
        ("other_seed", {"steps": 9}, "steps 8 and 9"),
    ],
)
def test_folders_that_differ_in_more(three, mini, expect_refusal, argument, settings, difference):
    change(three[argument], **settings)
    with expect_refusal(f"`before` and `{argument}`", difference, "settings of the other", kind=VisualizationError):
        of_three(three, mini)


def test_settings_that_do_not_count(three, mini):
    change(three["after"], batch_size=16, snapshots=[4], penalty="smooth #0123abcd")
    change(three["before"], penalty="smooth #ffffffff")
    change(three["other_seed"], penalty="smooth #00000000")
    assert len(of_three(three, mini)) == 2


def test_the_same_seed_twice_is_no_floor(three, mini, expect_refusal):
    change(three["other_seed"], seed=0)
    with expect_refusal("another seed", "both of seed 0", "--seed", kind=VisualizationError):
        of_three(three, mini)


def test_the_floor_is_that_of_one_network(three, mini, expect_refusal):
    three["other_seed"] = three["after"]
    with expect_refusal("same model as `before`", "of second", "Render the model", kind=VisualizationError):
        of_three(three, mini)


def test_no_folder_of_pictures(three, mini, tmp_path, expect_refusal):
    three["after"] = tmp_path / "nothing"
    with expect_refusal(
        "`after` must be a folder of pictures", "nothing", "artlucid visualize", kind=VisualizationError
    ):
        of_three(three, mini)


@pytest.mark.parametrize(
    "damage",
    [
        {"settings": 3},
        {"settings": {"size": [1]}},
        {"settings": {"size": [10**9, 10**9]}},
        {"model": []},
        {"model": {}},
    ],
)
def test_a_damaged_manifest(three, mini, expect_refusal, damage):
    manifest = json.loads((three["after"] / "pictures.json").read_text()) | damage
    write(three["after"] / "pictures.json", manifest)
    with expect_refusal("pictures.json must say", "after", "damaged", kind=VisualizationError):
        of_three(three, mini)


def test_damaged_pictures(three, mini, expect_refusal):
    picture = three["after"] / "mixed3a-0001.png"
    Image.new("RGB", (40, SIDE)).save(picture)
    with expect_refusal("32 x 32", "40 x 32", "again", kind=VisualizationError):
        of_three(three, mini)
    picture.write_bytes(b"no picture")
    with expect_refusal("readable", "mixed3a-0001.png", "delete it", kind=VisualizationError):
        of_three(three, mini)
    picture.unlink()
    with expect_refusal("readable", "mixed3a-0001.png", "again", kind=VisualizationError):
        of_three(three, mini)


def test_networks_and_layers_that_do_not_serve(three, mini, tmp_path, expect_refusal):
    with pytest.raises(ModelError, match="mixed3b"):
        of_three(three, mini, layers=["mixed3z"])
    with expect_refusal("`layers`", "'conv2d2'", "conv2d2", kind=VisualizationError):
        of_three(three, mini, layers="conv2d2")
    inputs = keras.Input((48, 40, 3))
    fixed = models.wrap(keras.Model(inputs, keras.layers.Conv2D(2, 3, name="only")(inputs)), value_range=(0, 1))
    with expect_refusal("`network` takes: 40 x 48", "32 x 32", "--size", kind=VisualizationError):
        of_three(three, fixed)


def test_pictures_too_small_for_the_network(tmp_path, mini, expect_refusal):
    small = {("mixed3a", 0): np.zeros((16, 16, 3))}
    folders = [folder(tmp_path / str(seed), small, seed=seed, size=[16, 16]) for seed in (0, 1)]
    with expect_refusal("at least 32 pixels", "16 x 16", "--size", kind=VisualizationError):
        visualize.distance(folders[0], folders[0], other_seed=folders[1], network=mini, layers=LAYERS)


def test_the_example():
    """From rendered pictures."""
    assert doctest.testmod(importlib.import_module("artlucid.visualize._distance")).failed == 0
