import math
import os
import shutil
import warnings

import numpy as np
import pytest
from PIL import Image

from artlucid.datasets import examine, folder, usable
from artlucid.errors import DataError, DataWarning


@pytest.fixture
def root(tmp_path, draw):
    for number in range(12):
        draw(tmp_path / "train" / "ab"[number % 2] / f"{number}.png", number)
        draw(tmp_path / "test" / "ab"[number % 2] / f"{number}.png", 100 + number)
    return tmp_path


@pytest.fixture
def said():
    """Call `usable` and give the examination and its warnings."""

    def call(*arguments, **options):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            examination = usable(*arguments, **options)
        assert all(warning.category is DataWarning for warning in caught)
        assert all(warning.filename == __file__ for warning in caught)
        return examination, [str(warning.message) for warning in caught]

    return call


def empty(root, *names):
    for name in names:
        (root / name).write_bytes(b"")


def test_whole_dataset_says_nothing(root, said):
    data = folder(root)
    examination, messages = said(data, max_excluded=0)
    assert messages == []
    assert examination.dataset.identity == data.identity


def test_every_notice_is_a_warning(root, said, draw):
    draw(root / "extra/1.png")
    (root / "train/a/notes.txt").touch()
    data = folder(root)
    assert len(data.notices) == 2
    assert said(data)[1] == list(data.notices)


def test_one_excluded_file(root, said):
    empty(root, "test/a/empty.jpg")
    examination, messages = said(folder(root), max_excluded=0.05)
    assert messages == ["1 of 25 images is left out: test/a/empty.jpg: it is empty"]
    assert [found.relative_path for found in examination.excluded] == ["test/a/empty.jpg"]
    assert len(examination.dataset.test) == 12


def test_first_five_excluded_files_are_named_and_the_others_counted(root, said):
    empty(root, *(f"train/a/e{number}.jpg" for number in range(7)))
    (message,) = said(folder(root), max_excluded=0.5)[1]
    reasons = "; ".join(f"train/a/e{number}.jpg: it is empty" for number in range(5))
    assert message == f"7 of 31 images are left out: {reasons}; and 2 more"


def test_duplicates_between_splits(root, said):
    shutil.copy(root / "train/a/0.png", root / "test/b/same.png")
    examination, messages = said(folder(root))
    first = "train/a/0.png (train) = test/b/same.png (test)"
    assert messages == [f"1 image stands in more than one split, which flatters the scores: {first}"]
    assert len(examination.duplicates) == 1
    for number in range(2, 12, 2):
        shutil.copy(root / f"train/a/{number}.png", root / f"test/b/same{number}.png")
    (message,) = said(folder(root))[1]
    assert message.startswith("6 images stand in more than one split, which flatters the scores: ")
    assert first in message
    assert message.endswith("; and 1 more")


def test_more_unusable_files_than_allowed(root, refused):
    empty(root, *(f"train/a/e{number}.jpg" for number in range(6)))
    with refused("At most 1.0% of the images", "6 of 30", "--max-excluded"):
        usable(folder(root))
    with refused("At most 19.0% of the images", "train/a/e4.jpg: it is empty; and 1 more. Repair", "--max-excluded"):
        usable(folder(root), max_excluded=0.19)
    with pytest.warns(DataWarning, match="6 of 30 images are left out"):
        usable(folder(root), max_excluded=0.2)


def test_part_counts_only_the_splits_read(root, said, refused):
    empty(root, "train/a/empty.jpg")
    data = folder(root)
    assert said(data, splits=["test"], max_excluded=0)[1] == []
    with refused("At most 5.0%", "1 of 13", "--max-excluded"):
        usable(data, splits=["train"], max_excluded=0.05)
    assert said(data, splits=["train"], max_excluded=0.1)[1][0].startswith("1 of 13 images is left out")


def test_too_narrow_images_are_excluded_beforehand(root, said):
    Image.new("L", (1, 20000)).save(root / "train/a/line.png")
    assert said(folder(root))[1] == []
    (message,) = said(folder(root), max_excluded=0.1, shorter_side=224)[1]
    assert message.startswith("1 of 25 images is left out: train/a/line.png: it is 1 x 20000 pixels")


@pytest.mark.parametrize("part", [-0.1, 1.01, math.nan, "0.1", None])
def test_part_that_is_no_part(root, refused, part):
    with refused("`max_excluded` must be a part", repr(part), "Give 0.05"):
        usable(folder(root), max_excluded=part)


@pytest.mark.parametrize("part", [0, 1, 0.5, np.float32(0.5)])
def test_parts(root, said, part):
    assert said(folder(root), max_excluded=part)[1] == []


def test_refusals_of_examine_stay(root):
    for options in ({"splits": ["nonsense"]}, {"shorter_side": 0}):
        with pytest.raises(DataError) as expected:
            examine(folder(root), **options)
        with pytest.raises(DataError) as caught:
            usable(folder(root), **options)
        assert str(caught.value) == str(expected.value)


def test_messages_can_be_printed_whatever_the_names(root, said):
    empty(root, f"train/a/{os.fsdecode(bytes([0xEF]))}.jpg")
    (message,) = said(folder(root), max_excluded=0.1)[1]
    assert "train/a/\\xef.jpg: it is empty" in message.encode().decode()
