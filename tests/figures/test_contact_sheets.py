"""What stands where on a contact sheet, looked up in the pixels of the file."""

import json
import re
import warnings
import zlib

import numpy as np
import pandas as pd
import pytest
from figures.folders import add, begin, png, solid, stem_of
from figures.test_figure_images import LONG, UNBROKEN, assert_legible, said, texts_of
from PIL import Image

from artlucid import figures
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.figures import _mosaic

LAYER = "mixed4d_3x3_pre_relu"
NUMBERS = (3, 40, 200, 7)

# A colour a channel and folder, none of which is that of paper, ink or hatching.
BEFORE = [(200, 0, 0), (0, 150, 0), (0, 0, 250), (0, 250, 250)]
AFTER = [(250, 100, 200), (90, 90, 0), (150, 0, 150), (0, 60, 60)]
OBJECTIVES = (2.0, -1.0, 30.0, 4.0)


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=VisualizationError)


@pytest.fixture
def two(tmp_path):
    """Before and after, of which only the second has objectives that differ."""
    folders = [begin(tmp_path / "out", "imagenet"), begin(tmp_path / "out" / "styles", "runs/styles")]
    for number, before, after, objective in zip(NUMBERS, BEFORE, AFTER, OBJECTIVES, strict=True):
        add(folders[0], f"{LAYER}:{number}", solid(before))
        add(folders[1], f"{LAYER}:{number}", solid(after), objective=objective)
    add(folders[0], "mixed5b:1", solid((1, 2, 3)))
    return folders


def pixels_of(figure, tmp_path, **options):
    (path,) = figures.save(figure, tmp_path / "sheet.png", **options)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def box_of(pixels, colour, tolerance=0):
    """Left, top, right and bottom of all that has a colour."""
    rows, columns = np.nonzero((np.abs(pixels - np.array(colour)) <= tolerance).all(axis=-1))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def in_reading_order(pixels, colours):
    corners = {colour: box_of(pixels, colour) for colour in colours}
    return sorted(colours, key=lambda colour: (corners[colour][1], corners[colour][0]))


def alternating(first, second):
    return [colour for pair in zip(first, second, strict=True) for colour in pair]


def by(order, colours):
    return [colours[index] for index in order]


def test_pairs_by_number(two, tmp_path):
    figure = figures.contact_sheet(two, LAYER)
    order = (0, 3, 1, 2)  # of 3, 7, 40 and 200
    expected = alternating(by(order, BEFORE), by(order, AFTER))
    assert in_reading_order(pixels_of(figure, tmp_path), expected[::-1]) == expected


def test_pairs_by_the_last_folders_objective(two, tmp_path):
    add(two[1], f"{LAYER}:40", solid(AFTER[1]), objective=float("nan"))
    add(two[0], f"{LAYER}:5", solid((10, 20, 30)), objective=99.0)
    add(two[0], f"{LAYER}:4", solid((40, 20, 30)))
    add(two[1], f"{LAYER}:4", notices=["dead channel"], objective=77.0)
    figure = figures.contact_sheet(two, LAYER, order="objective")
    order = (2, 3, 0)  # 30, 4 and 2; then what has none there, by number: 4, 5 and 40
    expected = [*alternating(by(order, BEFORE), by(order, AFTER)), (40, 20, 30), (10, 20, 30), BEFORE[1], AFTER[1]]
    assert in_reading_order(pixels_of(figure, tmp_path), expected[::-1]) == expected
    assert "6 channels, by final objective in runs/styles, highest first" in said(figure)


def test_a_number_stands_below_its_pair(two, tmp_path):
    figure = figures.contact_sheet(two, LAYER)
    pixels = pixels_of(figure, tmp_path)
    texts = {text.get_text(): box for text, box in texts_of(figure)}
    scale, height = 300 / figure.dpi, pixels.shape[0]
    boxes = [box_of(pixels, colour) for colour in [*BEFORE, *AFTER]]
    for number, before, after in zip(NUMBERS, boxes[:4], boxes[4:], strict=True):
        number = texts[str(number)]
        assert before[2] < after[0] and before[1] == after[1]
        assert scale * (number.x0 + number.x1) / 2 == pytest.approx((before[0] + after[2]) / 2, abs=3)
        top, bottom = height - scale * number.y1, height - scale * number.y0
        assert top == pytest.approx(before[3], abs=3)
        below = [box[1] for box in boxes if box[1] > before[1]]
        assert bottom <= min(below, default=height)
    assert_legible(figure)


