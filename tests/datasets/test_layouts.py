import hashlib
import os
from collections import Counter
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from artlucid.datasets import folder, rasta

STYLES = ("Art_Nouveau_(Modern)", "Naïve_Art_(Primitivism)", "Ukiyo-e")


@pytest.fixture
def wikipaintings(tmp_path, draw) -> Path:
    for name, form in [("train", "NFC"), ("val", "NFD"), ("test", "NFC")]:
        for style in STYLES:
            for number in range(2):
                draw(tmp_path / f"wikipaintings_{name}" / normalize(form, style) / f"{number}.png", number)
    return tmp_path


def expected_split(file_name: str) -> str:
    share = int(hashlib.sha256(normalize("NFC", file_name).encode()).hexdigest(), 16) / 2**256
    return "train" if share < 0.7 else "val" if share < 0.85 else "test"


def test_rasta(wikipaintings):
    data = rasta(wikipaintings)
    assert (data.name, data.task, data.notices) == ("rasta", "single_label", ())
    assert data.specification == f"rasta:{wikipaintings}"
    assert data.class_names == tuple(normalize("NFC", style) for style in STYLES)
    assert [len(part) for part in data.splits.values()] == [6, 6, 6]
    assert data.val.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert all(data.val.path(index).is_file() for index in range(6))
    assert data.val.relative_paths[2] == normalize("NFD", "wikipaintings_val/Naïve_Art_(Primitivism)/0.png")


def test_paths_are_sorted_by_their_nfc_form(tmp_path, draw):
    names = [normalize("NFD", "é1.png"), normalize("NFC", "é2.png"), "f.png", "z.png"]
    for name in names:
        draw(tmp_path / "train/a" / name)
    assert [Path(path).name for path in folder(tmp_path).train.relative_paths] == ["f.png", "z.png", *names[:2]]


def test_one_class_in_two_unicode_forms_is_one_class(tmp_path, draw):
    for form in ("NFC", "NFD"):
        draw(tmp_path / "train" / normalize(form, "Naïve") / f"{form}.png")
    data = folder(tmp_path)
    assert data.class_names == (normalize("NFC", "Naïve"),)
    assert len(data.train) == 2


def test_relative_path_and_home(wikipaintings, monkeypatch):
    monkeypatch.chdir(wikipaintings.parent)
    assert rasta(wikipaintings.name).root == wikipaintings
    monkeypatch.setenv("HOME", str(wikipaintings))
    assert rasta("~").root == wikipaintings


def test_rasta_with_some_splits_only(wikipaintings, refused):
    (wikipaintings / "wikipaintings_train").rename(wikipaintings / "elsewhere")
    (wikipaintings / "wikipaintings_val" / STYLES[2] / "0.png").unlink()
    (wikipaintings / "wikipaintings_val" / STYLES[2] / "1.png").unlink()
    (wikipaintings / "wikipaintings_val" / STYLES[2]).rmdir()
    data = rasta(wikipaintings)
    assert list(data.splits) == ["val", "test"]
    assert len(data.class_names) == 3
    assert data.val.labels.tolist() == [0, 0, 1, 1]
    with refused("val, test, all", "'train'", "`wikipaintings_train/<Style>/<image>`"):
        data.train  # noqa: B018


def test_rasta_without_any_split(tmp_path, refused, draw):
    draw(tmp_path / "Cubism/1.png")
    with refused("wikipaintings_train, wikipaintings_val", "Cubism", f"`folder:{tmp_path}`"):
        rasta(tmp_path)


@pytest.mark.parametrize("loader", [rasta, folder])
def test_missing_folder(tmp_path, refused, loader):
    with refused("must name an existing folder", "does not exist", f"`{loader.__name__}:/data"):
        loader(tmp_path / "missing")
    (tmp_path / "file").touch()
    with refused("must name an existing folder", "is not a folder", f"`{loader.__name__}:/data"):
        loader(tmp_path / "file")


