import json

import numpy as np
import pytest
from PIL import Image

from artlucid import datasets
from artlucid.datasets import Split
from artlucid.errors import DataError, OutputError, VisualizationError
from artlucid.visualize import ColourStatistics, colour_statistics
from artlucid.visualize._colours import IMAGENET


def split_of(folder, images):
    """A PNG a picture, which keeps every value."""
    names = tuple(f"{index}.png" for index in range(len(images)))
    for name, image in zip(names, images, strict=True):
        Image.fromarray(np.asarray(image, np.uint8)).save(folder / name)
    return Split("train", folder, names, None)


@pytest.fixture
def statistics():
    matrix = [[0.3, 0.1, 0.02], [0.2, -0.05, 0.1], [0.25, -0.1, -0.1]]
    return ColourStatistics(matrix, [0.6, 1 / 3, 0.3], "Blaue Reiter, “Fränzi”", 3, 12)


def test_covariance_and_mean_are_numpys(tmp_path):
    generator = np.random.default_rng(0)
    mixing = np.array([[50, 20, 5], [45, -5, -20], [40, -20, 15]])
    images = np.clip(128 + generator.normal(size=(40, 8, 8, 3)) @ mixing.T, 0, 255).astype(np.uint8)
    found = colour_statistics(split_of(tmp_path, images), size=8)
    pixels = images.reshape(-1, 3) / 255
    np.testing.assert_allclose(found.matrix @ found.matrix.T, np.cov(pixels.T), rtol=1e-12)
    np.testing.assert_allclose(found.mean, pixels.mean(axis=0), rtol=1e-12)
    assert (found.n_images, found.n_pixels) == (40, 40 * 64)


def test_columns_are_principal_axes_with_their_deviations(tmp_path):
    """By hand: red, green and blue vary independently, by 100, 50 and 25 of 255 about 128."""
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    image = (128 + signs * [100, 50, 25]).reshape(2, 2, 3)
    found = colour_statistics(split_of(tmp_path, [image]), size=2)
    # The unbiased variance of four values is 4/3 of their mean square.
    np.testing.assert_allclose(found.matrix, np.diag([100, 50, 25]) / 255 * np.sqrt(4 / 3), atol=1e-15)
    np.testing.assert_allclose(found.mean, 128 / 255, rtol=1e-15)


def test_signs_are_those_of_imagenet():
    """From its covariance come its columns again, to the two digits that they are given with."""
    from artlucid.visualize._colour_statistics import _square_root

    found = _square_root(IMAGENET.matrix @ IMAGENET.matrix.T)
    np.testing.assert_allclose(found, IMAGENET.matrix, atol=0.01)


def test_does_not_depend_on_the_order_of_images(tmp_path):
    images = np.random.default_rng(1).integers(0, 256, (70, 4, 4, 3))
    split = split_of(tmp_path, images)
    forwards = colour_statistics(split, size=4)
    backwards = colour_statistics(split.select(range(69, -1, -1)), size=4)
    np.testing.assert_array_equal(forwards.matrix, backwards.matrix)
    np.testing.assert_array_equal(forwards.mean, backwards.mean)


def test_split_of_a_dataset(tmp_path):
    drawn = datasets.synthetic(folder=tmp_path / "drawn", images_per_class=(2, 1, 1), size=32)
    whole, train = colour_statistics(drawn, size=32), colour_statistics(drawn, split="train", size=32)
    assert (whole.n_images, train.n_images) == (24, 12)
    assert whole.source == f"{drawn.specification} (all), 32 px"
    np.testing.assert_array_equal(train.matrix, colour_statistics(drawn.train, size=32).matrix)


def test_file_holds_everything(statistics, tmp_path):
    path = tmp_path / "colours.json"
    statistics.save(path)
    found = ColourStatistics.load(path)
    np.testing.assert_array_equal(found.matrix, statistics.matrix)
    np.testing.assert_array_equal(found.mean, statistics.mean)
    assert (found.source, found.n_images, found.n_pixels) == ("Blaue Reiter, “Fränzi”", 3, 12)


def test_imagenets_can_be_saved(tmp_path):
    IMAGENET.save(tmp_path / "imagenet.json")
    assert ColourStatistics.load(tmp_path / "imagenet.json").n_images is None


