import dataclasses
import inspect
import json
import multiprocessing

import numpy as np
import pytest

from artlucid.datasets import _synthetic as synthetic_module
from artlucid.datasets import load, read_image, synthetic
from artlucid.datasets._styles import STYLES, paint

EXPECTED_MEANS = {
    "blocks": 113.65,
    "dots": 166.2,
    "gradients": 93.86,
    "rings": 105.31,
    "strokes": 131.94,
    "stripes": 120.18,
}
FEW = {"images_per_class": (3, 2, 1), "size": 32}
FEW_OF = {"styles": FEW, "objects": {"images": (18, 12, 6), "size": 32}}
MORE_OF = {"styles": {"images_per_class": (4, 2, 1)}, "objects": {"images": (19, 12, 6)}}

each_kind = pytest.mark.parametrize("kind", synthetic_module.KINDS)


def pixels(data):
    whole = data.split("all")
    return np.stack([read_image(whole.path(index)) for index in range(len(whole))])


def test_layout(tmp_path):
    data = synthetic(folder=tmp_path / "new", **FEW)
    assert (data.name, data.task, data.notices) == ("synthetic", "single_label", ())
    assert data.class_names == ("blocks", "dots", "gradients", "rings", "stripes", "strokes")
    assert {name: len(part) for name, part in data.splits.items()} == {"train": 18, "val": 12, "test": 6}
    assert data.train.relative_paths[:2] == ("train/blocks/0.png", "train/blocks/1.png")
    assert pixels(data).shape == (36, 32, 32, 3)


def test_every_kind_is_tested():
    assert set(FEW_OF) == set(MORE_OF) == set(synthetic_module.KINDS)


@each_kind
def test_every_image_follows_from_the_seed_alone(tmp_path, kind):
    few = FEW_OF[kind]
    first = synthetic(kind, folder=tmp_path / "a", **few)
    again = synthetic(kind, folder=tmp_path / "b", **few)
    more = synthetic(kind, folder=tmp_path / "c", **{**few, **MORE_OF[kind]})
    other = synthetic(kind, folder=tmp_path / "d", seed=1, **few)
    assert first.identity == again.identity
    np.testing.assert_array_equal(pixels(first), pixels(again))
    np.testing.assert_array_equal(read_image(first.train.path(2)), read_image(more.train.path(2)))
    np.testing.assert_array_equal(first.train.labels[:3], more.train.labels[:3])
    assert len(np.unique(pixels(first).reshape(36, -1), axis=0)) == 36
    assert (pixels(first) != pixels(other)).any(axis=(1, 2, 3)).all()


def test_images_of_the_version_stay_as_they_are():
    # A change of these numbers is a change of the dataset: raise `Kind.version` with it.
    means = {style: paint(style, np.random.default_rng([0, 0, 0, 0]), 96).mean() for style in STYLES}
    assert synthetic_module.KINDS["styles"].version == 1
    assert means == pytest.approx(EXPECTED_MEANS, abs=0.05)


@each_kind
def test_sizes_in_bytes_hang_on_no_compression(tmp_path, kind):
    data = synthetic(kind, folder=tmp_path / "new", **FEW_OF[kind])
    assert len({data.train.path(index).stat().st_size for index in range(len(data.train))}) == 1


def test_colours_tell_no_style_apart():
    paintings = {style: [paint(style, np.random.default_rng(n), 32) for n in range(40)] for style in STYLES}
    means = np.array([[image.mean(axis=(0, 1)) for image in images] for images in paintings.values()])
    spread_between = means.mean(axis=1).std(axis=0)
    spread_within = means.std(axis=1).mean(axis=0)
    assert (spread_between < spread_within / 2).all()


@each_kind
def test_drawn_once_then_reused(tmp_path, monkeypatch, kind):
    first = synthetic(kind, folder=tmp_path / "new", **FEW_OF[kind])
    monkeypatch.setattr(synthetic_module, "_draw", None)
    assert synthetic(kind, folder=tmp_path / "new", **FEW_OF[kind]).identity == first.identity


def test_also_an_ordinary_folder(tmp_path):
    data = synthetic(folder=tmp_path / "new", **FEW)
    assert data.specification == f"folder:{tmp_path / 'new'}"
    again = load(data.specification)
    assert (again.identity, again.notices) == (data.identity, ())


def test_default_folder_and_specification(tmp_path, monkeypatch):
    fewer = dataclasses.replace(synthetic_module.KINDS["styles"], numbers=(2, 1, 1))
    monkeypatch.setattr(synthetic_module, "KINDS", {"styles": fewer})
    monkeypatch.setattr(synthetic_module, "SIZE", 16)
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path / "cache"))
    data = synthetic(images_per_class=(2, 1, 1), size=16)
    assert data.specification == "synthetic:styles"
    assert data.root == tmp_path / "cache/synthetic/styles-1-seed0-2x1x1-16px"
    assert synthetic(seed=1, images_per_class=(2, 1, 1), size=16).specification == (
        f"folder:{tmp_path}/cache/synthetic/styles-1-seed1-2x1x1-16px"
    )
    monkeypatch.delenv("ARTLUCID_CACHE")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert synthetic(images_per_class=(1, 1, 1), size=16).root.parent == tmp_path / "keras/artlucid/synthetic"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert synthetic(images_per_class=(1, 1, 1), size=16).root.is_relative_to(tmp_path / "home/.keras/artlucid")