def test_class_that_train_lacks(wikipaintings, refused, draw):
    draw(wikipaintings / "wikipaintings_val/Fauvism/1.png")
    with refused("`wikipaintings_val` must be a class of train", "'Fauvism'", "Ukiyo-e"):
        rasta(wikipaintings)


def test_train_class_without_images(wikipaintings, refused):
    (wikipaintings / "wikipaintings_train/Fauvism").mkdir()
    (wikipaintings / "wikipaintings_train/Fauvism/a.txt").touch()
    with refused("Each class folder of train", "Fauvism", "JPEG, PNG"):
        rasta(wikipaintings)


def test_val_class_without_images_is_a_notice(wikipaintings):
    for file in (wikipaintings / "wikipaintings_test/Ukiyo-e").iterdir():
        file.unlink()
    data = rasta(wikipaintings)
    assert data.notices == ("The class folder `wikipaintings_test/Ukiyo-e` holds no image.",)
    assert len(data.class_names) == 3


def test_split_without_any_image(tmp_path, refused, draw):
    draw(tmp_path / "train/a/1.png")
    draw(tmp_path / "val/1.png")
    with refused("folder of images for each class", "1 image directly in it", "`<class>/<image>`"):
        folder(tmp_path)


@pytest.mark.parametrize("alias", ["val", "valid", "validation", "Validation"])
def test_folder_with_split_folders(tmp_path, draw, alias):
    for path in ("train/a/1.png", "train/b/deep/2.png", f"{alias}/b/3.png"):
        draw(tmp_path / path)
    data = folder(tmp_path)
    assert (data.specification, data.class_names) == (f"folder:{tmp_path}", ("a", "b"))
    assert data.train.relative_paths == ("train/a/1.png", "train/b/deep/2.png")
    assert data.val.relative_paths == (f"{alias}/b/3.png",)
    assert data.val.labels.tolist() == [1]


def left_out(data):
    return [notice for notice in data.notices if notice.startswith("Left out")]


def test_folders_beside_split_folders_are_named(tmp_path, draw):
    for path in ("train/a/1.png", "val/a/2.png", "tset/a/3.png", "Ukiyo-e/4.png", ".hidden/5.png"):
        draw(tmp_path / path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/readme.txt").touch()
    data = folder(tmp_path)
    assert list(data.splits) == ["train", "val"]
    assert data.notices == (
        "Left out the folders `tset` (is `test` meant?), `Ukiyo-e` beside train, val: "
        "the folders of the splits are named train, val, test.",
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tset", "test"),
        ("Testing", "test"),
        ("my_test-2", "test"),
        ("vla", "val"),
        ("evaluation", "val"),
        ("Trian", "train"),
        ("2024", None),
        ("Cubism", None),
        ("Portrait", None),
    ],
)
def test_nearest_missing_split_is_suggested(tmp_path, draw, name, meant):
    kept = [split for split in ("train", "val", "test") if split != meant]
    for split in (*kept, name):
        draw(tmp_path / split / "a/1.png")
    (notice,) = left_out(folder(tmp_path))
    assert f"`{name}`{f' (is `{meant}` meant?)' if meant else ''} beside {', '.join(kept)}: " in notice


def test_split_that_exists_is_not_suggested(tmp_path, draw):
    for path in ("train/a/1.png", "val/a/2.png", "test/a/3.png", "test2/a/4.png"):
        draw(tmp_path / path)
    assert "`test2` beside train, val, test: " in left_out(folder(tmp_path))[0]


