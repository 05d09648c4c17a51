"""What stands where in grids of pictures, looked up in the pixels of the file."""

import itertools
import warnings

import numpy as np
import pytest
from figures import folders
from figures.folders import CHANNELS, add, begin, filled, solid
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from artlucid import figures
from artlucid.errors import VisualizationWarning
from artlucid.figures._grid import Cell, Row, grid

RED, GREEN, BLUE = (200, 0, 0), (0, 150, 0), (0, 0, 250)
CYAN, PINK, GREY = (0, 250, 250), (250, 100, 200), (90, 90, 90)

LONG = "a_layer_of_somebodys_own_network_with_a_very_long_name/branch"
UNBROKEN = "Thenameofthislayerhasnoplacewherealinecouldendbutinsideofaword"


def texts_of(figure):
    """All that can be read, with its box in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for place in (figure, *figure.axes) for text in place.texts]
    for axis in (axis for axes in figure.axes if axes.axison for axis in (axes.xaxis, axes.yaxis)):
        lowest, highest = sorted(axis.get_view_interval())
        # Matplotlib keeps ticks beyond the ends too, and does not draw them.
        texts += [tick.label1 for tick in axis.get_major_ticks() if lowest <= tick.get_loc() <= highest]
        texts.append(axis.label)
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in texts if text.get_text()]


def said(figure):
    return [text.get_text() for text, _ in texts_of(figure)]


def assert_legible(figure):
    """No text meets another, leaves the sheet, or is smaller than print allows; none outside a picture meets one."""
    found = texts_of(figure)
    for (first, box), (second, other) in itertools.combinations(found, 2):
        assert not box.padded(-0.5).overlaps(other), (first.get_text(), second.get_text())
    for text, box in found:
        assert text.get_fontsize() >= 7
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text.get_text()
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text.get_text()
    for text, box in found:
        for axes in figure.axes:
            inside = text.axes is axes
            assert inside or not box.padded(-0.5).overlaps(axes.get_window_extent()), text.get_text()


def colours_at(figure, path):
    """The colour in the middle of each axes, read from the saved file."""
    (file,) = figures.save(figure, path, dpi=100)
    pixels = np.asarray(Image.open(file).convert("RGB"))
    height, width = pixels.shape[:2]
    boxes = [axes.get_position() for axes in figure.axes]
    return [
        tuple(map(int, pixels[round(height * (1 - (b.y0 + b.y1) / 2)), round(width * (b.x0 + b.x1) / 2)]))
        for b in boxes
    ]


@pytest.fixture
def two(tmp_path):
    before = filled(tmp_path / "out", "imagenet", (RED, GREEN, BLUE))
    return [before, filled(tmp_path / "out" / "styles", "runs/styles", (CYAN, PINK, GREY))]


def test_rows_are_folders_and_columns_are_channels(two, tmp_path):
    figure = figures.optimized_images(two, CHANNELS[::-1])
    assert colours_at(figure, tmp_path / "a.png") == [BLUE, GREEN, RED, GREY, PINK, CYAN]
    places = [axes.get_position() for axes in figure.axes]
    assert [place.x0 for place in places[:3]] == sorted(place.x0 for place in places[3:])
    assert places[0].y0 == places[2].y0 > places[3].y1
    assert_legible(figure)


def test_titles_and_labels(two):
    channels = ["mixed3a_5x5_bottleneck\nchannel 8", "mixed4d_3x3\nchannel 52", "mixed4d_pool_reduce\nchannel 63"]
    assert said(figures.optimized_images(two)) == [*channels, "imagenet", "runs/styles"]


def test_labels_of_a_mapping_take_the_place_of_names(two):
    figure = figures.optimized_images({"before": two[0], "after": str(two[1])}, CHANNELS[:1])
    assert said(figure)[1:] == ["before", "after"]


def test_a_channel_before_and_after_its_relu_are_told_apart(two):
    add(two[0], "mixed4d_3x3:52", solid(CYAN))
    figure = figures.optimized_images(two, ["mixed4d_3x3:52", CHANNELS[0]])
    assert said(figure)[:2] == ["mixed4d_3x3\nchannel 52", "mixed4d_3x3_pre_relu\nchannel 52"]


def test_arrays_beside_folders(two, tmp_path):
    colours = np.array([PINK, CYAN, RED])
    floats = np.broadcast_to(colours[:, None, None] / 255, (3, 8, 8, 3)).astype(np.float32)
    some = [solid(GREEN), None, solid(GREY)]
    figure = figures.optimized_images([two[0], floats, some], CHANNELS)
    found = colours_at(figure, tmp_path / "a.png")
    assert found[:6] == [RED, GREEN, BLUE, PINK, CYAN, RED]
    assert (found[6], found[8]) == (GREEN, GREY)
    assert said(figure)[3:] == ["imagenet", "row 2", "row 3", "missing"]


def test_what_is_not_there_says_so(two, tmp_path):
    (two[0] / f"{folders.stem_of(CHANNELS[0])}.png").unlink()
    add(two[0], CHANNELS[1], solid(GREY), notices=["dead channel: it gives the same for every image"])
    add(two[1], CHANNELS[1], notices=["not finite: the objective ran into NaN"])
    add(two[1], CHANNELS[2], solid(PINK), notices=["something else that is worth knowing"])
    (two[1] / "manifests" / f"{folders.stem_of(CHANNELS[0])}.json").unlink()
    figure = figures.optimized_images(two, CHANNELS)
    words = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert words == [["missing"], ["dead"], [], ["missing"], ["not finite"], []]
    assert [len(axes.images) for axes in figure.axes] == [0, 0, 1, 0, 0, 1]
    assert [bool(axes.patches and axes.patches[0].get_hatch()) for axes in figure.axes] == [True, True, False] * 2
    assert_legible(figure)


def test_further_columns_stand_in_bands(tmp_path):
    colours = [(index * 30, 200, 10) for index in range(7)]
    names = [f"mixed5b:{index}" for index in range(7)]
    row = [solid(colour) for colour in colours]
    figure = figures.optimized_images({"a": row, "b": row[::-1]}, names, columns_per_band=3)
    assert colours_at(figure, tmp_path / "a.png") == [
        *colours[:3], *colours[:3:-1], *colours[3:6], *colours[3:0:-1], *colours[6:], *colours[:1]
    ]  # fmt: skip
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 6
    assert said(figure).count("a") == said(figure).count("b") == 3
    assert_legible(figure)


@pytest.mark.parametrize("columns_per_band", [1, 3, 8])
def test_no_text_meets_another_however_long(columns_per_band):
    names = [f"{LONG}:12345", f"{UNBROKEN}:1", *(f"mixed5b_pool_reduce_pre_relu:{number}" for number in range(6))]
    labels = [rf"$\no{{mathematics$ {LONG} {LONG} {LONG}", UNBROKEN, "a\tlabel with\n\x00 odd signs \udcff", "ImageNet"]
    rows = {label: [None, *[solid(RED, (8, 5))] * 7] for label in labels}
    figure = figures.optimized_images(rows, names, columns_per_band=columns_per_band)
    assert_legible(figure)
    assert {LONG + "channel12345", UNBROKEN + "channel1"} <= {
        text.replace("\n", "").replace(" ", "") for text in said(figure)
    }


def test_lines_below_pictures():
    cells = [Cell(solid(RED), below="overlap 35 %\nUkiyo-e 40 %, Naïve_Art_(Primitivism) 12 %"), Cell(solid(BLUE))]
    figure = grid([Row("before", cells), Row("after", cells[::-1])], ["one", "two"], 2.5)
    assert_legible(figure)
    below = next(box for text, box in texts_of(figure) if text.get_text().startswith("overlap"))
    picture, beside = (axes.get_window_extent() for axes in figure.axes[:2])
    assert below.y1 <= picture.y0 + 0.5 and picture.x0 <= below.x0 and below.x1 <= beside.x0


def test_pictures_keep_their_shape():
    figure = figures.optimized_images([[solid(RED, (40, 10)), solid(BLUE, (40, 10))]], CHANNELS[:2])
    assert_legible(figure)
    for axes in figure.axes:
        box = axes.get_window_extent()
        assert box.width / box.height == pytest.approx(4)


def test_no_wider_than_print_allows():
    many = {"a": [solid(RED)] * 9}
    wide = figures.optimized_images(many, [f"mixed5b:{index}" for index in range(9)], columns_per_band=9)
    assert wide.get_figwidth() == pytest.approx(7.2)
    assert figures.optimized_images({"a": [solid(RED)]}, CHANNELS[:1]).get_figwidth() < 2.5


def test_other_settings_are_told(two, tmp_path):
    other = filled(tmp_path / "other", "runs/other", (RED, RED, RED), seed=1, batch_size=4)
    with pytest.warns(VisualizationWarning, match=r"another `seed`: 0 in 'imagenet', 1 in 'runs/other'") as caught:
        figures.optimized_images([two[0], other])
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures.optimized_images(two)


def test_a_users_style_changes_nothing(two, tmp_path):
    import matplotlib

    figures.save(figures.optimized_images(two), tmp_path / "a.png", dpi=60)
    style = {"figure.facecolor": "black", "text.color": "red", "font.size": 30, "figure.autolayout": True}
    before = dict(matplotlib.rcParams)
    with matplotlib.rc_context({**style, "axes.facecolor": "black", "savefig.facecolor": "blue"}):
        figures.save(figures.optimized_images(two), tmp_path / "b.png", dpi=60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert dict(matplotlib.rcParams) == before


def test_snapshots_in_the_order_of_their_steps(tmp_path):
    out = begin(tmp_path / "out", "runs/styles", steps=128)
    add(out, CHANNELS[0], solid(GREY), snapshots={64: solid(BLUE), 1: solid(RED), 16: solid(GREEN)})
    figure = figures.snapshots(out, CHANNELS[0])
    assert colours_at(figure, tmp_path / "a.png") == [RED, GREEN, BLUE, GREY]
    assert said(figure) == ["step 1", "step 16", "step 64", "step 128", "mixed4d_3x3\nchannel 52\nruns/styles"]
    assert_legible(figure)


def test_a_snapshot_at_the_last_step_is_not_shown_twice(tmp_path):
    out = begin(tmp_path / "out", "runs/styles", steps=64)
    add(out, CHANNELS[0], solid(BLUE), snapshots={1: solid(RED), 64: solid(BLUE)})
    assert colours_at(figures.snapshots(out, CHANNELS[0]), tmp_path / "a.png") == [RED, BLUE]
