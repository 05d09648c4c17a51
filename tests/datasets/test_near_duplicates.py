import dataclasses
import io
import shutil

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from artlucid.datasets import _perceptual_hash as hash_module
from artlucid.datasets import folder, load, near_duplicates, near_duplicates_between, synthetic
from artlucid.datasets._perceptual_hash import close_pairs


def recompressed(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=30)
    return Image.open(file)


def cropped(image):
    margin = round(0.02 * image.width)
    return ImageOps.crop(image, margin)


def turned_by_exif(image):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    image.transpose(Image.Transpose.ROTATE_90).save(file, "PNG", exif=exif)
    return file


ALTERATIONS = {
    "the same": lambda image: image,
    "smaller": lambda image: image.resize((50, 50), Image.Resampling.BICUBIC),
    "larger": lambda image: image.resize((300, 300), Image.Resampling.BICUBIC),
    "recompressed": recompressed,
    "cropped by 2 % at each side": cropped,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "in grey": lambda image: image.convert("L"),
    "turned by EXIF": turned_by_exif,
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return synthetic(folder=tmp_path_factory.mktemp("drawn") / "styles", images_per_class=(4, 2, 2), size=96)


@pytest.fixture(scope="module")
def first_of_each_style(drawn):
    return drawn.with_splits({"test": drawn.test.select(range(0, 12, 2))})


def save(image, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, io.BytesIO):
        path.write_bytes(image.getvalue())
    else:
        image.save(path)


def names(found):
    return [(pair.first.relative_path, pair.second.relative_path) for pair in found.pairs]


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
def test_altered_copies_are_found_and_nothing_else(tmp_path, drawn, first_of_each_style, alter):
    originals = first_of_each_style.test
    for number in range(len(originals)):
        save(alter(Image.open(originals.path(number))), tmp_path / f"altered/test/{number}.png")
    altered = folder(tmp_path / "altered")
    expected = [(path, f"test/{number}.png") for number, path in enumerate(originals.relative_paths)]
    found = near_duplicates_between(drawn, altered)
    assert names(found) == expected
    assert (found.n_images, found.n_unreadable, found.n_featureless) == (48 + 6, 0, 0)


def test_different_images_are_none(drawn):
    assert near_duplicates(drawn, within_splits=True).pairs == ()


def test_mirrored_copy_is_none(tmp_path, first_of_each_style):
    save(ImageOps.mirror(Image.open(first_of_each_style.test.path(3))), tmp_path / "test/1.png")
    assert near_duplicates_between(first_of_each_style, folder(tmp_path)).pairs == ()


def test_distances_are_those_of_imagehash(tmp_path, first_of_each_style):
    path = first_of_each_style.test.path(4)
    save(cropped(Image.open(path)), tmp_path / "test/1.png")
    (pair,) = near_duplicates_between(first_of_each_style, folder(tmp_path)).pairs
    one, other = (imagehash.phash(Image.open(file), hash_size=16) for file in (path, tmp_path / "test/1.png"))
    assert pair.distance == one - other > 0
    near = near_duplicates_between(first_of_each_style, folder(tmp_path), max_distance=pair.distance)
    far = near_duplicates_between(first_of_each_style, folder(tmp_path), max_distance=pair.distance - 1)
    assert (len(near.pairs), len(far.pairs)) == (1, 0)


def test_pairs_name_dataset_and_split_in_the_order_of_the_arguments(tmp_path, first_of_each_style):
    save(Image.open(first_of_each_style.test.path(2)), tmp_path / "train/b.png")
    save(Image.open(first_of_each_style.test.path(1)), tmp_path / "val/a.png")
    other = folder(tmp_path)
    pairs = near_duplicates_between(first_of_each_style, other).pairs
    assert [dataclasses.astuple(pair) for pair in pairs] == [
        (
            (first_of_each_style.specification, "test", "test/dots/0.png"),
            (f"folder:{tmp_path}", "val", "val/a.png"),
            0,
        ),
        (
            (first_of_each_style.specification, "test", "test/gradients/0.png"),
            (f"folder:{tmp_path}", "train", "train/b.png"),
            0,
        ),
    ]
    swapped = near_duplicates_between(other, first_of_each_style).pairs
    assert {(pair.second, pair.first) for pair in swapped} == {(pair.first, pair.second) for pair in pairs}
    assert [pair.first.split for pair in swapped] == ["train", "val"]


@pytest.fixture
def repeated(tmp_path, first_of_each_style):
    """Image a twice in train and once in val, image b in val and in test."""
    a, b = first_of_each_style.test.path(0), first_of_each_style.test.path(3)
    for image, place in [(a, "train/1"), (a, "train/2"), (a, "val/3"), (b, "val/4"), (b, "test/5")]:
        (tmp_path / "repeated" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, tmp_path / f"repeated/{place}.png")
    return folder(tmp_path / "repeated")


def test_between_splits(repeated):
    assert names(near_duplicates(repeated)) == [
        ("train/1.png", "val/3.png"),
        ("train/2.png", "val/3.png"),
        ("val/4.png", "test/5.png"),
    ]


def test_within_splits_on_request(repeated):
    assert names(near_duplicates(repeated, within_splits=True)) == [
        ("train/1.png", "train/2.png"),
        ("train/1.png", "val/3.png"),
        ("train/2.png", "val/3.png"),
        ("val/4.png", "test/5.png"),
    ]


def test_only_the_splits_given(repeated):
    trained_and_tested = repeated.with_splits({"train": repeated.train, "test": repeated.test})
    found = near_duplicates(trained_and_tested)
    assert (found.pairs, found.n_images) == ((), 3)


def test_notice_names_five_pairs_and_counts_the_others(tmp_path, repeated, first_of_each_style):
    assert near_duplicates(repeated.with_splits({"val": repeated.val, "test": repeated.test})).notices == (
        "1 pair of images looks the same, which flatters the scores where one is for training and the other for "
        "testing: val/4.png (val) = test/5.png (test)",
    )
    for number in range(6):
        save(Image.open(first_of_each_style.test.path(number)), tmp_path / f"other/train/{number}.png")
    (notice,) = near_duplicates_between(first_of_each_style, folder(tmp_path / "other")).notices
    one, other = first_of_each_style.specification, f"folder:{tmp_path}/other"
    assert notice.startswith("6 pairs of images look the same, ")
    assert f"testing: test/blocks/0.png (test of {one}) = train/0.png (train of {other}); " in notice
    assert notice.endswith("; and 1 more")


def test_unreadable_and_blank_images_are_counted(tmp_path, repeated):
    (tmp_path / "repeated/train/broken.jpg").write_bytes(b"no image")
    ramp = Image.fromarray(np.tile(np.arange(96, dtype=np.uint8), (96, 1)))
    for split in ("train", "test"):
        save(Image.new("RGB", (60, 80), "white"), tmp_path / f"repeated/{split}/blank.png")
        save(ramp, tmp_path / f"repeated/{split}/ramp.png")
    found = near_duplicates(folder(tmp_path / "repeated"))
    assert len(found.pairs) == 3
    assert (found.n_images, found.n_unreadable, found.n_featureless) == (10, 1, 4)
    assert found.notices[1] == ("Of 10 images, 1 unreadable file and 4 blank images could not be compared with others.")


def test_nothing_but_unreadable_files(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train/broken.jpg").touch()
    data = folder(tmp_path)
    for found in (near_duplicates(data, within_splits=True), near_duplicates_between(data, data)):
        assert found.pairs == ()
        assert found.n_unreadable == found.n_images


def brute_force(first, second, max_distance):
    def distance(one, other):
        return (int.from_bytes(one.tobytes(), "big") ^ int.from_bytes(other.tobytes(), "big")).bit_count()

    distances = [(i, j, distance(one, other)) for i, one in enumerate(first) for j, other in enumerate(second)]
    return [list(found) for found in distances if found[2] <= max_distance]


@pytest.mark.parametrize("max_distance", [0, 1, 64, 120, 256])
def test_search_is_exact(monkeypatch, max_distance):
    monkeypatch.setattr(hash_module, "BLOCK", 7)
    generator = np.random.default_rng(0)
    first, second = (generator.integers(0, 256, (number, 32), np.uint8) for number in (40, 30))
    flipped = [0, 1, 2, 63, 64, 65]
    for row, number in enumerate(flipped):
        bits = np.unpackbits(first[row])
        bits[generator.permutation(256)[:number]] ^= 1
        second[4 * row] = np.packbits(bits)
    pairs = close_pairs(first, second, max_distance).tolist()
    assert pairs == brute_force(first, second, max_distance)
    planted = [[row, 4 * row, number] for row, number in enumerate(flipped) if number <= max_distance]
    assert [pair for pair in planted if pair not in pairs] == []


@pytest.mark.parametrize("max_distance", [-1, 257, 1.5, "64", None])
def test_distance_out_of_range(refused, drawn, max_distance):
    for search in (near_duplicates, lambda data, **options: near_duplicates_between(data, data, **options)):
        with refused("`max_distance` must be an integer in 0 … 256", repr(max_distance), "Give 64"):
            search(drawn, max_distance=max_distance)


def test_more_pairs_than_anybody_reads(monkeypatch, refused, drawn):
    monkeypatch.setattr(hash_module, "MOST_PAIRS", 100)
    with refused("at most 100 pairs", "256", "Give less"):
        near_duplicates(drawn, max_distance=256)


def test_originals_are_found_among_their_small_copies(shared_data):
    originals = load(f"folder:{shared_data}/data/originals")
    small = load(f"rasta:{shared_data}/data/rasta_small")
    found = near_duplicates_between(originals, small.with_splits({"train": small.train}))
    assert len(found.pairs) == 24
    assert all(one == other.split("/")[-1] for one, other in names(found))


def test_icon_photographed_twice_is_found(shared_data):
    icons = load(f"folder:{shared_data}/data/byzart_iconart_format/JPEGImages")
    found = names(near_duplicates(icons, within_splits=True))
    assert found == [("byzart_015.jpg", "byzart_153.jpg"), ("byzart_009.jpg", "byzart_395.jpg")]