def test_misspelt_folders_and_loose_images_of_rasta_are_named(wikipaintings, draw):
    (wikipaintings / "wikipaintings_test").rename(wikipaintings / "wikipaintings_tset")
    for path in ("Cubism/1.png", "1.png", "2.png"):
        draw(wikipaintings / path)
    assert rasta(wikipaintings).notices == (
        f"Left out 2 images directly in {wikipaintings}, beside the split folders: an image belongs in its class's "
        "folder.",
        "Left out the folders `wikipaintings_tset` (is `wikipaintings_test` meant?), `Cubism` beside "
        "wikipaintings_train, wikipaintings_val: "
        "the folders of the splits are named wikipaintings_train, wikipaintings_val, wikipaintings_test.",
    )


def test_many_folders_beside_are_counted_the_likely_split_first(tmp_path, draw):
    for name in ("train/a", "val/a", *(f"style {number}" for number in range(8)), "tset"):
        draw(tmp_path / name / "1.png")
    (notice,) = left_out(folder(tmp_path))
    assert "folders `tset` (is `test` meant?), `style 0`, `style 1`, `style 2`, `style 3`, and 4 more beside" in notice


def test_folder_beside_that_cannot_be_read_is_named(tmp_path, draw, monkeypatch):
    scandir = os.scandir

    def guarded_scandir(path):
        if os.fspath(path).endswith("lost+found"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    for path in ("train/a/1.png", "val/a/2.png"):
        draw(tmp_path / path)
    (tmp_path / "lost+found").mkdir()
    monkeypatch.setattr(os, "scandir", guarded_scandir)
    assert "`lost+found`" in left_out(folder(tmp_path))[0]


def test_circle_beside_split_folders_is_named(tmp_path, draw):
    for path in ("train/a/1.png", "val/a/2.png"):
        draw(tmp_path / path)
    (tmp_path / "circle").mkdir()
    (tmp_path / "circle/again").symlink_to(tmp_path)
    assert "`circle`" in left_out(folder(tmp_path))[0]


def test_split_folders_without_classes_are_unlabelled(tmp_path, draw):
    names = [normalize("NFD", "é1.png"), normalize("NFC", "é2.png"), "z.png"]
    for path in (*(f"train/{name}" for name in names), "Validation/1.png", "test/1.png"):
        draw(tmp_path / path)
    (tmp_path / "train/notes.txt").touch()
    data = folder(tmp_path)
    assert (data.task, data.class_names) == ("unlabelled", ())
    assert data.train.relative_paths == ("train/z.png", f"train/{names[0]}", f"train/{names[1]}")
    assert data.val.relative_paths == ("Validation/1.png",)
    assert all(part.labels is None for part in data.splits.values())
    assert all(part.path(0).is_file() for part in data.splits.values())
    assert data.notices == ("Ignored 1 file of no accepted image format (.txt: 1).",)


def test_one_split_folder_without_classes(tmp_path, draw):
    draw(tmp_path / "test/1.png")
    data = folder(tmp_path)
    assert (data.task, list(data.splits)) == ("unlabelled", ["test"])


def test_unlabelled_and_labelled_splits_do_not_mix(tmp_path, refused, draw):
    draw(tmp_path / "train/1.png")
    (tmp_path / "val").mkdir()
    with refused("in all splits alike, nothing but images", f"{tmp_path}/train with 0 class folders", "Sort"):
        folder(tmp_path)
    draw(tmp_path / "val/a/1.png")
    with refused("in all splits alike, nothing but images", "1 image directly in it", "Sort"):
        folder(tmp_path)


def test_images_beside_class_folders_in_every_split_are_left_out(tmp_path, draw):
    for path in ("train/a/1.png", "train/1.png", "val/a/2.png", "val/2.png"):
        draw(tmp_path / path)
    data = folder(tmp_path)
    assert (data.task, len(data.train), len(data.val)) == ("single_label", 1, 1)
    assert ["`train`" in left_out(data)[0], "`val`" in left_out(data)[1]] == [True, True]


def test_rasta_has_classes(tmp_path, refused, draw):
    draw(tmp_path / "wikipaintings_train/1.png")
    with refused("a folder of images for each class. ", "1 image directly in it", "Sort"):
        rasta(tmp_path)


def test_class_may_be_named_train(tmp_path, draw):
    classes = ("aeroplane", "bird", "train")
    for class_name in classes:
        for number in range(20):
            draw(tmp_path / class_name / f"{number}.png")
    data = folder(tmp_path)
    assert data.class_names == classes
    assert {path.split("/")[0] for path in data.train.relative_paths} == set(classes)
    assert data.notices == (
        "Read `train` as a class, not as a split, because of the folders with images beside it: `aeroplane`, `bird`.",
    )


def test_one_split_beside_a_misspelt_one_is_a_class_and_says_so(tmp_path, draw):
    for number in range(20):
        draw(tmp_path / "train/a" / f"{number}.png")
        draw(tmp_path / "tset/a" / f"{number}.png")
    data = folder(tmp_path)
    assert data.class_names == ("train", "tset")
    assert "`train` as a class" in data.notices[0]
    assert "`tset` (is `test` meant?)" in data.notices[0]


def test_folders_without_images_make_no_class_of_a_split(tmp_path, draw):
    draw(tmp_path / "train/a/1.png")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/train.txt").touch()
    data = folder(tmp_path)
    assert (data.class_names, data.notices) == (("a",), ())


@pytest.mark.parametrize("parent", ["wikipaintings_train", "wikipaintings_val"])
def test_class_name_that_is_not_utf_8(wikipaintings, refused, draw, parent):
    strange = wikipaintings / parent / os.fsdecode(b"na\xefve")
    draw(wikipaintings / "moved/1.png")
    (wikipaintings / "moved").rename(strange)
    with refused("class folder must be UTF-8", f"{parent}/na\\xefve`", "Rename the folder, for example to `naïve`"):
        rasta(wikipaintings)
    with refused("class folder must be UTF-8", f"{parent}/na\\xefve`", "Rename the folder"):
        folder(wikipaintings / parent)


def test_file_names_and_folders_beside_may_have_any_bytes(tmp_path, draw):
    strange = os.fsdecode(b"na\xefve")
    for path in (f"train/a/{strange}.png", "val/a/1.png", f"{strange}/1.png"):
        draw(tmp_path / path)
    data = folder(tmp_path)
    assert data.train.path(0).is_file()
    assert len(data.identity) == 64
    assert "`na\\xefve` beside" in left_out(data)[0]


def test_two_folders_for_one_split(tmp_path, refused, draw):
    draw(tmp_path / "val/a/1.png")
    draw(tmp_path / "valid/a/1.png")
    with refused("one folder for each split", "`val` and `valid`", "Keep one"):
        folder(tmp_path)


def test_folder_a_class_is_split_by_the_hash_of_the_file_names(tmp_path, draw):
    for number in range(60):
        draw(tmp_path / ("cats/deep" if number % 2 else "dogs") / f"é{number}.png")
    data = folder(tmp_path)
    assert data.class_names == ("cats", "dogs")
    for name, part in data.splits.items():
        assert {expected_split(Path(path).name) for path in part.relative_paths} == {name}
        classes = [path.split("/")[0] for path in part.relative_paths]
        assert [data.class_names[label] for label in part.labels] == classes
    assert sum(map(len, data.splits.values())) == 60


def test_hash_split_has_the_shares_it_says():
    counts = Counter(expected_split(f"{number}.jpg") for number in range(4000))
    np.testing.assert_allclose([counts[name] / 4000 for name in ("train", "val", "test")], [0.7, 0.15, 0.15], atol=0.02)


def test_new_files_and_folders_move_no_old_ones(tmp_path, draw):
    for number in range(30):
        draw(tmp_path / "a" / normalize("NFC", f"é{number}.png"))
    before = {name: set(part.relative_paths) for name, part in folder(tmp_path).splits.items()}
    for number in range(30):
        draw(tmp_path / "a" / f"new{number}.png")
        draw(tmp_path / "b" / normalize("NFD", f"é{number}.png"))
    after = folder(tmp_path)
    for name, paths in before.items():
        assert paths <= set(after.splits[name].relative_paths)
        as_b = {normalize("NFD", path.replace("a/", "b/")) for path in paths}
        assert as_b <= set(after.splits[name].relative_paths)


def test_folder_without_classes(tmp_path, draw):
    for number in range(30):
        draw(tmp_path / f"{number}.png")
    data = folder(tmp_path)
    assert (data.task, data.class_names) == ("unlabelled", ())
    assert all(part.labels is None for part in data.splits.values())
    assert all(expected_split(path) == name for name, part in data.splits.items() for path in part.relative_paths)
    assert len(data.split("all")) == 30


def test_loose_images_beside_class_folders_are_counted(tmp_path, draw):
    for path in ("a/1.png", "a/2.png", "1.png", "2.png"):
        draw(tmp_path / path)
    data = folder(tmp_path)
    assert len(data.split("all")) == 2
    assert [notice for notice in data.notices if "Left out 2 images directly in" in notice]


def test_ignored_files_are_counted_by_suffix_in_one_notice(tmp_path, draw):
    for path in ("a/1.png", "a/2.jpg", "b/1.WEBP"):
        draw(tmp_path / path)
    for path in ("a/x.HEIC", "a/y.heic", "b/z.txt", "README", ".hidden", "a/.DS_Store"):
        (tmp_path / path).touch()
    draw(tmp_path / ".thumbnails/1.png")
    data = folder(tmp_path)
    assert data.class_names == ("a", "b")
    ignored = [notice for notice in data.notices if notice.startswith("Ignored")]
    assert ignored == ["Ignored 4 files of no accepted image format (.heic: 2, no suffix: 1, .txt: 1)."]


def test_ignored_files_of_split_folders_are_one_notice(wikipaintings):
    for name in ("train", "val"):
        (wikipaintings / f"wikipaintings_{name}/Ukiyo-e/notes.txt").touch()
    assert rasta(wikipaintings).notices == ("Ignored 2 files of no accepted image format (.txt: 2).",)


def test_class_without_training_images_is_a_notice(tmp_path, draw):
    untrained = next(f"{number}.png" for number in range(99) if expected_split(f"{number}.png") != "train")
    draw(tmp_path / "a" / untrained)
    assert [notice for notice in folder(tmp_path).notices if "'a' falls into train" in notice]


def test_class_folder_without_images(tmp_path, refused, draw):
    draw(tmp_path / "a/1.png")
    (tmp_path / "b/deep").mkdir(parents=True)
    with refused("Each subfolder", str(tmp_path / "b"), "leading dot"):
        folder(tmp_path)


def test_folder_without_images(tmp_path, refused):
    with refused("must hold images", "no files", "Give the folder"):
        folder(tmp_path)
    (tmp_path / "a.heic").touch()
    with refused("must hold images", "1 other file (.heic: 1)", "Give the folder"):
        folder(tmp_path)


def test_linked_folders_are_followed_but_not_in_circles(tmp_path, refused, draw):
    draw(tmp_path / "elsewhere/1.png")
    (tmp_path / "data/train").mkdir(parents=True)
    (tmp_path / "data/train/a").symlink_to(tmp_path / "elsewhere")
    assert len(folder(tmp_path / "data").train) == 1
    (tmp_path / "elsewhere/circle").symlink_to(tmp_path / "elsewhere")
    with refused("must not contain itself", "circle", "Remove the link"):
        folder(tmp_path / "data")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "classes", "counts"),
    [("rasta_small", 25, [241, 247, 122]), ("peopleart_styles", 16, [2135, 307, 618])],
)
def test_real_collections(shared_data, name, classes, counts):
    data = rasta(shared_data / "data" / name)
    assert len(data.class_names) == classes
    assert [len(part) for part in data.splits.values()] == counts
    assert data.notices == ()