def test_the_heading(two):
    expected = [LAYER, "imagenet, runs/styles, from left to right", "4 channels, by number"]
    assert said(figures.contact_sheet(two, LAYER))[:4] == [*expected, "128 steps, 24 × 24 pixels, seed 0"]
    labelled = said(figures.contact_sheet({"before": two[0], "after": str(two[1])}, LAYER))
    assert labelled[1] == "before, after, from left to right"
    assert said(figures.contact_sheet(two[:1], "mixed5b"))[:3] == ["mixed5b", "imagenet", "1 channel"]


def test_the_heading_has_every_settings_where_they_differ(two, tmp_path):
    other = begin(tmp_path / "other", "noise", seed=1)
    add(other, f"{LAYER}:3", solid(0))
    with pytest.warns(VisualizationWarning, match="another `seed`") as caught:
        lines = said(figures.contact_sheet([two[0], other], LAYER))
    assert len(caught) == 1
    assert lines[3:5] == [
        f"{name}: 128 steps, 24 × 24 pixels, seed {seed}" for name, seed in (("imagenet", 0), ("noise", 1))
    ]


def test_what_is_not_there_says_so(two, tmp_path):
    (two[0] / f"{stem_of(f'{LAYER}:3')}.png").unlink()
    (two[1] / "manifests" / f"{stem_of(f'{LAYER}:7')}.json").unlink()
    add(two[1], f"{LAYER}:40", notices=["dead channel: it gave the same at every step"])
    add(two[1], f"{LAYER}:200", notices=["not finite: the objective ran into NaN"])
    figure = figures.contact_sheet(two, LAYER)
    words = [text for text in said(figure)[4:] if not text.isdigit()]
    assert words == ["missing", "missing", "dead", "not\nfinite"]
    pixels = pixels_of(figure, tmp_path)
    left, top, right, bottom = box_of(pixels, AFTER[0])
    beside = pixels[top:bottom, 2 * left - right - 3 : left - 3].reshape(-1, 3)
    assert 0.1 < (beside == 153).all(axis=-1).mean() < 0.3


def test_a_picture_is_copied_dot_by_dot(tmp_path):
    out = begin(tmp_path / "out", "imagenet", size=[180, 130])
    picture = np.random.default_rng(0).integers(0, 250, (130, 180, 3), np.uint8)
    picture[0, 0] = (1, 2, 3)
    for number in range(2):
        add(out, f"{LAYER}:{number}", picture)
    pixels = pixels_of(figures.contact_sheet([out], LAYER), tmp_path)
    corners = np.argwhere((pixels == (1, 2, 3)).all(axis=-1))
    assert sum(np.array_equal(pixels[y : y + 130, x : x + 180], picture) for y, x in corners) == 2


def test_pictures_of_another_shape_are_fitted_in_the_middle(two, tmp_path):
    add(two[1], f"{LAYER}:3", solid(AFTER[0], (48, 12)))
    pixels = pixels_of(figures.contact_sheet(two, LAYER), tmp_path)
    left, top, right, bottom = box_of(pixels, BEFORE[0])
    left_of_wide, top_of_wide, right_of_wide, bottom_of_wide = box_of(pixels, AFTER[0])
    assert right_of_wide - left_of_wide == right - left
    assert bottom_of_wide - top_of_wide == pytest.approx((right - left) / 4, abs=1)
    assert top_of_wide - top == pytest.approx(bottom - bottom_of_wide, abs=1)


def test_other_dots_an_inch(two, tmp_path):
    figure = figures.contact_sheet(two, LAYER)
    full, small = pixels_of(figure, tmp_path), pixels_of(figure, tmp_path, dpi=100)
    np.testing.assert_allclose(small.shape[:2], np.array(full.shape[:2]) / 3, atol=1)
    for colour in (BEFORE[0], AFTER[2]):
        # Scaling blurs the edges.
        np.testing.assert_allclose(box_of(small, colour, 60), np.array(box_of(full, colour)) / 3, atol=1.5)


def test_as_pdf_the_pictures_stand_where_they_do_in_the_png(two, tmp_path):
    figure = figures.contact_sheet(two, LAYER)
    boxes = np.array([box_of(pixels_of(figure, tmp_path), colour) for colour in [*BEFORE, *AFTER]])
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    (path,) = figures.save(figure, tmp_path / "sheet.pdf")
    contents = [
        zlib.decompress(found) for found in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.S)[:1]
    ]
    matrix = re.search(rb"([\d.]+) 0 0 ([\d.]+) ([\d.]+) ([\d.]+) cm\s+/\w+ Do", contents[0])
    width, height, x, y = (float(number) * 300 / 72 for number in matrix.groups())
    caption = figure.get_figheight() * 300 - bottom - y
    assert (x, width) == (pytest.approx(left, abs=0.5), pytest.approx(right - left, abs=0.5))
    assert y + height == pytest.approx(figure.get_figheight() * 300 - top, abs=0.5)
    assert 0 < caption < 60


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_equal_sheets_are_equal_files(kind, two, tmp_path):
    for name in "ab":
        figures.save(figures.contact_sheet(two, LAYER), tmp_path / f"{name}.{kind}", dpi=60)
    assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


