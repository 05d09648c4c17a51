import shutil
from dataclasses import FrozenInstanceError
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from artlucid.datasets import Dataset, Split, folder

ROOT = Path("/data")


def split(name="train", paths=("a/1.jpg", "a/2.jpg", "b/1.jpg"), labels=(0, 0, 1), root=ROOT):
    return Split(name, root, paths, None if labels is None else np.array(labels))


def dataset(*splits, class_names=("a", "b")):
    return Dataset("folder", "folder:/data", ROOT, class_names, {part.name: part for part in splits}, ())


def test_select_keeps_the_order_given():
    chosen = split().select([2, 0])
    assert chosen.relative_paths == ("b/1.jpg", "a/1.jpg")
    assert chosen.labels.tolist() == [1, 0]
    assert chosen.path(0) == ROOT / "b/1.jpg"
    assert len(split().select([])) == 0
    assert split(labels=None).select([1]).labels is None


@pytest.mark.parametrize(
    ("indices", "rule", "received", "advice"),
    [
        ([3], "0 … 2", "3 … 3", "choose"),
        ([-1], "0 … 2", "-1 … -1", "choose"),
        ([0.5], "integers", "float64", "flatnonzero"),
        ([True, False, True], "integers", "bool", "flatnonzero"),
        ([[0]], "one-dimensional", "(1, 1)", "flatnonzero"),
    ],
)
def test_select_refuses(refused, indices, rule, received, advice):
    with refused(rule, received, advice):
        split().select(indices)


def test_labels_have_one_type_and_are_read_only():
    given = np.array([0, 1, 1], np.int32)
    labels = split(labels=given).labels
    assert labels.dtype == np.int64
    assert given.flags.writeable
    assert split().with_labels([[0, 1], [1, 1], [0, 0]]).labels.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        labels[0] = 1


@pytest.mark.parametrize(
    ("labels", "rule", "received", "advice"),
    [
        ([0, 1], "n_images = 3", "(2,)", "one row"),
        ([0.0, 1.0, 1.0], "integers", "float64", "astype"),
        ([[0], [1], [2]], "zeros and ones", "0 to 2", "Give 1"),
    ],
)
def test_labels_that_do_not_fit_are_refused(refused, labels, rule, received, advice):
    with refused(rule, received, advice):
        split().with_labels(labels)


def test_metadata_follow_the_images():
    part = Split("train", ROOT, ("a/1.jpg", "a/2.jpg", "b/1.jpg"), np.array([0, 0, 1]), {"artist": ["x", "", "z"]})
    assert part.metadata == {"artist": ("x", "", "z")}
    assert part.select([2, 0]).metadata == {"artist": ("z", "x")}
    assert part.with_labels([1, 1, 1]).metadata == part.metadata
    assert part.select([]).metadata == {"artist": ()}
    with pytest.raises(TypeError):
        part.metadata["artist"] = ()


def test_metadata_of_joined_splits():
    train = Split("train", ROOT, ("a/1.jpg", "a/2.jpg"), np.array([0, 1]), {"artist": ("x", "y")})
    test = Split("test", ROOT, ("b/1.jpg",), np.array([1]), {"date": ("1911",)})
    data = dataset(test, train)
    assert data.metadata_columns == ("artist", "date")
    assert data.split("all").metadata == {"artist": ("x", "y", ""), "date": ("", "", "1911")}
    assert data.split("all").labels.tolist() == [0, 1, 1]
    assert data.with_splits({"test": data.test}).metadata_columns == ("date",)
    assert dataset(split()).metadata_columns == ()


@pytest.mark.parametrize("metadata", [{"artist": ("x",)}, {"artist": ("x", "y", None)}, {"": ("x", "y", "z")}])
def test_metadata_that_do_not_fit_are_refused(refused, metadata):
    with refused("one text an image, 3 here", repr(next(iter(metadata))), "Give each image"):
        Split("train", ROOT, ("a/1.jpg", "a/2.jpg", "b/1.jpg"), None, metadata)


def test_task():
    several = split().with_labels([[0, 1], [1, 1], [0, 0]])
    assert dataset(split()).task == "single_label"
    assert dataset(several).task == "multi_label"
    assert dataset(split(labels=None), class_names=()).task == "unlabelled"


def test_splits_are_ordered_and_read_only():
    data = dataset(split("test"), split("train"))
    assert list(data.splits) == ["train", "test"]
    assert data.train.name == "train"
    with pytest.raises(TypeError):
        data.splits["val"] = split("val")
    with pytest.raises(FrozenInstanceError):
        data.name = "other"


