import csv

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from artlucid.datasets import _synthetic as synthetic_module
from artlucid.datasets import near_duplicates, read_image, synthetic
from artlucid.datasets._objects import OBJECTS, depict
from artlucid.datasets._synthetic_layouts import TABLE

NAMES = ("bird", "boat", "figure", "house", "sun", "tree")
FEW = {"images": (12, 3, 5), "size": 32}


@pytest.fixture
def drawn(tmp_path):
    return synthetic("objects", folder=tmp_path / "new", **FEW)


def test_layout(drawn):
    assert (drawn.name, drawn.task, drawn.notices) == ("synthetic", "multi_label", ())
    assert drawn.class_names == NAMES == tuple(sorted(OBJECTS))
    assert {name: len(part) for name, part in drawn.splits.items()} == {"train": 12, "val": 3, "test": 5}
    assert drawn.train.relative_paths[:2] == ("JPEGImages/train-00.png", "JPEGImages/train-01.png")
    assert (drawn.train.labels.dtype, drawn.train.labels.shape) == (np.uint8, (12, 6))
    assert read_image(drawn.test.path(4)).shape == (32, 32, 3)


def test_table_is_that_of_iconart(drawn):
    with (drawn.root / "ImageSets/Main/objects.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["", "item", *NAMES, "set"]
    assert [row[0] for row in rows] == [str(number) for number in range(20)]
    assert [row[1] for row in rows[11:13]] == ["train-11", "val-0"]
    assert [row[-1] for row in rows] == 12 * ["train"] + 3 * ["val"] + 5 * ["test"]
    labels = np.array([row[2:-1] for row in rows]).astype(int)
    np.testing.assert_array_equal(labels, drawn.split("all").labels)


def test_labels_are_what_was_drawn(drawn):
    for index, labels in enumerate(drawn.val.labels):
        picture, names = depict(np.random.default_rng([0, 1, index]), 32)
        assert names == tuple(name for name, label in zip(NAMES, labels, strict=True) if label)
        np.testing.assert_array_equal(read_image(drawn.val.path(index)), picture)


@pytest.fixture(scope="module")
def many():
    """Mean colours and labels of 400 pictures."""
    drawn = [depict(np.random.default_rng([0, 0, index]), 16) for index in range(400)]
    colours = np.array([picture.mean(axis=(0, 1)) for picture, _ in drawn]) / 255
    return colours, np.array([[name in names for name in NAMES] for _, names in drawn])


def test_none_to_three_objects_and_every_class_as_often(many):
    _, labels = many
    numbers = np.bincount(labels.sum(axis=1)) / len(labels)
    np.testing.assert_allclose(numbers, [0.1, 0.3, 0.35, 0.25], atol=0.08)
    np.testing.assert_allclose(labels.mean(axis=0), 1.75 / 6, atol=0.08)


def test_images_of_the_version_stay_as_they_are():
    # A change of these numbers is a change of the dataset: raise `Kind.version` with it.
    pictures = [depict(np.random.default_rng([0, 0, index]), 96) for index in range(4)]
    assert synthetic_module.KINDS["objects"].version == 1
    assert [picture.mean() for picture, _ in pictures] == pytest.approx([74.17, 133.53, 64.02, 70.46], abs=0.05)
    assert [names for _, names in pictures] == [
        ("figure", "house", "tree"),
        ("boat",),
        ("boat", "figure", "sun"),
        ("bird", "house", "sun"),
    ]


def test_colours_tell_no_object_apart(many):
    colours, labels = many
    for there in labels.T:
        guess = LogisticRegression().fit(colours[:200], there[:200]).predict_proba(colours[200:])[:, 1]
        assert average_precision_score(there[200:], guess) < there[200:].mean() + 0.1


def test_no_two_pictures_look_the_same(tmp_path):
    drawn = synthetic("objects", folder=tmp_path / "new", images=(30, 10, 10), size=64)
    assert near_duplicates(drawn, within_splits=True).pairs == ()


def test_default_folder_and_specification(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path / "cache"))
    other = synthetic("objects", images=(2, 1, 1), size=16)
    assert other.root == tmp_path / "cache/synthetic/objects-1-seed0-2x1x1-16px"
    assert other.specification == f"iconart:{other.root}"


@pytest.mark.parametrize(
    ("old", "new"),
    [("train-03,1", "train-03,x"), (",set", ""), ("train-03,", "train-03\n"), ("train-03,", "train-03\xff")],
)
def test_damaged_table(drawn, refused, old, new):
    table = drawn.root / TABLE
    text = table.read_text()
    assert old in text
    table.write_bytes(text.replace(old, new, 1).encode("latin-1"))
    with refused("must stay as it was drawn", "objects.csv", "Remove the folder"):
        synthetic("objects", folder=drawn.root, **FEW)


def test_missing_table(drawn, refused):
    (drawn.root / TABLE).unlink()
    with refused("must stay as it was drawn", "objects.csv", "Remove the folder"):
        synthetic("objects", folder=drawn.root, **FEW)