def test_no_text_meets_another_however_long(tmp_path):
    out = begin(tmp_path / "out", "imagenet")
    for number in (*range(30), 12345):
        add(out, f"{LONG.replace('/', '_')}:{number}", solid(BEFORE[0], (8, 8)))
    labels = [rf"$\no{{mathematics$ {LONG} {LONG}", UNBROKEN, "a label with\n\x00 odd signs \udcff"]
    figure = figures.contact_sheet(dict.fromkeys(labels, out), LONG.replace("/", "_"), width=4)
    assert_legible(figure)
    assert figure.get_figwidth() <= 4


SHAPES = [(28, 28), (224, 224), (320, 200), (96, 512), (2048, 2048)]
ROOM, CAPTION = (3840, 3700), (80, 34)


@pytest.mark.parametrize(
    "cells, pictures", [(1, 1), (1, 5), (16, 2), (288, 2), (832, 1), (1024, 2), (3000, 1), (3000, 3)]
)
@pytest.mark.parametrize("shape", SHAPES)
def test_layouts(cells, pictures, shape):
    """Nothing meets, nothing leaves the sheet, nothing is larger than need be, and the sheet is well used."""
    layout = _mosaic.layout(cells, pictures, shape, ROOM, CAPTION)
    width, height = layout.picture_width, layout.picture_height
    assert height == pytest.approx(width * shape[1] / shape[0], abs=0.5)
    assert layout.width <= ROOM[0] and width <= max(shape[0], _mosaic.ENLARGED)
    assert layout.height <= ROOM[1] or width == _mosaic.SMALLEST
    corners = np.array([[layout.picture(cell, part) for part in range(pictures)] for cell in range(cells)])
    assert corners.min() >= 0 and (corners[..., 0] + width).max() <= layout.width
    assert (corners[..., 1] + height + CAPTION[1]).max() <= layout.height
    taken = np.zeros((layout.height, layout.width), bool)
    for left, top in corners.reshape(-1, 2):
        assert not taken[top : top + height, left : left + width].any()
        taken[top : top + height, left : left + width] = True
    middles = np.array([layout.caption(cell)[0] for cell in range(cells)])
    assert middles.min() >= CAPTION[0] / 2 and middles.max() <= layout.width - CAPTION[0] / 2
    for row in np.split(middles, range(layout.columns, cells, layout.columns)):
        assert (np.diff(row) >= CAPTION[0]).all()
    reads = [tuple(corner) for corner in corners[:, 0, ::-1]]
    assert reads == sorted(reads) and (layout.rows - 1) * layout.columns < cells
    if cells > 100 and shape == (224, 224):
        assert 0.8 < layout.width / layout.height < 1.25 or layout.height > ROOM[1]


def test_larger_pictures_where_fewer_share_the_sheet():
    widths = [_mosaic.layout(cells, 2, (224, 224), ROOM, CAPTION).picture_width for cells in (16, 100, 288, 1024)]
    assert widths[0] == 224 and widths == sorted(widths, reverse=True) and len(set(widths)) > 2


def test_a_sheet_for_every_layer_of_the_first_folder(two):
    add(two[0], "own_layer:0", solid((9, 9, 9)))
    manifest = two[0] / "manifests" / f"{stem_of('own_layer:0')}.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "layer": "somebodys/own layer"}))
    add(two[1], "mixed5a:0", solid((9, 9, 9)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = figures.save_contact_sheets(two)
    assert all(path.parent == two[0] / "sheets" for path in written)
    names = [path.name for path in written]
    assert names[:2] == [f"{LAYER}.png", "mixed5b.png"] and len(names) == 3
    assert re.fullmatch(r"somebodys_own_layer-[0-9a-f]{6}\.png", names[2])
    for path in written:
        with Image.open(path) as image:
            assert image.format == "PNG" and max(image.size) <= 4000
    assert not (two[1] / "sheets").exists()


def test_saved_sheets_are_those_that_are_drawn(two, tmp_path):
    (path,) = figures.save_contact_sheets(two, layers=[LAYER, LAYER], order="objective")
    drawn = pixels_of(figures.contact_sheet(two, LAYER, order="objective"), tmp_path)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), drawn)