def test_default_folder_lies_in_the_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic_module, "cache_folder", lambda: tmp_path / "place")
    assert synthetic(images_per_class=(1, 1, 1), size=16).root.parent == tmp_path / "place/synthetic"


def test_relative_cache_folder_gives_an_absolute_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARTLUCID_CACHE", "cache")
    assert synthetic(images_per_class=(1, 1, 1), size=16).root.parent == tmp_path / "cache/synthetic"


def test_load_draws_the_defaults():
    defaults = inspect.signature(synthetic).parameters
    assert (
        (defaults["seed"].default, defaults["size"].default)
        == (synthetic_module.SEED, synthetic_module.SIZE)
        == (0, 96)
    )
    assert defaults["images_per_class"].default is defaults["images"].default is None
    assert {name: kind.numbers for name, kind in synthetic_module.KINDS.items()} == {
        "styles": (200, 40, 40),
        "objects": (600, 100, 200),
    }


@each_kind
def test_interrupted_drawing_leaves_nothing_that_looks_complete(tmp_path, monkeypatch, kind):
    root = tmp_path / "new"
    known = synthetic_module.KINDS[kind]
    drawn = []

    def interrupted(*arguments):
        drawn.append(arguments)
        if len(drawn) == 20:
            raise KeyboardInterrupt
        return known.draw(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(synthetic_module, "KINDS", {kind: dataclasses.replace(known, draw=interrupted)})
        with pytest.raises(KeyboardInterrupt):
            synthetic(kind, folder=root, **FEW_OF[kind])
    assert not root.exists()
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []
    assert len(synthetic(kind, folder=root, **FEW_OF[kind]).train) == 18


def draw_into(folder):
    return synthetic(folder=folder, **FEW).identity


def test_concurrent_drawing(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        identities = pool.map(draw_into, [tmp_path / "new"] * 2)
    assert len(set(identities)) == 1
    assert identities[0] == draw_into(tmp_path / "new")


@pytest.mark.parametrize(
    ("options", "rule", "received", "advice"),
    [
        ({"kind": "nonsense"}, "`kind` must be one of styles, objects", "'nonsense'", "synthetic:styles"),
        ({"seed": -1}, "`seed` must be an integer", "-1", "Give 0"),
        ({"seed": 0.5}, "`seed` must be an integer", "0.5", "Give 0"),
        ({"images": (1, 1, 1)}, "given as `images_per_class`", "`images=(1, 1, 1)`", "(200, 40, 40)"),
        ({"kind": "objects"}, "given as `images`", "`images_per_class=(3, 2, 1)`", "(600, 100, 200)"),
        ({"images_per_class": ()}, "three integers", "()", "(200, 40, 40)"),
        ({"images_per_class": (1, 1)}, "three integers", "(1, 1)", "(200, 40, 40)"),
        ({"images_per_class": (1, 1, 0)}, "three integers", "(1, 1, 0)", "(200, 40, 40)"),
        ({"size": 8}, "`size` must be an integer from 16 on", "8", "96"),
    ],
)
def test_arguments_out_of_range(tmp_path, refused, options, rule, received, advice):
    with refused(rule, received, advice):
        synthetic(**{"folder": tmp_path / "new", **FEW, **options})


def test_folder_with_something_else(tmp_path, refused):
    (tmp_path / "mine.txt").touch()
    with refused("`folder` must be new, empty", str(tmp_path), "another folder"):
        synthetic(folder=tmp_path, **FEW)
    assert (tmp_path / "mine.txt").exists()


def test_empty_folder_is_filled(tmp_path):
    (tmp_path / "new").mkdir()
    assert len(synthetic(folder=tmp_path / "new", **FEW).train) == 18


def test_folder_of_another_drawing(tmp_path, refused):
    synthetic(folder=tmp_path / "new", **FEW)
    with refused("'seed': 1", "'seed': 0", "another folder"):
        synthetic(folder=tmp_path / "new", seed=1, **FEW)
    manifest = tmp_path / "new" / synthetic_module.MANIFEST
    assert json.loads(manifest.read_text())["format"] == "artlucid.synthetic"
    manifest.write_text("{")
    with refused("the arguments describe", "not JSON", "another folder"):
        synthetic(folder=tmp_path / "new", **FEW)


@each_kind
def test_damaged_drawing(tmp_path, refused, kind):
    data = synthetic(kind, folder=tmp_path / "new", **FEW_OF[kind])
    data.train.path(0).unlink()
    with refused("must stay as it was drawn", "17 images in train, not 18", "Remove the folder"):
        synthetic(kind, folder=tmp_path / "new", **FEW_OF[kind])


def test_folder_that_cannot_be_written(tmp_path, refused):
    (tmp_path / "file").touch()
    with refused("where a dataset can be drawn", str(tmp_path / "file/new"), "$ARTLUCID_CACHE"):
        synthetic(folder=tmp_path / "file/new", **FEW)
