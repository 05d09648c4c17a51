"""Patches: boxes whose truth is painted, worked out by hand or found by finite differences."""

import dataclasses

import keras
import numpy as np
import pytest
from activations.plain import hand_made, read
from PIL import Image

from artlucid import activations, architectures, models
from artlucid.activations import Box
from artlucid.activations._extraction._gradients import Gradients
from artlucid.architectures import inception_v1
from artlucid.architectures._windows import windows
from artlucid.errors import ActivationsError, DataError, ModelError
from artlucid.models import layer_output

RED, BLACK = (255, 0, 0), (0, 0, 0)
SIZE = 32
OPTIONS = activations.Options(size=SIZE, batch_size=3, cache=False)
SIDES = ["left", "top", "right", "bottom"]


@pytest.fixture(scope="module")
def red_network():
    """Of two channels: how red a window of 8 x 8 pixels is beyond one half, and how green."""
    inputs = keras.Input((None, None, 3))
    each = keras.layers.Conv2D(2, 1, activation="relu", name="colour")
    mean = keras.layers.AveragePooling2D(8, 4, name="window")
    model = keras.Model(inputs, mean(each(inputs)))
    each.set_weights([np.array([[[[1, 0], [0, 1], [0, 0]]]], np.float32), np.array([-0.5, -0.5], np.float32)])
    return models.wrap(model, value_range=(0, 1), layers=["colour", "window"])


def painted(width, height, left, top, side):
    image = np.zeros((height, width, 3), np.uint8)
    image[top : top + side, left : left + side] = RED
    return image


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    """Red squares on black; nothing in the last image."""
    images = [painted(32, 32, 9, 13, 3), painted(32, 32, 25, 2, 4), painted(32, 32, 0, 0, 1)]
    images[2][...] = 0
    return hand_made(tmp_path_factory.mktemp("squares"), images)


def activity_of(network, layer, images):
    return keras.Model(network.keras_model.input, layer_output(network, layer))(images).numpy()


def boxes(table):
    return table[SIDES].to_numpy()


def test_the_box_is_the_square_that_alone_fires_the_channel(red_network, squares):
    found = activations.gradient_patches(red_network, squares.test, "window", {0: [0, 1]}, share=1, options=OPTIONS)
    np.testing.assert_allclose(boxes(found) * 32, [[9, 13, 12, 16], [25, 2, 29, 6]])
    assert found[["layer", "channel", "rank", "image", "path"]].values.tolist() == [
        ["window", 0, 0, 0, "000.png"],
        ["window", 0, 1, 1, "001.png"],
    ]


def test_nothing_fires_nothing(red_network, squares):
    found = activations.gradient_patches(red_network, squares.test, "window", {1: [0], 0: [2, 1]}, options=OPTIONS)
    assert np.isnan(boxes(found)).all(axis=1).tolist() == [True, True, False]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize(("width", "height"), [(96, 64), (64, 160)])
