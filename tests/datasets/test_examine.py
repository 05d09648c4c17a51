import os
import shutil

import pytest
from PIL import Image

from artlucid.datasets import Excluded, examine, folder, images, rasta, read_image
from artlucid.datasets import _examine as examine_module
from artlucid.datasets._processors import usable_processors
from artlucid.errors import DataError


@pytest.fixture
def data(tmp_path, draw):
    for number, path in enumerate(["train/a/1.png", "train/b/2.png", "val/a/3.png", "val/b/4.png", "test/a/5.png"]):
        draw(tmp_path / path, number)
    return folder(tmp_path)


def test_whole_dataset_stays(data):
    examination = examine(data)
    assert (examination.excluded, examination.duplicates) == ((), ())
    assert examination.dataset.identity == data.identity


def test_unusable_files_are_excluded_with_their_reasons(data):
    (data.root / "train/a/empty.jpg").touch()
    (data.root / "train/a/text.jpg").write_text("no image")
    (data.root / "val/a/link.png").symlink_to(data.root / "gone")
    cut = data.root / "val/b/cut.jpg"
    Image.effect_noise((64, 64), 90).save(cut)
    cut.write_bytes(cut.read_bytes()[:-20])
    examination = examine(folder(data.root))
    assert examination.excluded[:2] == (
        Excluded("train", "train/a/empty.jpg", "it is empty"),
        Excluded("train", "train/a/text.jpg", "its content is in none of these formats"),
    )
    assert [(found.split, found.relative_path) for found in examination.excluded[2:]] == [
        ("val", "val/a/link.png"),
        ("val", "val/b/cut.jpg"),
    ]
    assert "No such file" in examination.excluded[2].reason
    assert "truncated" in examination.excluded[3].reason
    assert {name: part.relative_paths for name, part in examination.dataset.splits.items()} == {
        name: part.relative_paths for name, part in data.splits.items()
    }
    assert examination.dataset.val.labels.tolist() == [0, 1]


def test_duplicates_are_those_between_splits(data):
    shutil.copy(data.root / "train/a/1.png", data.root / "val/b/copy.png")
    shutil.copy(data.root / "train/a/1.png", data.root / "test/a/copy.png")
    shutil.copy(data.root / "train/b/2.png", data.root / "train/b/copy.png")
    for name in ("train", "val"):
        (data.root / f"{name}/a/empty.png").touch()
    assert examine(folder(data.root)).duplicates == (
        (("train", "train/a/1.png"), ("val", "val/b/copy.png"), ("test", "test/a/copy.png")),
    )


def test_only_the_splits_asked_for_are_read(data):
    (data.root / "train/a/empty.jpg").touch()
    (data.root / "val/a/empty.jpg").touch()
    examination = examine(folder(data.root), splits=["val"])
    assert [found.relative_path for found in examination.excluded] == ["val/a/empty.jpg"]
    assert len(examination.dataset.train) == 3


@pytest.mark.parametrize("splits", ["val", ["nonsense"], ["all"]])
def test_unknown_splits(data, refused, splits):
    with refused("`splits` must be a sequence", repr(splits), "train, val, test"):
        examine(data, splits=splits)


def test_split_without_usable_file(data, refused):
    (data.root / "test/a/5.png").write_bytes(b"")
    with refused("At least one file of each split", "test/a/5.png: it is empty", "Replace"):
        examine(data)


def test_images_too_narrow_to_be_resized_are_excluded(data):
    for name, size in {"line.png": (20000, 1), "line.jpg": (1, 20000), "wide.png": (400, 40)}.items():
        Image.new("L", size).save(data.root / "train/a" / name)
    loaded = folder(data.root)
    assert examine(loaded).excluded == ()
    examination = examine(loaded, shorter_side=224)
    assert [found.relative_path for found in examination.excluded] == ["train/a/line.jpg", "train/a/line.png"]
    assert "4480000 x 224 when resized are above the limit" in examination.excluded[1].reason
    for found in examination.excluded:
        with pytest.raises(DataError, match="above the limit"):
            read_image(data.root / found.relative_path, shorter_side=224)
    for index in range(len(examination.dataset.train)):
        read_image(examination.dataset.train.path(index), shorter_side=224)


def test_limit_of_resizing_is_that_of_reading(data, monkeypatch):
    monkeypatch.setattr(images, "LARGEST_IMAGE", 60)
    assert examine(data, shorter_side=6).excluded == ()
    monkeypatch.setattr(images, "LARGEST_IMAGE", 53)
    with pytest.raises(DataError, match="9 x 6 when resized"):
        examine(data, shorter_side=6)


@pytest.mark.parametrize("shorter_side", [0, 2.5])
def test_shorter_side_out_of_range(data, refused, shorter_side):
    with refused("`shorter_side` must be a positive integer", repr(shorter_side), "256"):
        examine(data, shorter_side=shorter_side)


@pytest.mark.parametrize(("allowed", "present", "expected"), [({0, 3, 4}, 8, 3), (None, 8, 8), (None, None, 1)])
def test_processors_are_those_that_may_be_used(monkeypatch, allowed, present, expected):
    monkeypatch.setattr(os, "cpu_count", lambda: present)
    if allowed is None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: allowed, raising=False)
    assert usable_processors() == expected


def test_jpeg_is_decoded_at_an_eighth(data, monkeypatch):
    sizes = []
    decode = examine_module.decode

    def noting_decode(file, **options):
        decoded = decode(file, **options)
        sizes.append(decoded[0].size)
        return decoded

    Image.new("RGB", (800, 400)).save(data.root / "test/a/large.jpg")
    monkeypatch.setattr(examine_module, "decode", noting_decode)
    examine(folder(data.root), splits=["test"])
    examine(folder(data.root), splits=["test"], shorter_side=224)
    assert sizes.count((100, 50)) == 2


def test_a_bug_or_interruption_is_not_swallowed(data, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(examine_module, "_digest_and_failure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        examine(data)


@pytest.mark.parametrize("progress", [False, True])
def test_nothing_is_written_where_there_is_no_terminal(data, capfd, progress):
    examine(data, progress=progress)
    assert capfd.readouterr() == ("", "")


@pytest.mark.real_data
def test_real_collection_is_whole(shared_data):
    data = rasta(shared_data / "data/rasta_small")
    examination = examine(data, splits=["test", "val"])
    assert examination.excluded == ()
    assert examination.dataset.identity == data.identity