def test_all_sheets_warn_once(two, tmp_path):
    other = begin(tmp_path / "other", "noise", seed=1)
    for layer in (LAYER, "mixed5b"):
        add(other, f"{layer}:3", solid(0))
    with pytest.warns(VisualizationWarning, match="another `seed`") as caught:
        figures.save_contact_sheets([two[0], other])
    assert len(caught) == 1 and caught[0].filename == __file__


@pytest.mark.parametrize("order", ["number", "", None, 3])
def test_other_orders(order, two, refused):
    for call in (
        lambda: figures.contact_sheet(two, LAYER, order=order),
        lambda: figures.save_contact_sheets(two, order=order),
    ):
        with refused("`order` must be one of channel, objective", repr(order), "Choose one"):
            call()


@pytest.mark.parametrize("layer", ["mixed4d_3x3", "", None, 3])
def test_unknown_layers(layer, two, refused):
    for call in (lambda: figures.contact_sheet(two, layer), lambda: figures.save_contact_sheets(two, layers=[layer])):
        with refused("`layer` must be one of which a folder has pictures", repr(layer), LAYER):
            call()
    assert not (two[0] / "sheets").exists()


@pytest.mark.parametrize("layers", [[], LAYER])
def test_no_layers(layers, two, refused):
    with refused("`layers` must be a sequence of names", repr(layers), "in a list"):
        figures.save_contact_sheets(two, layers=layers)


def test_folders_without_pictures(two, tmp_path, refused):
    empty = begin(tmp_path / "empty", "imagenet")
    with refused("`layers` must be a sequence of names", "the first folder has none", "make pictures"):
        figures.save_contact_sheets([empty, two[0]])
    with refused("`layer` must be one of which a folder has pictures", repr(LAYER), "none"):
        figures.contact_sheet([empty], LAYER)
    with refused("must hold pictures.json", str(tmp_path), "artlucid visualize MODEL"):
        figures.contact_sheet([tmp_path], LAYER)
    with refused("must be folders of pictures", "'row 1'", "Give the folders"):
        figures.contact_sheet([[solid(0)]], LAYER)


def test_damaged_pictures(two, refused):
    path = two[0] / f"{stem_of(f'{LAYER}:40')}.png"
    path.write_bytes(png(solid(3)))
    with refused("that its manifest speaks of", str(path), "again"):
        figures.contact_sheet(two, LAYER)


def test_too_narrow(two, refused):
    with refused("room for 40 pictures of 48 dots side by side", "a width of 540 dots", "larger `width`"):
        figures.contact_sheet({f"network {number}": two[0] for number in range(40)}, LAYER, width=2)


def test_manifests_without_an_objective(two, tmp_path):
    manifest = two[0] / "manifests" / f"{stem_of(f'{LAYER}:7')}.json"
    content = json.loads(manifest.read_text())
    for broken in (
        {key: value for key, value in content.items() if key != "final_objective"},
        {**content, "final_objective": "high"},
    ):
        manifest.write_text(json.dumps(broken))
        pixels = pixels_of(figures.contact_sheet(two[:1], LAYER, order="objective"), tmp_path)
        assert in_reading_order(pixels, BEFORE)[-1] == BEFORE[3]


@pytest.fixture
def table():
    """As `artlucid compare` saves it, for the channels of `two` and one without a picture."""
    rows = [(3, 0.5, False), (40, np.nan, False), (200, 0.25, False), (7, 0.75, False), (9, 0.1, False)]
    found = pd.DataFrame(rows, columns=["channel", "overlap_100", "dead_b"])
    found = found.assign(layer=LAYER.removesuffix("_pre_relu"), dead_a=False, classes_a="Cubism 34 %")
    return found.assign(model_a="imagenet", model_b="runs/styles", n_positive_a=[1000, 0, 30, 7, 1])