def test_missing_split_names_those_that_exist(refused):
    data = dataset(split("test"), split("train"))
    with refused("train, test, all", "'val' for folder:/data", "`val/<class>/<image>`"):
        data.val  # noqa: B018
    with refused("train, test, all", "'val' for folder:/data", "one folder without split folders"):
        data.val  # noqa: B018
    with refused("train, test, all", "'nonsense'", "Choose one of these."):
        data.split("nonsense")


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        ("rasta", "To get val, add `wikipaintings_val/<Style>/<image>`; or put all style folders into one folder"),
        ("folder", "To get val, add `val/<class>/<image>` (`val/<image>` without labels); or put all class folders"),
        ("synthetic", "To get val, load the drawn dataset again"),
        ("own", "To get val, add it with `dataset.with_splits`."),
    ],
)
def test_missing_split_says_how_to_get_it(refused, kind, way):
    data = Dataset(kind, f"{kind}:/data", ROOT, ("a", "b"), {"train": split()}, ())
    with refused("train, all", "'val'", way):
        data.val  # noqa: B018


def test_all_joins_the_splits():
    data = dataset(split("test", ("b/9.jpg",), [1], ROOT / "held"), split("train"))
    joined = data.split("all")
    assert joined.relative_paths == ("a/1.jpg", "a/2.jpg", "b/1.jpg", "held/b/9.jpg")
    assert joined.labels.tolist() == [0, 0, 1, 1]
    assert [joined.path(index) for index in (0, 3)] == [data.train.path(0), data.test.path(0)]
    assert dataset(split(labels=None), class_names=()).split("all").labels is None


@pytest.mark.parametrize(
    ("splits", "class_names", "rule", "received", "advice"),
    [
        ([split(root=Path("/other"))], ("a", "b"), "lie inside", "/other", "above all splits"),
        ([split()], (), "together", "0 class names", "Give both"),
        ([split(labels=None)], ("a",), "together", "without labels", "Give both"),
        ([split()], ("a",), "1 class names", "largest value 1", "labels of these classes"),
        ([split().with_labels([[1], [0], [0]])], ("a", "b"), "2 class names", "(3, 1)", "labels of these classes"),
        ([split("nonsense")], ("a", "b"), "train, val, test", "'nonsense'", "Rename"),
        ([split(), split("val").with_labels([[1, 0]] * 3)], ("a", "b"), "have several", "2 dimension", "same shape"),
    ],
)
def test_parts_that_do_not_fit_are_refused(refused, splits, class_names, rule, received, advice):
    with refused(rule, received, advice):
        dataset(*splits, class_names=class_names)


def test_split_under_another_name_is_refused(refused):
    with refused("to the split of that name", "'val': 'train'", "Rename"):
        dataset(split()).with_splits({"val": split()})


@pytest.fixture
def drawn(tmp_path, draw):
    for path in ("train/Naïve/1.png", "train/b/2.png", "val/b/3.png"):
        draw(tmp_path / "data" / normalize("NFC", path))
    return tmp_path / "data"


def test_identity_is_a_sha256_that_survives_copies_and_unicode_forms(tmp_path, drawn):
    identity = folder(drawn).identity
    assert len(bytes.fromhex(identity)) == 32
    shutil.copytree(drawn, tmp_path / "copy")
    (tmp_path / "copy/train" / normalize("NFC", "Naïve")).rename(tmp_path / "copy/train" / normalize("NFD", "Naïve"))
    copy = folder(tmp_path / "copy")
    assert copy.train.relative_paths != folder(drawn).train.relative_paths
    assert copy.identity == identity


def test_identity_does_not_hang_on_the_order(drawn):
    data = folder(drawn)
    turned = data.with_splits({**data.splits, "train": data.train.select([1, 0])})
    assert turned.identity == data.identity


def test_identity_feels_every_change(drawn):
    data = folder(drawn)
    identities = {
        data.identity,
        data.with_splits({"train": data.train}).identity,
        data.with_splits({**data.splits, "train": data.train.select([0])}).identity,
        data.with_splits({**data.splits, "train": data.train.with_labels([1, 1])}).identity,
        data.with_splits({**data.splits, "train": data.train.with_labels([1, 0])}).identity,
    }
    with open(drawn / "val/b/3.png", "ab") as file:
        file.write(b"\0")
    identities.add(folder(drawn).identity)
    (drawn / "val/b/3.png").rename(drawn / "val/b/4.png")
    identities.add(folder(drawn).identity)
    assert len(identities) == 7


def test_identity_of_vanished_file(drawn, refused):
    data = folder(drawn)
    (drawn / "val/b/3.png").unlink()
    with refused("must exist", "3.png", "Put the file back"):
        data.identity  # noqa: B018
