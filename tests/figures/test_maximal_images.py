"""Grids of maximal activation images straight from the folder of a comparison."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from figures.folders import add, begin, solid
from PIL import Image

from artlucid import activations, compare, figures, models
from artlucid.datasets import read_image
from artlucid.errors import ComparisonError, VisualizationError, VisualizationWarning
from artlucid.figures import _maximal_images

pytestmark = pytest.mark.usefixtures("tiny")

OPTIONS = compare.Options(
    k=(8,),
    resampling=None,
    permutations=None,
    extraction=activations.Options(cache=False),
    patches=compare.Patches("gradient", number=4),
)


@pytest.fixture(scope="module")
def made(tiny, data, tmp_path_factory):
    """For reading only."""
    networks = [models.load("none", architecture="tiny", seed=seed) for seed in (0, 1)]
    return compare.compare(networks, data, out=tmp_path_factory.mktemp("made"), options=OPTIONS)


@pytest.fixture
def drawn(monkeypatch):
    """What a figure was made from: rows, titles."""
    found = {}

    def keep(rows, titles, **options):
        found.update(rows=rows, titles=titles, **options)
        return figures.top_image_grid(rows, titles, **options)

    monkeypatch.setattr(_maximal_images, "top_image_grid", keep)
    return found


@pytest.fixture(scope="module")
def channel(made):
    """A channel that is alive in both, with an overlap that is neither 0 nor 1."""
    table = made.channels[~(made.channels["dead_a"] | made.channels["dead_b"])]
    row = table[(table["overlap_8"] > 0) & (table["overlap_8"] < 1)].iloc[0]
    return row["layer"], int(row["channel"]), row


def test_images_borders_overlap_and_classes(made, data, channel, drawn):
    layer, number, row = channel
    figures.maximal_images(made.path, [f"{layer}_pre_relu:{number}"], shape=(3, 2))
    assert list(drawn["rows"]) == list(made.models)
    tops = [made.top_images(model, layer, 8).indices[number].tolist() for model in made.models]
    before, after = (cells[0] for cells in drawn["rows"].values())
    for cell, top in zip((before, after), tops, strict=True):
        assert cell.images == [data.train.path(image) for image in top[:6] if image >= 0]
    assert before.shared == set() and before.overlap is None
    # Of the whole set of the first network, of which six are shown.
    assert after.shared == {place for place, image in enumerate(tops[1][:6]) if image in tops[0]}
    assert after.overlap == row["overlap_8"]
    labels = [data.class_names[data.train.labels[image]] for image in tops[1] if image >= 0]
    assert after.classes == pytest.approx({name: labels.count(name) / len(labels) for name in data.class_names})
    best = max(after.classes.values())
    assert row["classes_b"].startswith(tuple(f"{name} {100 * best:.0f} %" for name in data.class_names))
    assert drawn["titles"] == [f"{layer}\nchannel {number}"]


def test_other_models_and_names(made, channel, drawn):
    layer, number, _ = channel
    second, first = made.models[1], made.models[0]
    figures.maximal_images(made, [f"{layer}:{number}"], models={second: "after", first: "before"}, shape=(2, 2))
    assert list(drawn["rows"]) == ["after", "before"]
    assert drawn["rows"]["after"][0].overlap is None and drawn["rows"]["before"][0].overlap is not None
    figures.maximal_images(made, [f"{layer}:{number}"], models=[second], shape=(2, 2))
    assert list(drawn["rows"]) == [second]


def test_gradient_patches_are_those_of_the_table(made, data, channel, drawn):
    layer, number, _ = channel
    figures.maximal_images(made, [f"{layer}:{number}"], patch="gradient", shape=(2, 2))
    table = made.patches
    for model, cells in drawn["rows"].items():
        own = table[(table["model"] == model) & (table["layer"] == layer) & (table["channel"] == number)]
        for row, found in zip(own.itertuples(), cells[0].images, strict=True):
            whole = read_image(data.train.path(row.image))
            height, width = whole.shape[:2]
            expected = whole[
                round(row.top * height) : round(row.bottom * height), round(row.left * width) : round(row.right * width)
            ]
            np.testing.assert_array_equal(found, expected)


def test_fixed_patches_are_computed(made, channel, drawn, monkeypatch):
    layer, number, _ = channel
    from artlucid.activations import _fixed_patches

    monkeypatch.setattr(_fixed_patches, "patch_side", lambda *_: 8)
    figures.maximal_images(made, [f"{layer}:{number}"], patch="fixed", shape=(2, 2))
    images, shorter = made.images(), []
    for index in range(len(images)):
        with Image.open(images.path(index)) as file:
            shorter.append(min(file.size))
    for cells in drawn["rows"].values():
        for image in cells[0].images:
            height, width, _ = image.shape
            # Of the 32 pixels that the network sees of the shorter side.
            assert abs(height - width) <= 1 and min(abs(width - side / 4) for side in shorter) <= 1


def test_more_patches_than_there_are(made, channel, expect_refusal):
    layer, number, _ = channel
    with expect_refusal("the boxes that are to be drawn", "2 of 6", "--patches 6", kind=VisualizationError):
        figures.maximal_images(made, [f"{layer}:{number}"], patch="gradient", shape=(3, 2))


def test_fewer_images_than_k(made, channel, drawn, tmp_path):
    layer, number, _ = channel
    manifest = json.loads((made.path / "compare.json").read_text())
    manifest["settings"]["k"] = [1000]
    folder = shutil.copytree(made.path, tmp_path / "own")
    (folder / "compare.json").write_text(json.dumps(manifest))
    figures.maximal_images(folder, [f"{layer}:{number}"], shape=(2, 2))
    tops = [made.top_images(model, layer, 4).indices[number].tolist() for model in made.models]
    after = list(drawn["rows"].values())[1][0]
    assert after.overlap == len(set(tops[0]) & set(tops[1]) - {-1}) / 4


def test_optimized_images_of_the_models(made, channel, drawn, tmp_path):
    layer, number, _ = channel
    identities = [model["identity"] for model in made.manifest["models"]]
    for name, identity, seed, colour in (("b", 1, 0, 90), ("a", 0, 0, 80), ("other", 0, 5, 200)):
        folder = begin(tmp_path / name, name, seed=seed)
        content = json.loads((folder / "pictures.json").read_text())
        content["model"]["identity"] = identities[identity]
        (folder / "pictures.json").write_text(json.dumps(content))
        add(folder, f"{layer}_pre_relu:{number}", solid(colour))
    figures.maximal_images(
        made, [f"{layer}:{number}"], shape=(2, 2), pictures=[tmp_path / "other", tmp_path / "a", tmp_path / "b"]
    )
    shown = [cells[0].optimized for cells in drawn["rows"].values()]
    # Of the seed that both have.
    assert [image.max() for image in shown] == [80, 90]
    figures.maximal_images(made, [f"{layer}:{number}"], shape=(2, 2), pictures=[])
    assert all(cells[0].optimized is None for cells in drawn["rows"].values())


def test_recorded_pictures_that_are_gone(made, channel, drawn, tmp_path):
    layer, number, _ = channel
    manifest = json.loads((made.path / "compare.json").read_text())
    manifest["settings"]["pictures"] = [str(tmp_path / "gone")]
    folder = shutil.copytree(made.path, tmp_path / "own")
    (folder / "compare.json").write_text(json.dumps(manifest))
    with pytest.warns(VisualizationWarning, match="gone"):
        figures.maximal_images(folder, [f"{layer}:{number}"], shape=(2, 2))


@pytest.mark.parametrize(
    ("change", "kind", "word"),
    [
        ({"patch": "whole"}, VisualizationError, "'whole'"),
        ({"shape": (0, 3)}, VisualizationError, "`shape`"),
        ({"models": ["nonsense"]}, ComparisonError, "nonsense"),
        ({"models": {}}, VisualizationError, "at least one"),
        ({"channels": ["conv2d1:99"]}, ComparisonError, "0 … 7"),
        ({"channels": []}, VisualizationError, "`channels`"),
        ({"dataset": "folder:/nowhere"}, ValueError, "nowhere"),
    ],
)
def test_refused(made, change, kind, word):
    arguments = {"channels": ["conv2d1:0"], "shape": (2, 2), **change}
    with pytest.raises(kind, match=word):
        figures.maximal_images(made, arguments.pop("channels"), **arguments)


def test_two_models_of_one_name(made, expect_refusal):
    with expect_refusal("a name each", "'x', 'x'", "differently", kind=VisualizationError):
        figures.maximal_images(made, ["conv2d1:0"], models=dict.fromkeys(made.models, "x"))


def test_takes_no_tensorflow(made, channel, tmp_path):
    layer, number, _ = channel
    code = (
        "import sys; sys.modules['keras'] = sys.modules['tensorflow'] = None; from artlucid import figures; "
        f"figure = figures.maximal_images({str(made.path)!r}, ['{layer}:{number}'], patch='gradient', shape=(2, 2)); "
        f"figures.save(figure, {str(tmp_path / 'figure')!r}, formats=['png', 'pdf'])"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"figure.png", "figure.pdf"}