@pytest.mark.parametrize(
    ("highest_first", "order"), [(False, (2, 0, 3, 1)), (True, (3, 0, 2, 1))], ids=["lowest", "highest"]
)
def test_pairs_by_a_column(two, table, tmp_path, highest_first, order):
    figure = figures.contact_sheet(
        two, LAYER, order="overlap_100", channels=table.iloc[::-1], highest_first=highest_first
    )
    expected = alternating(by(order, BEFORE), by(order, AFTER))
    assert in_reading_order(pixels_of(figure, tmp_path), expected[::-1]) == expected
    lines = said(figure)
    assert f"4 channels, by overlap_100, {'highest' if highest_first else 'lowest'} first" in lines
    assert "– without a value, after the others: 40" in lines
    assert "without a picture, and not here: 9" in lines
    captions = {text.get_text() for text, _ in texts_of(figure)}
    assert {"3\n0.5", "200\n0.25", "7\n0.75", "40\n–"} <= captions
    assert_legible(figure)


def test_dead_channels_come_last_and_are_named(two, table, tmp_path):
    table.loc[table["channel"] == 200, "dead_b"] = True
    add(two[1], f"{LAYER}:7", notices=["dead channel: no gradient"])
    figure = figures.contact_sheet(two, LAYER, order="overlap_100", channels=table)
    order = (0, 1, 2)  # 3; 40, which has no value; 200, which is dead; then 7, of which there is no picture after
    expected = [*alternating(by(order, BEFORE), by(order, AFTER)), BEFORE[3]]
    assert in_reading_order(pixels_of(figure, tmp_path), expected[::-1]) == expected
    captions = {text.get_text() for text, _ in texts_of(figure)}
    assert {"200\n0.25 †", "7\n0.75 †", "3\n0.5"} <= captions
    assert "† dead, last: 200, 7" in said(figure)


def test_whole_numbers_and_yes_or_no(two, table):
    figure = figures.contact_sheet(two, LAYER, order="n_positive_a", channels=table)
    assert {"3\n1,000", "200\n30"} <= {text.get_text() for text, _ in texts_of(figure)}
    figure = figures.contact_sheet(two, LAYER, order="frozen", channels=table.assign(frozen=table["channel"] == 3))
    assert {"3\nyes", "200\nno"} <= {text.get_text() for text, _ in texts_of(figure)}


def test_a_column_below_every_layer(two, table, tmp_path):
    """Also of one that the table does not have."""
    written = figures.save_contact_sheets(two, order="overlap_100", channels=table, out=tmp_path / "new" / "sheets")
    assert written == tuple(tmp_path / "new" / "sheets" / f"{name}.png" for name in (LAYER, "mixed5b"))
    assert not (two[0] / "sheets").exists()
    drawn = pixels_of(figures.contact_sheet(two, LAYER, order="overlap_100", channels=table), tmp_path)
    with Image.open(written[0]) as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), drawn)
    assert "– without a value, after the others: 1" in said(
        figures.contact_sheet(two, "mixed5b", order="overlap_100", channels=table)
    )


def test_captions_of_a_thousand_channels_do_not_meet(tmp_path, table):
    out = begin(tmp_path / "out", "imagenet")
    for number in range(0, 1024, 4):
        add(out, f"{LAYER}:{number}", solid((250, 100, 200), (8, 8)))
    many = pd.DataFrame({"layer": LAYER, "channel": range(1024), "x": np.linspace(-1.234e-5, 1, 1024), "dead_a": True})
    figure = figures.contact_sheet([out], LAYER, order="x", channels=many)
    assert "-1.23e-05 †" in {line for text in said(figure) for line in text.split("\n")}
    assert_legible(figure)


@pytest.mark.parametrize(
    ("order", "change", "parts"),
    [
        ("overlap", {}, ("a column of the table that holds numbers", "which it does not have", "overlap_100")),
        ("classes_a", {}, ("a column of the table that holds numbers", "which holds text", "n_positive_a")),
        ("objective", {}, ("a column of the table that holds numbers", "'objective'", "overlap_100")),
        ("overlap_100", {"model_b": list("abcde")}, ("of one pair of networks", "imagenet and a", "model_b")),
        ("overlap_100", {"channel": 3}, ("one row for each layer and channel", "mixed4d_3x3:3", "Leave one")),
    ],
)
def test_unusable_tables(two, table, refused, order, change, parts):
    with refused(*parts):
        figures.contact_sheet(two, LAYER, order=order, channels=table.assign(**change))


def test_tables_of_something_else(two, table, refused):
    with refused("must be a DataFrame", "dict", "compare.read"):
        figures.save_contact_sheets(two, order="x", channels={})
    with refused("must have the columns layer, channel", "without channel", "of a comparison"):
        figures.save_contact_sheets(two, order="overlap_100", channels=table.drop(columns="channel"))
    with refused("`highest_first` must be left out", "'objective'", "`channels`"):
        figures.save_contact_sheets(two, order="objective", highest_first=True)
    assert not (two[0] / "sheets").exists()
