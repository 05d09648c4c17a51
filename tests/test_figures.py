"""Figures of optimized images: what stands where, what is said of what is missing, and that nothing overlaps."""

import itertools
import json

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from artlucid import figures
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.files import write_json

CHANNELS = [("mixed4d_3x3_pre_relu", 52), ("mixed4d_pool_reduce_pre_relu", 63), ("mixed3a", 7)]
NAMES = [f"{layer}:{number}" for layer, number in CHANNELS]
SETTINGS = {"seed": 0, "size": [32, 24], "steps": 3, "transforms": [], "engine": "artlucid"}


def colour_of(row, column):
    return (40 + 60 * row, 30 + 50 * column, 200 - 30 * row)


def folder_of(path, row, name, channels=CHANNELS, **settings):
    """A folder as `visualize.channels` writes it, each picture in a colour of its own."""
    write_json(
        path / "pictures.json",
        {
            "format": "artlucid.pictures",
            "version": 1,
            "model": {"name": name},
            "settings": {**SETTINGS, **settings},
        },
    )
    for column, (layer, number) in enumerate(channels):
        stem = f"{layer}-{number:04d}"
        Image.new("RGB", (32, 24), colour_of(row, column)).save(path / f"{stem}.png")
        (path / "snapshots").mkdir(exist_ok=True)
        Image.new("RGB", (32, 24), colour_of(row, column)).save(path / "snapshots" / f"{stem}-step-000002.png")
        (path / "curves").mkdir(exist_ok=True)
        (path / "curves" / f"{stem}.csv").write_text("step,objective\n0,1.5\n1,2.5\n2,2.0\n")
        record = {"format": "artlucid.picture", "version": 1, "layer": layer, "channel": number, "notices": []}
        write_json(path / "manifests" / f"{stem}.json", record)
    return path


@pytest.fixture
def folders(tmp_path):
    names = ["ImageNet", "mode A on a dataset with a very long name_and_no_spaces_at_all_in_it", "from scratch"]
    return [folder_of(tmp_path / f"model {row}", row, name) for row, name in enumerate(names)]


def pixels_of(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3], canvas


def middles(figure, pixels):
    """The colour in the middle of each cell, by its row and column."""
    height, width = pixels.shape[:2]
    found = {}
    for axes in figure.axes:
        row, column = map(int, axes.get_label().split(","))
        box = axes.get_position()
        found[row, column] = pixels[
            int(height * (1 - (box.y0 + box.y1) / 2)), int(width * (box.x0 + box.x1) / 2)
        ].tolist()
    return found


def texts_of(figure):
    return [text for text in [*figure.texts, *(t for axes in figure.axes for t in axes.texts)] if text.get_text()]


def test_rows_are_networks_and_columns_channels(folders):
    figure = figures.optimized_images(folders, NAMES)
    found = middles(figure, pixels_of(figure)[0])
    assert found == {(row, column): list(colour_of(row, column)) for row in range(3) for column in range(3)}
    words = [text.get_text() for text in texts_of(figure)]
    assert {"mixed4d_3x3\nchannel 52", "ImageNet", "from scratch"} <= set(words)
    assert "mode A on a datasetwith a very long" in "".join(words).replace("\n", "")


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_no_text_overlaps_another_or_leaves_the_sheet(folders, columns):
    figure = figures.optimized_images(folders, columns_per_band=columns)
    _, canvas = pixels_of(figure)
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in texts_of(figure)]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    width, height = canvas.get_width_height()
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    assert all(text.get_fontsize() >= 7 for text in texts_of(figure))


def test_what_has_no_picture_says_why(folders):
    (folders[1] / "manifests" / "mixed3a-0007.json").unlink()
    (folders[1] / "mixed3a-0007.png").unlink()
    record = folders[2] / "manifests" / "mixed3a-0007.json"
    write_json(record, {**json.loads(record.read_text()), "notices": ["dead channel: …"]})
    words = [text.get_text() for text in texts_of(figures.optimized_images(folders, NAMES))]
    assert words.count("missing") == words.count("dead") == 1


def test_labels(folders):
    words = [text.get_text() for text in texts_of(figures.optimized_images(folders, NAMES, labels=["a", "b", "c"]))]
    assert {"a", "b", "c"} <= set(words)
    named = figures.optimized_images(folders[:1], NAMES, labels={"ImageNet": "before"})
    assert "before" in [text.get_text() for text in texts_of(named)]


def test_rows_of_different_seeds(folders, tmp_path):
    other = folder_of(tmp_path / "other", 1, "other", seed=5)
    with pytest.warns(VisualizationWarning, match="seed is 0, 5"):
        figures.optimized_images([folders[0], other], NAMES)


def test_curves_and_snapshots(folders):
    figure = figures.objective_curves(folders, NAMES)
    panel = next(axes for axes in figure.axes if axes.get_label() == NAMES[0])
    assert [line.get_ydata().tolist() for line in panel.lines] == 3 * [[1.5, 2.5, 2.0]]
    strip = figures.snapshots(folders[0], NAMES[0])
    assert [text.get_text() for text in texts_of(strip)] == ["2 steps", "3 steps"]


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_the_same_figure_the_same_bytes(folders, tmp_path, suffix):
    files = [
        figures.save(figures.optimized_images(folders, NAMES), tmp_path / f"{name}.{suffix}").read_bytes()
        for name in "ab"
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize(
    ("call", "rule", "received", "advice"),
    [
        (lambda f: figures.optimized_images([]), "`folders` must be a sequence", "[]", "at least one"),
        (lambda f: figures.optimized_images([f[0].parent]), "must hold pictures.json", "none", "artlucid visualize"),
        (lambda f: figures.optimized_images(f, ["mixed3a:8"]), "picture in one of", "mixed3a:8", "mixed3a:7"),
        (lambda f: figures.optimized_images(f, ["mixed3a"]), "`layer:number`", "'mixed3a'", "mixed4d_3x3"),
        (lambda f: figures.optimized_images(f, labels=["a"]), "`labels` must be", "['a']", "as many"),
        (lambda f: figures.optimized_images(f, columns_per_band=0), "positive integer", "0", "Use 6"),
        (lambda f: figures.snapshots(f[0], "mixed3a:8"), "must have snapshots", "no such picture", "--snapshot"),
        (lambda f: figures.save(None, f[0] / "figure.gif"), "must end in .png or .pdf", "figure.gif", "Choose"),
    ],
)
def test_bad_input(folders, expect_refusal, call, rule, received, advice):
    with expect_refusal(rule, received, advice, kind=VisualizationError):
        call(folders)


def test_damaged_files(folders, expect_refusal):
    (folders[0] / "mixed3a-0007.png").write_bytes(b"no picture")
    with expect_refusal("readable PNG", "mixed3a-0007.png", "delete it", kind=VisualizationError):
        figures.optimized_images(folders)
    record = folders[0] / "manifests" / "mixed3a-0007.json"
    write_json(record, {**json.loads(record.read_text()), "version": 2})
    with expect_refusal("at most 1", "version 2", "upgrade", kind=VisualizationError):
        figures.optimized_images(folders)
