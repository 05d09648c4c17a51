"""What figures of comparisons show, against the tables that they are made from."""

import doctest
import importlib
import io
import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
from figures.comparisons import PAIR, WHOLE, all_layers, channels, layers
from figures.folders import png, solid
from figures.test_figure_images import LONG, UNBROKEN, assert_legible, said
from PIL import Image

from artlucid import figures
from artlucid.errors import DataError, VisualizationError
from artlucid.figures import TopImages, _text

GREEN = (0, 158, 115)
RED, BLUE = (200, 0, 0), (0, 0, 250)

TEN = [(f"runs/network-{number}", f"{LONG}/{number}") for number in range(10)]

# Each figure of a table, with the table that it takes.
DRAWN = {
    "cka": (figures.cka_by_layer, layers),
    "overlap": (figures.overlap_by_layer, channels),
    "entropy": (figures.entropy_by_layer, channels),
    "change": (figures.overlap_against_visual_change, channels),
}


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=VisualizationError)


@pytest.fixture(params=DRAWN)
def drawn(request):
    return DRAWN[request.param]


def lines_of(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def heights_of(axes, label):
    """Where lines across a layer stand, in the order of the layers."""
    found = [lines.get_segments()[0] for lines in axes.collections if lines.get_label() == label]
    assert all(first[1] == second[1] for first, second in found)
    return [first[1] for first, _ in sorted(found, key=lambda line: line[0][0])]


def medians_of(axes):
    """Place and height of each star."""
    stars = lines_of(axes, "median")
    assert {star.get_marker() for star in stars} == {"*"}
    return sorted((star.get_xdata()[0], star.get_ydata()[0]) for star in stars)


def names_below(axes):
    return [label.get_text() for label in axes.get_xticklabels()]


@pytest.mark.parametrize(
    "module",
    [
        "figures._cka_by_layer",
        "figures._entropy_by_layer",
        "figures._overlap_against_visual_change",
        "figures._overlap_by_layer",
        "figures._top_image_grid",
        "_saved_tables",
    ],
)
def test_examples(module):
    found = doctest.testmod(importlib.import_module(f"artlucid.{module}"))
    assert found.failed == 0 < found.attempted


def test_cka_has_a_curve_a_pair_over_the_twelve_layers():
    table = layers([PAIR, ("imagenet", "runs/icons")])
    figure = figures.cka_by_layer(table, labels={"imagenet": "ImageNet"})
    for axes, column in zip(figure.axes, ("cka", "cka_debiased"), strict=True):
        for pair in ("runs/styles", "runs/icons"):
            (curve,) = lines_of(axes, f"ImageNet – {pair}")
            rows = table[table["model_b"] == pair].set_index("layer")
            np.testing.assert_array_equal(curve.get_ydata(), rows.loc[list(WHOLE), column])
    assert names_below(figure.axes[1]) == list(WHOLE)
    assert {"ImageNet – runs/styles", "ImageNet – runs/icons", "floor: the same images in another order"} <= set(
        said(figure)
    )
    assert_legible(figure)


def test_cka_stands_beside_its_floor_and_interval():
    table = layers()
    plain, debiased = figures.cka_by_layer(table).axes
    rows = table.set_index("layer").loc[list(WHOLE)]
    floors = [line for line in plain.lines if line.get_linestyle() != "-"]
    np.testing.assert_array_equal(floors[0].get_ydata(), rows["cka_floor"])
    (zero,) = (line for line in debiased.lines if line.get_linestyle() != "-")
    assert set(zero.get_ydata()) == {0}
    ends = [segment[:, 1].tolist() for lines in plain.collections[1:] for segment in lines.get_segments()]
    np.testing.assert_array_equal(ends, rows[["cka_low", "cka_high"]])


def test_debiased_cka_has_its_own_floor_and_interval_if_they_are_there():
    table = layers()
    table["cka_debiased_low"], table["cka_debiased_high"] = table["cka_debiased"] - 0.3, table["cka_debiased"] + 0.01
    table["cka_debiased_floor"] = table["cka_floor"] / 3
    axes = figures.cka_by_layer(table).axes[1]
    rows = table.set_index("layer").loc[list(WHOLE)]
    (floor,) = (line for line in axes.lines if line.get_linestyle() != "-")
    np.testing.assert_array_equal(floor.get_ydata(), rows["cka_debiased_floor"])
    ends = [segment[:, 1].tolist() for lines in axes.collections[1:] for segment in lines.get_segments()]
    np.testing.assert_array_equal(ends, rows[["cka_debiased_low", "cka_debiased_high"]])


def test_analysed_layers_where_the_table_marks_them():
    table = layers()
    table["analysed"] = table["layer"].isin(["conv2d2", "mixed4d_3x3", "mixed5b"])
    assert names_below(figures.cka_by_layer(table).axes[1]) == ["conv2d2", "mixed4d_3x3", "mixed5b"]


def test_layers_of_an_unknown_network_are_ordered_by_their_numbers():
    table = channels(names=["block10_conv", "block9_conv", "stem"], size=5)
    assert names_below(figures.overlap_by_layer(table).axes[0]) == ["block9_conv", "block10_conv", "stem"]


def test_frozen_layers_and_empty_cells_are_gaps_in_a_curve():
    table = layers([PAIR, ("imagenet", "runs/high")])
    high = table["model_b"] == "runs/high"
    table["frozen"] = np.where(high & table["layer"].isin(WHOLE[:5]), "True", "False")  # as CSV may have it
    table.loc[high & (table["layer"] == "mixed4b"), "cka"] = np.nan
    axes = figures.cka_by_layer(table).axes[0]
    gaps = np.isnan(lines_of(axes, "imagenet – runs/high")[0].get_ydata())
    assert [name for name, gap in zip(WHOLE, gaps, strict=True) if gap] == [*WHOLE[:5], "mixed4b"]
    assert not np.isnan(lines_of(axes, "imagenet – runs/styles")[0].get_ydata()).any()
    alone = figures.cka_by_layer(table[high])
    assert names_below(alone.axes[1]) == list(WHOLE[5:])


def test_debiased_values_below_zero_are_seen():
    table = layers()
    table["cka_debiased"] -= 0.9
    axes = figures.cka_by_layer(table).axes[1]
    assert axes.get_ylim()[0] < table["cka_debiased"].min()


def test_every_pair_looks_different():
    figure = figures.cka_by_layer(layers(TEN))
    curves = [line for line in figure.axes[0].lines if line.get_label().startswith("runs/")]
    assert len({(line.get_color(), line.get_linestyle(), line.get_marker()) for line in curves}) == 10


def test_overlap_has_a_box_a_layer_with_the_mean_as_its_line_and_the_median_as_its_star():
    table = channels(names=all_layers())
    figure = figures.overlap_by_layer(table)
    (axes,) = figure.axes
    values = table.groupby("layer")["overlap_100"]
    assert len(axes.patches) == len(WHOLE)
    np.testing.assert_allclose(heights_of(axes, "mean"), [np.mean(values.get_group(name)) for name in WHOLE])
    np.testing.assert_allclose(medians_of(axes), [(i, np.median(values.get_group(n))) for i, n in enumerate(WHOLE)])
    for box, name in zip(axes.patches, WHOLE, strict=True):
        heights = box.get_path().vertices[:, 1]
        expected = np.percentile(values.get_group(name), [25, 75])
        np.testing.assert_allclose([heights.min(), heights.max()], expected)
    lines = [lines for lines in axes.collections if lines.get_label() == "mean"]
    assert {matplotlib.colors.to_hex(line.get_color()[0]) for line in lines} == {"#e69f00"}
    chance = table.groupby("layer")["overlap_100_chance"].mean()
    np.testing.assert_allclose(heights_of(axes, "chance"), chance[list(WHOLE)])
    assert {"mean", "median", "by chance", "quartiles", "overlap of top 100", "100 %"} <= set(said(figure))


def test_overlap_at_another_number_with_one_level_of_chance():
    table = channels()
    figure = figures.overlap_by_layer(table, column="overlap_1000", chance=0.25, only=["mixed5b", "conv2d0"])
    (axes,) = figure.axes
    assert names_below(axes) == ["mixed5b", "conv2d0"]
    expected = table.groupby("layer")["overlap_1000"].mean()
    np.testing.assert_allclose(heights_of(axes, "mean"), expected[["mixed5b", "conv2d0"]])
    assert heights_of(axes, "chance") == [0.25, 0.25]
    assert "overlap of top 1000" in said(figure)
    without = figures.overlap_by_layer(table, chance=False)
    assert "by chance" not in said(without) and not heights_of(without.axes[0], "chance")


def test_dead_channels_count_in_overlap_and_not_in_entropy():
    table = channels(names=["mixed5b"], size=4).assign(overlap_100=[0, 0.2, 0.4, 0.9])
    table = table.assign(entropy_a=[0.8, 0.6, 0.9, 0.5], entropy_b=[0, 0.3, 0.5, 0.1], dead_b=[True] + 3 * [False])
    assert heights_of(figures.overlap_by_layer(table).axes[0], "mean") == pytest.approx([0.375])
    figure = figures.entropy_by_layer(table)
    assert heights_of(figure.axes[0], "mean") == pytest.approx([0.7, 0.3])
    assert "imagenet – runs/styles\n0 and 1 of 4 channels without a value" in said(figure)


@pytest.mark.parametrize(
    "of, columns", [("both", ["entropy_a", "entropy_b"]), ("a", ["entropy_a"]), ("b", ["entropy_b"])]
)
def test_entropy_of_one_network_or_both(of, columns):
    table = channels()
    figure = figures.entropy_by_layer(table, of=of, chance=0.96)
    (axes,) = figure.axes
    assert len(axes.patches) == len(columns) * len(WHOLE)
    expected = table.groupby("layer")[columns].mean().loc[list(WHOLE)].to_numpy().ravel()
    np.testing.assert_allclose(heights_of(axes, "mean"), expected)
    assert heights_of(axes, "chance") == [0.96] * len(WHOLE) * len(columns)
    assert ("first network, quartiles" in said(figure)) == ("entropy_a" in columns)
    by_layer = table.groupby("layer")[[f"{column}_chance" for column in columns]].mean().loc[list(WHOLE)]
    (axes,) = figures.entropy_by_layer(table, of=of).axes
    np.testing.assert_allclose(heights_of(axes, "chance"), by_layer.to_numpy().ravel())


def test_a_panel_a_pair_with_its_own_values():
    pairs = [PAIR, ("imagenet", "runs/high")]
    table = channels(pairs)
    table["frozen"] = (table["model_b"] == "runs/high") & table["layer"].isin(WHOLE[:3])
    figure = figures.overlap_by_layer(table)
    assert [len(axes.patches) for axes in figure.axes] == [12, 9]
    for axes, (_, second) in zip(figure.axes, pairs, strict=True):
        rows = table[(table["model_b"] == second) & ~table["frozen"]]
        expected = rows.groupby("layer")["overlap_100"].median().loc[list(WHOLE[12 - len(axes.patches) :])]
        assert [height for _, height in medians_of(axes)] == pytest.approx(expected.tolist())
    assert medians_of(figure.axes[1])[0][0] == 3


def test_a_column_without_values_is_said():
    table = channels(names=WHOLE[:2]).assign(overlap_1000=np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = figures.overlap_by_layer(table, column="overlap_1000", chance=False)
    assert not figure.axes[0].patches
    assert "imagenet – runs/styles\n80 of 80 channels without a value" in said(figure)


def test_overlap_over_visual_change():
    table = channels(size=30)
    table.loc[:99, "visual_change"] = np.nan
    figure = figures.overlap_against_visual_change(table)
    axes = figure.axes[0]
    seen = table[["visual_change", "overlap_100"]].dropna()
    points = axes.collections[0].get_offsets()
    np.testing.assert_allclose(np.array(sorted(points.tolist())), sorted(seen.to_numpy().tolist()))
    correlation = seen["visual_change"].rank().corr(seen["overlap_100"].rank())
    assert f"imagenet – runs/styles\nSpearman {correlation:.2f}, 260 channels".replace("-", "−") in said(figure)
    assert {"conv2d0", "mixed5b", "visual change", "overlap of top 100"} <= set(said(figure))


def test_dead_channels_are_no_points_and_changes_may_be_negative():
    table = channels(names=["mixed5b"], size=4).assign(overlap_100=[0, 0.2, 0.4, 0.9], visual_change=[2, 1, 0.5, -0.2])
    axes = figures.overlap_against_visual_change(table.assign(dead_a=[True] + 3 * [False])).axes[0]
    assert sorted(axes.collections[0].get_offsets().tolist()) == [[-0.2, 0.9], [0.5, 0.4], [1, 0.2]]
    least, most = axes.get_xlim()
    assert -0.4 < least < -0.2 and 1 < most < 1.2


def test_frozen_channels_are_no_points():
    table = channels(size=5).assign(frozen=lambda rows: rows["layer"].isin(WHOLE[:5]))
    axes = figures.overlap_against_visual_change(table).axes[0]
    expected = table.loc[~table["frozen"], ["visual_change", "overlap_100"]].to_numpy().tolist()
    np.testing.assert_allclose(sorted(axes.collections[0].get_offsets().tolist()), sorted(expected))


def test_no_correlation_where_there_is_none_to_speak_of():
    table = channels([PAIR, ("a", "b")], names=["mixed5b"], size=5).assign(overlap_100=0.5)
    table.loc[6:, "visual_change"] = np.nan
    titles = [axes.get_label() for axes in figures.overlap_against_visual_change(table).axes]
    assert titles[:2] == ["imagenet – runs/styles\n5 channels", "a – b\n1 channel"]


@pytest.mark.parametrize("width", [3.4, 7.2])
def test_no_text_meets_another_with_one_pair_or_ten(drawn, width):
    draw, table = drawn
    pairs = [(UNBROKEN, "$x{"), *TEN] if width > 5 else [PAIR]
    options = {"columns": 1} if draw is figures.overlap_against_visual_change and width < 5 else {}
    figure = draw(table(pairs), width=width, **options)
    assert_legible(figure)
    assert figure.get_figwidth() == width


@pytest.mark.parametrize("kind", ["cka", "overlap", "entropy"])
def test_sixty_six_layers_stand_in_bands(kind):
    draw, make = DRAWN[kind]
    names = all_layers()
    names[10] = f"{LONG}{LONG}"
    figure = draw(make(names=names), only=names)
    assert_legible(figure)
    below = [name for axes in figure.axes for name in names_below(axes) if name]
    assert len(below) == 66 and below[:10] + below[11:] == names[:10] + names[11:]
    assert "…" in below[10]
    if kind != "cka":
        assert sum(len(axes.patches) for axes in figure.axes) == (132 if kind == "entropy" else 66)
    else:
        curves = [lines_of(axes, "imagenet – runs/styles")[0].get_ydata().tolist() for axes in figure.axes[::2]]
        assert [value for curve in curves for value in curve] == layers()["cka"].tolist()


def test_read_back_from_csv(drawn, tmp_path):
    draw, make = drawn
    table = make()
    again = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    files = [figures.save(draw(one), tmp_path / f"{name}.png", dpi=60)[0] for name, one in (("a", table), ("b", again))]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_users_style_changes_nothing_and_tables_stay_as_they_are(drawn, tmp_path):
    draw, make = drawn
    table = make()
    before = table.copy()
    figures.save(draw(table), tmp_path / "a.png", dpi=60)
    style = {"figure.facecolor": "black", "text.color": "red", "font.size": 30, "axes.grid": True, "grid.color": "red"}
    style |= {"lines.linewidth": 5, "axes.facecolor": "black", "xtick.top": True, "boxplot.notch": True}
    style |= {"lines.marker": "x", "xtick.minor.visible": True, "axes.spines.top": True, "boxplot.showmeans": True}
    with matplotlib.rc_context(style):
        figures.save(draw(table), tmp_path / "b.png", dpi=60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    pd.testing.assert_frame_equal(table, before)


def test_png_and_pdf(drawn, tmp_path):
    draw, make = drawn
    written = figures.save(draw(make()), tmp_path / "figure", formats=["png", "pdf"], dpi=50)
    assert [path.read_bytes()[:4] for path in written] == [b"\x89PNG", b"%PDF"]


def test_missing_columns_are_refused_by_name(refused):
    for (draw, make), missing in zip(
        DRAWN.values(), (["cka_floor", "frozen"], ["overlap_100_chance"], ["dead_b"], ["visual_change"]), strict=True
    ):
        table = make().drop(columns=missing)
        argument = "layers" if make is layers else "channels"
        with refused(f"`{argument}` must have the columns model_a", f"without {', '.join(missing)}", f"{argument}.csv"):
            draw(table)
    with refused("model_b", "without model_b", "artlucid compare"):
        figures.overlap_by_layer(channels().drop(columns="model_b"))


def test_unusable_tables_are_refused(drawn, refused):
    draw, make = drawn
    table = make()
    with refused("must be a DataFrame", "str", "read_csv"):
        draw("layers.csv")
    with refused("at least one row", "an empty table", "compare again"):
        draw(table.iloc[:0])
    with refused("must have one row for each model_a, model_b, layer", "imagenet", "different names"):
        draw(pd.concat([table, table]))
    column = "cka" if make is layers else "overlap_100"
    column = "entropy_a" if draw is figures.entropy_by_layer else column
    with refused(f"The column {column} must hold numbers", "'much'", "empty"):
        draw(table.astype({column: object}).assign(**{column: "much"}))
    with refused("`labels` must be for models", "'imagnet'", "imagenet, runs/styles"):
        draw(table, labels={"imagnet": "ImageNet"})


def test_unusable_options_are_refused(refused):
    table = channels()
    with refused("`layers` must be layers of the table", "'mixed4dd'", "mixed4d"):
        figures.overlap_by_layer(table, only=["mixed4dd"])
    with refused("`layers` must be a sequence", "'mixed4d'", '["conv2d0"]'):
        figures.entropy_by_layer(table, only="mixed4d")
    for wrong in (4.7, None, "overlap_100_chance"):
        with refused("`chance` must be", repr(wrong), "Divide"):
            figures.overlap_by_layer(table, chance=wrong)
    with refused("`of` must be one of both, a, b", "'before'", "Choose"):
        figures.entropy_by_layer(table, of="before")
    with refused("at least one that is not frozen", "none", "choose other"):
        figures.cka_by_layer(layers().assign(frozen=True))
    with refused("at least 1.0 inches", "0.9", "larger width"):
        figures.cka_by_layer(layers(), width=0.9)
    with refused("both overlap_100 and visual_change", "none", "artlucid visualize"):
        figures.overlap_against_visual_change(table.assign(visual_change=np.nan))
    with refused("Each panel", "`width` 3", "fewer columns"):
        figures.overlap_against_visual_change(channels(TEN), columns=3, width=3)


def grids_of(figure):
    return [axes.images[0].get_array() for axes in figure.axes]


def cell_of(pixels, place, shape=(10, 10)):
    """The part of a grid that holds a place, found by proportion."""
    height, width = np.array(pixels.shape[:2]) / shape[::-1]
    row, column = divmod(place, shape[0])
    return pixels[round(row * height) : round((row + 1) * height), round(column * width) : round((column + 1) * width)]


def test_images_stand_in_reading_order_and_those_shared_have_a_green_border(tmp_path):
    shared = {0, 9, 10, 57, 99}
    images = [solid((place * 2, 20, 250)) for place in range(100)]
    figure = figures.top_image_grid({"mode A": [TopImages(images, shared)]}, ["mixed4d_3x3\nchannel 52"])
    (file,) = figures.save(figure, tmp_path / "a.png", dpi=300)
    with Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB"))
    box = figure.axes[0].get_window_extent().transformed(figure.dpi_scale_trans.inverted())
    top, bottom = (round(300 * (figure.get_figheight() - side)) for side in (box.y1, box.y0))
    pixels = pixels[top:bottom, round(300 * box.x0) : round(300 * box.x1)]
    green = (np.abs(pixels.astype(int) - GREEN) <= 12).all(axis=-1)
    bordered = set()
    for place in range(100):
        cell = cell_of(pixels, place)
        middle = cell[cell.shape[0] // 2, cell.shape[1] // 2]
        np.testing.assert_allclose(middle, (place * 2, 20, 250), atol=2)
        edge = cell_of(green, place)
        sides = [edge[30:-30, :16].any(axis=1), edge[30:-30, -16:].any(axis=1), edge[:16, 30:-30].any(axis=0)]
        if np.all([*sides, edge[-16:, 30:-30].any(axis=0)]):
            bordered.add(place)
        else:
            assert edge.mean() < 0.1  # that of its neighbours at most
        assert not edge[20:-20, 20:-20].any()
    assert bordered == shared


def test_whole_images_and_patches_keep_their_shape():
    wide, tall = solid(RED, (80, 20)), solid(BLUE, (10, 40)) / 255
    figure = figures.top_image_grid({"a": [TopImages([wide, tall])]}, ["x"], shape=(2, 2))
    (pixels,) = grids_of(figure)
    for colour, proportion in ((RED, 4), (BLUE, 1 / 4)):
        rows, columns = np.nonzero((pixels == colour).all(axis=-1))
        assert np.ptp(columns) / np.ptp(rows) == pytest.approx(proportion, rel=0.05)
    assert (cell_of(pixels, 3, (2, 2)) == 255).all()


def test_images_from_files(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    for path, colour in zip(paths, (RED, BLUE), strict=True):
        path.write_bytes(png(solid(colour)))
    top = TopImages([str(paths[0]), paths[1], None], optimized=paths[1])
    optimized, pixels = grids_of(figures.top_image_grid({"a": [top]}, ["x"], shape=(3, 1)))
    assert (optimized == BLUE).all()
    cells = [cell_of(pixels, place, (3, 1)) for place in range(3)]
    middles = [tuple(cell[cell.shape[0] // 2, cell.shape[1] // 2]) for cell in cells]
    assert middles[:2] == [RED, BLUE]
    assert 0.05 < (cells[2] == 153).all(axis=-1).mean() < 0.3  # hatched
    paths[0].write_bytes(b"no picture")
    with pytest.raises(DataError, match="readable image"):
        figures.top_image_grid({"a": [top]}, ["x"])


def test_what_stands_above_and_below_a_grid():
    classes = {"Pop_Art": 0.1, "Ukiyo-e": 0.456, "Mannerism": 0.25, "Baroque": 0.2, "Cubism": 0}
    after = TopImages([solid(RED)] * 4, overlap=0.46, classes=classes, optimized=solid(BLUE))
    rows = {"ImageNet": [TopImages([solid(RED)] * 4)], "mode A": [after]}
    figure = figures.top_image_grid(rows, ["mixed4d_3x3\nchannel 52"], shape=(2, 2))
    words = said(figure)
    assert "overlap 46 %\n46 % Ukiyo-e\n25 % Mannerism\n20 % Baroque" in words
    labels = [" ".join(text.split()) for text in words]
    assert labels[:2] == ["mixed4d_3x3 channel 52", "ImageNet maximal activation images"]
    assert "mode A optimized images" in labels and "ImageNet optimized images" not in labels
    before, optimized, grid = figure.axes
    assert (optimized.images[0].get_array() == BLUE).all()
    assert before.get_position().y0 > optimized.get_position().y1 > grid.get_position().y1


@pytest.mark.parametrize("number, width", [(1, 7.2), (7, 7.2), (3, 3.6)])
def test_no_text_meets_another_however_long_the_classes(number, width):
    classes = {UNBROKEN: 0.5, "Mannerism_(Late_Renaissance)": 0.25, r"$\no{mathematics$ " + LONG: 0.125}
    top = TopImages([solid(RED)] * 5, {1}, 0.2, classes, solid(BLUE))
    titles = [f"mixed4d_pool_reduce\nchannel {index}" for index in range(number)]
    figure = figures.top_image_grid({UNBROKEN: [top] * number, LONG: [top] * number}, titles, width=width)
    assert_legible(figure)
    assert figure.get_figwidth() <= width
    # Each of 10 x 10 images is 3 mm wide at least, in print.
    assert min(axes.get_position().width for axes in figure.axes) * figure.get_figwidth() > 10 * 3 / 25.4 or width < 7


def test_unusable_sets_are_refused(refused):
    image = solid(RED)

    def draw(top, **options):
        return figures.top_image_grid({"mode A": [top]}, ["x"], **options)

    with refused("a place for each image", "10 × 10 places for 101 images", "larger `shape`"):
        draw(TopImages([image] * 101))
    with refused("`shared` must be places of the 2 images", "2 in 'mode A'", "first image"):
        draw(TopImages([image] * 2, {1, 2}))
    with refused("0 … 1", "46", "Divide"):
        draw(TopImages([image], overlap=46))
    with refused("0 … 1", "-0.1", "Divide"):
        draw(TopImages([image], classes={"Ukiyo-e": -0.1}))
    with refused("shape (height, width, 3)", "(24, 24)", "Give"):
        draw(TopImages([image[..., 0]]))
    with refused("`shape` must be a positive integer", "0", "Give"):
        draw(TopImages([image]), shape=(0, 10))
    with refused("for each of the 2 titles", "1 in 'a'", "TopImages([])"):
        figures.top_image_grid({"a": [TopImages([image])]}, ["x", "y"])
    with refused("`rows` must be a mapping", "list", "Name each"):
        figures.top_image_grid([[TopImages([image])]], ["x"])


def test_shortened_text_keeps_both_ends():
    name = "mixed4d_pool_reduce"
    assert _text.shortened(name, 2) == name
    short = _text.shortened(name, 0.6)
    first, second = short.split("…")
    assert name.startswith(first) and name.endswith(second) and abs(len(first) - len(second)) <= 1
    assert _text.width_of(short) <= 0.6 < _text.width_of(name)
    assert _text.shortened(name, 0) == "…"