def test_a_box_is_one_of_the_whole_upright_image(red_network, tmp_path, width, height, orientation):
    # Seen at half the size, so that edges lie between pixels that were.
    image = painted(width, height, width // 2 + 4, height // 2 - 12, 8)
    dataset = hand_made(tmp_path, [image])
    turned = Image.fromarray(image).rotate({1: 0, 3: 180, 6: 90, 8: 270}[orientation], expand=True)
    turned.save(tmp_path / "000.png", exif=_exif(orientation))
    found = activations.gradient_patches(red_network, dataset.test, "window", {0: [0]}, share=1, options=OPTIONS)
    box = Box(*boxes(found)[0])
    # Lanczos spreads an edge over a pixel of what is seen, which is two here.
    expected = [width // 2 + 4, height // 2 - 12, width // 2 + 12, height // 2 - 4]
    assert np.abs(np.array(box.in_pixels(width, height)) - expected).max() <= 2
    pixels = activations.cut_patch(dataset.test.path(0), box)
    assert (pixels == RED).all(axis=-1).sum() == 64
    small = activations.cut_patch(dataset.test.path(0), box, side=4)
    assert min(small.shape[:2]) in (4, 5) and small[..., 0].mean() > 100


def _exif(orientation):
    exif = Image.Exif()
    exif[274] = orientation
    return exif


def test_one_place_of_equal_maxima(red_network, tmp_path):
    image = painted(32, 32, 4, 4, 4)
    image[20:24, 20:24] = RED
    dataset = hand_made(tmp_path, [image])
    found = activations.gradient_patches(red_network, dataset.test, "window", {0: [0]}, share=1, options=OPTIONS)
    np.testing.assert_allclose(boxes(found) * 32, [[4, 4, 8, 8]])


def test_energy_is_that_of_a_known_kernel(tmp_path):
    inputs = keras.Input((None, None, 3))
    layer = keras.layers.Conv2D(1, 3, strides=2, name="edges")
    model = keras.Model(inputs, layer(inputs))
    kernel = np.random.default_rng(0).normal(size=(3, 3, 3, 1)).astype(np.float32)
    layer.set_weights([kernel, np.ones(1, np.float32)])
    network = models.wrap(model, value_range=(-1, 1))
    images = np.zeros((2, 9, 9, 3), np.float32) + 127.5
    images[1, 4, 6] = 255 * (kernel[0, 2, :, 0] > 0)
    energy = Gradients(network, "edges", 9)(images, np.zeros(2))
    # In the first image all places are equal: the first one counts. In the second the bright pixel stands at the
    # right end of the upper row of the window of row 2, column 2.
    for image, (row, column) in enumerate([(0, 0), (2, 2)]):
        expected = np.zeros((9, 9))
        expected[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] = (kernel[..., 0] ** 2).sum(-1) * (2 / 255) ** 2
        np.testing.assert_allclose(energy[image], expected, rtol=1e-4)


@pytest.mark.parametrize("layer", ["conv2d2", "mixed3a_5x5"])
def test_energy_is_that_of_finite_differences(mini, data, layer):
    """At the pixels with most of it, by which the box is found."""
    images = read(data.test.select([1, 7]), 96)
    activity = activity_of(mini, layer, images)
    channels = activity.max(axis=(1, 2)).argmax(axis=1)
    energy = Gradients(mini, layer, 96)(images, channels)
    for index, channel in enumerate(channels):
        plane = activity[index, ..., channel]
        row, column = np.unravel_index(plane.argmax(), plane.shape)
        pixels = np.argsort(energy[index], axis=None)[-3:]
        for y, x in zip(*np.unravel_index(pixels, (96, 96)), strict=True):
            moved = np.repeat(images[index : index + 1], 6, axis=0)
            for colour in range(3):
                moved[2 * colour, y, x, colour] += 0.5
                moved[2 * colour + 1, y, x, colour] -= 0.5
            values = activity_of(mini, layer, moved)[:, row, column, channel]
            assert energy[index, y, x] == pytest.approx(((values[::2] - values[1::2]) ** 2).sum(), rel=0.05)


@pytest.mark.parametrize(("variant", "layer"), [("mini", "conv2d0"), ("mini", "mixed3a_1x1"), ("bvlc", "conv2d2")])
def test_windows_are_where_gradients_reach(variant, layer):
    """The middle of what a place in a map depends on, found by gradients of many random images."""
    network = models.load("none", architecture=variant)
    stride, offset = windows(architectures.get(variant), layer)
    size, generator = 96, np.random.default_rng(0)
    images = generator.uniform(0, 255, (64, size, size, 3)).astype(np.float32)
    output = activity_of(network, layer, images)
    assert size / output.shape[1] == stride
    energy = Gradients(network, layer, size)(images, generator.integers(0, output.shape[-1], 64))
    middles = []
    for index in range(64):
        rows, columns = (np.flatnonzero(energy[index].any(axis=axis)) for axis in (1, 0))
        if len(rows):
            middles.append((rows[0] + rows[-1] + 1) / 2)
            middles.append((columns[0] + columns[-1] + 1) / 2)
    # Where a maximum is not at the border, it is so far from the middle of a cell.
    inside = [middle for middle in middles if 40 < middle < size - 40]
    apart = [(middle - offset) / stride - 0.5 for middle in inside]
    assert len(inside) >= 4
    assert np.abs(np.median([value - round(value) for value in apart])) * stride <= 0.51


@pytest.fixture(scope="module")
def red_cache(red_network, squares, tmp_path_factory):
    path = tmp_path_factory.mktemp("red") / "red.h5"
    with activations.extract(red_network, squares.test, out=path, options=OPTIONS) as cache:
        yield cache


def test_fixed_crops_lie_around_the_maximum(red_cache, squares):
    found = activations.fixed_patches(red_cache, squares.test, "window", {0: [0, 1, -1]}, side=10)
    # Of 7 windows of 8 pixels, so that the middles of the cells are 32 / 7 apart.
    for box, index in zip(boxes(found), (0, 1), strict=True):
        row, column = red_cache.place("window")[index, 0]
        middle = [(place + 0.5) * 32 / 7 for place in (column, row)]
        expected = np.clip(np.array(middle) - 5, 0, 32 - 10)
        np.testing.assert_allclose(box * 32, [*expected, *(expected + 10)])
    assert found["rank"].tolist() == [0, 1]


def test_fixed_crops_of_a_known_architecture(cache, mini, data):
    """Of mini's table, with the middles of its windows."""
    images = {channel: list(range(len(data.test))) for channel in (0, 3)}
    table = activations.fixed_patches(cache, data.test, "mixed3a", images)
    side = architectures.get("mini").patch_sides["mixed3a*"]
    places = cache.place("mixed3a")[:]
    for row in table.itertuples():
        middle = (places[row.image, row.channel][::-1] + 0.5) * 8 + 3.5
        start = np.clip(middle - side / 2, 0, 96 - side)
        with Image.open(data.test.path(row.image)) as file:
            seen = np.round(np.array(file.size) * 96 / min(file.size))
        expected = [*(start + (seen - 96) // 2) / seen, *(start + side + (seen - 96) // 2) / seen]
        np.testing.assert_allclose([row.left, row.top, row.right, row.bottom], expected)
    deep = activations.fixed_patches(cache, data.test, "mixed5b", {0: [0]}).iloc[0]
    with Image.open(data.test.path(0)) as file:
        parts = np.array([deep["right"] - deep["left"], deep["bottom"] - deep["top"]]) * file.size / min(file.size)
    np.testing.assert_allclose(parts, 64 / 96, rtol=0.02)


def test_patches_of_a_block_are_those_of_its_branch(cache, mini, data):
    one = cache["mixed3a_1x1"].shape[1]
    assert (
        boxes(activations.fixed_patches(cache, data.test, "mixed3a", {one + 2: [4]})).tolist()
        == boxes(activations.fixed_patches(cache, data.test, "mixed3a_3x3", {2: [4]})).tolist()
    )


def test_every_layer_of_every_variant_has_a_side():
    for architecture in inception_v1.INCEPTION_V1:
        for layer in architecture.convolutions:
            assert any(layer.startswith(pattern.removesuffix("*")) for pattern in architecture.patch_sides), layer


def test_fixed_crops_that_cannot_be(red_cache, squares, expect_refusal):
    images = {0: [0]}
    with expect_refusal("an architecture", "window", "side", kind=ActivationsError):
        activations.fixed_patches(red_cache, squares.test, "window", images)
    with expect_refusal("`side`", "33", "96", kind=ActivationsError):
        activations.fixed_patches(red_cache, squares.test, "window", images, side=33)
    with expect_refusal("the images of the cache", "2 images", "comparison.images()", kind=ActivationsError):
        activations.fixed_patches(red_cache, squares.test.select([1, 0]), "window", images, side=5)
    with pytest.raises(ModelError, match="window"):
        activations.fixed_patches(red_cache, squares.test, "windows", images, side=5)


@pytest.mark.parametrize(
    ("images", "rule", "received"),
    [
        ({0: [3]}, "places in the split", "3"),
        ({0: [-2]}, "places in the split", "-2"),
        ({2: [0]}, "A channel of window", "2"),
        ([0], "a mapping", "list"),
    ],
)
def test_images_that_are_not_there(red_network, red_cache, squares, expect_refusal, images, rule, received):
    with expect_refusal(rule, received, "", kind=ActivationsError):
        activations.gradient_patches(red_network, squares.test, "window", images, options=OPTIONS)
    with expect_refusal(rule, received, "", kind=ActivationsError):
        activations.fixed_patches(red_cache, squares.test, "window", images, side=4)


def test_no_images_at_all(red_network, red_cache, squares):
    for images in ({}, {0: [-1, -1]}):
        assert len(activations.gradient_patches(red_network, squares.test, "window", images, options=OPTIONS)) == 0
        assert len(activations.fixed_patches(red_cache, squares.test, "window", images, side=4)) == 0


def test_a_file_that_is_gone(red_network, squares, tmp_path):
    split = dataclasses.replace(squares.test, root=tmp_path)
    with pytest.raises(DataError, match=r"000\.png"):
        activations.gradient_patches(red_network, split, "window", {0: [0]}, options=OPTIONS)


@pytest.mark.parametrize("corners", [(0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, np.nan, 1, 1)])
def test_boxes_that_are_none(corners, expect_refusal):
    with expect_refusal("0 <= left < right", str(corners[1]), "fractions", kind=ActivationsError):
        Box(*corners)


def test_a_box_of_less_than_a_pixel_has_one():
    assert Box(0.999, 0, 1, 0.001).in_pixels(10, 10) == (9, 0, 10, 1)