def test_arrays_are_read_only_copies(statistics):
    mean = np.array([0.5, 0.5, 0.5])
    kept = ColourStatistics(statistics.matrix, mean)
    mean[0] = 0
    assert kept.mean[0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        kept.matrix[0, 0] = 1


# Bad input.


def test_no_images(tmp_path, expect_refusal):
    with expect_refusal("at least one image", "empty 'train'", "choose another split", kind=DataError):
        colour_statistics(Split("train", tmp_path, (), None))


def test_no_such_split(tmp_path, expect_refusal):
    drawn = datasets.synthetic(folder=tmp_path / "drawn", images_per_class=(1, 1, 1), size=32)
    with expect_refusal("`split` must be one", "'everything'", "Choose", kind=DataError):
        colour_statistics(drawn, split="everything")


def test_damaged_image(tmp_path):
    split = split_of(tmp_path, np.zeros((1, 4, 4, 3)))
    (tmp_path / "0.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"0\.png"):
        colour_statistics(split, size=4)


@pytest.mark.parametrize("colours", [[[0, 0, 0], [255, 255, 255]], [[9, 9, 9]], [[255, 0, 0], [0, 0, 255], [0, 0, 0]]])
def test_collection_without_three_directions(colours, tmp_path, expect_refusal):
    image = np.resize(colours, (4, 4, 3))
    with expect_refusal(
        "`matrix` must have an inverse", str(tmp_path), "collection with colours", kind=VisualizationError
    ):
        colour_statistics(split_of(tmp_path, [image]), size=4)


@pytest.mark.parametrize("size", [0, -1, 2.5])
def test_size_that_is_none(size, tmp_path, expect_refusal):
    with expect_refusal("`size` must be", repr(size), "224", kind=VisualizationError):
        colour_statistics(split_of(tmp_path, np.zeros((1, 4, 4, 3))), size=size)


def test_neither_dataset_nor_split(expect_refusal):
    with expect_refusal(
        "must be a Dataset or one of its splits", "'folder:/data'", "datasets.load", kind=VisualizationError
    ):
        colour_statistics("folder:/data")


@pytest.mark.parametrize(
    ("matrix", "mean", "rule", "received"),
    [
        (np.eye(2), [0.5] * 3, "`matrix` must be an array of shape (3, 3)", "[1., 0.]"),
        (np.diag([1, 1, np.nan]), [0.5] * 3, "finite", "nan"),
        ("eye", [0.5] * 3, "`matrix` must be", "'eye'"),
        (np.eye(3), [0.5] * 2, "`mean` must be an array of shape (3,)", "[0.5, 0.5]"),
        (np.eye(3), [0.5, np.inf, 0.5], "finite", "inf"),
        (np.eye(3), [120, 110, 100], "`mean` must be a colour in 0 … 1", "[120.0, 110.0, 100.0]"),
        (np.ones((3, 3)), [0.5] * 3, "`matrix` must have an inverse", "singular values 3, "),
        (np.zeros((3, 3)), [0.5] * 3, "`matrix` must have an inverse", "0, 0, 0"),
    ],
)
def test_values_that_are_no_statistics(matrix, mean, rule, received, expect_refusal):
    with expect_refusal(rule, received, "", kind=VisualizationError):
        ColourStatistics(matrix, mean)


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"format": "artlucid.run"}, "of another format"),
        ({"version": "1"}, "of version '1'"),
        ({"version": 0}, "of version 0"),
        ({"matrix": None}, "without 'matrix'"),
        ({"source": 3}, "without 'a proper source'"),
        ({"n_images": 2.5}, "without 'a proper n_images'"),
    ],
)
def test_damaged_file(change, received, statistics, tmp_path, expect_refusal):
    path = tmp_path / "colours.json"
    statistics.save(path)
    content = json.loads(path.read_text()) | change
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
    with expect_refusal("must be a JSON file", received, "colour_statistics(dataset).save", kind=VisualizationError):
        ColourStatistics.load(path)


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[" * 70000, b'["artlucid.colours"]'])
def test_no_colours_in_a_file(content, tmp_path, expect_refusal):
    (tmp_path / "colours.json").write_bytes(content)
    with expect_refusal("must be a JSON file", "colours.json", "colour_statistics", kind=VisualizationError):
        ColourStatistics.load(tmp_path / "colours.json")


def test_missing_file(tmp_path, expect_refusal):
    with expect_refusal("must be a JSON file", "No such file", "colour_statistics", kind=VisualizationError):
        ColourStatistics.load(tmp_path / "none.json")


def test_newer_file(statistics, tmp_path, expect_refusal):
    path = tmp_path / "colours.json"
    statistics.save(path)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with expect_refusal("version of at most 1", "version 2", "upgrade", kind=VisualizationError):
        ColourStatistics.load(path)


def test_file_with_values_that_are_no_statistics(statistics, tmp_path):
    path = tmp_path / "colours.json"
    statistics.save(path)
    path.write_text(path.read_text().replace("0.25", "NaN"))
    with pytest.raises(VisualizationError, match=r"colours\.json: `matrix` must be .* finite"):
        ColourStatistics.load(path)


def test_folder_that_cannot_be_written(statistics, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="must be writable"):
        statistics.save(tmp_path / "file" / "colours.json")


@pytest.mark.real_data
def test_colours_of_real_paintings(shared_data):
    dataset = datasets.load(f"rasta:{shared_data / 'data/peopleart_styles'}")
    everything = dataset.split("all")
    some = everything.select(np.linspace(0, len(everything) - 1, 300).astype(int))
    found = colour_statistics(some)
    assert found.n_images == 300
    # As of ImageNet: lightness first, much more than anything else; warm against cold next; then green.
    assert (found.matrix[:, 0] > 0.15).all()
    lengths, imagenet = np.linalg.norm(found.matrix, axis=0), np.linalg.norm(IMAGENET.matrix, axis=0)
    assert (np.diff(lengths) < 0).all()
    np.testing.assert_allclose(lengths, imagenet, rtol=0.2)
    cosines = (found.matrix * IMAGENET.matrix).sum(axis=0) / lengths / imagenet
    assert (cosines > 0.98).all()
    # Old varnish: redder than photographs.
    assert found.mean[0] > found.mean[1] > found.mean[2]
