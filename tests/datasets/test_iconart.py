import dataclasses
import random
import shutil
from collections import Counter
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from artlucid.datasets import examine, iconart, load, usable
from artlucid.errors import DataWarning

HEADER = ",item,angel,Mary,ruins,set,Anno"
ACCENTED = "\u00e9t\u00e9"


def write_table(root: Path, rows, header: str = HEADER, name: str = "IconArt_v1.csv") -> Path:
    path = root / "ImageSets/Main" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def row(item: str, labels: str = "0,1,0", part: str = "train", anno: str = "0") -> str:
    return f"7,{item},{labels},{part},{anno}"


@pytest.fixture
def root(tmp_path, draw):
    """Twenty training images and four for testing."""
    for number in range(24):
        draw(tmp_path / f"JPEGImages/i{number:02}.jpg", number)
    write_table(
        tmp_path,
        [
            row(f"i{number:02}", f"{number % 2},{number % 3 % 2},0", "train" if number < 20 else "test")
            for number in range(24)
        ],
    )
    return tmp_path


def items(split) -> list[str]:
    return [Path(path).stem for path in split.relative_paths]


def test_labels_are_those_of_the_table(tmp_path, draw):
    for item in ("a", "b", "c", "d"):
        draw(tmp_path / f"JPEGImages/{item}.jpg")
    rows = [row("c", "1,1,0"), row("a", "0,0,0", anno="1"), row("b", "0,0,1", "validation"), row("d", "0,1,0", "test")]
    write_table(tmp_path, rows)
    data = iconart(tmp_path)
    assert (data.name, data.task, data.specification) == ("iconart", "multi_label", f"iconart:{tmp_path}")
    assert data.class_names == ("Mary", "angel", "ruins")
    assert data.train.relative_paths == ("JPEGImages/a.jpg", "JPEGImages/c.jpg")
    assert data.train.labels.tolist() == [[0, 0, 0], [1, 1, 0]]
    assert data.val.labels.tolist() == [[0, 0, 1]]
    assert data.train.metadata == {"Anno": ("1", "0")}
    assert data.train.path(0).is_file()


def test_tenth_of_train_is_taken_for_validation(root):
    data = iconart(root)
    assert {name: len(part) for name, part in data.splits.items()} == {"train": 18, "val": 2, "test": 4}
    assert "Took 2 of 20 training rows for validation, by split seed 0: the table has none." in data.notices
    assert len(iconart(root, validation=0.5).val) == 10
    assert len(iconart(root, validation=0.001).val) == 1
    assert len(iconart(root, validation=0.999).train) == 1
    assert "val" not in iconart(root, validation=0).splits


def test_split_hangs_on_seed_and_names_alone(root, draw):
    chosen = set(items(iconart(root, validation=0.5).val))
    table = root / "ImageSets/Main/IconArt_v1.csv"
    header, *rows = table.read_text().splitlines()
    random.Random(1).shuffle(rows)
    write_table(root, rows, header)
    assert set(items(iconart(root, validation=0.5).val)) == chosen
    assert set(items(iconart(root, split_seed=1, validation=0.5).val)) != chosen
    (root / "JPEGImages/i00.jpg").unlink()
    assert set(items(iconart(root, validation=0.5).val)) == chosen - {"i00"}


def test_every_image_may_be_chosen(root):
    """Over many seeds each image serves about equally often: the choice is no favour of the first rows."""
    counts = Counter(item for seed in range(200) for item in items(iconart(root, split_seed=seed, validation=0.5).val))
    assert len(counts) == 20
    # 100 in the mean, with a standard deviation of 7.
    assert min(counts.values()) > 65 and max(counts.values()) < 135


def test_specification_holds_the_options(root):
    data = iconart(root, split_seed=3, validation=0.25)
    assert data.specification == f"iconart:{root}?split_seed=3&validation=0.25"
    assert load(data.specification).identity == data.identity
    assert load(f"iconart:{root}?validation=0.25", split_seed=3).identity == data.identity
    assert data.identity != iconart(root).identity


def test_validation_rows_of_the_table_are_kept(root):
    rows = (root / "ImageSets/Main/IconArt_v1.csv").read_text().splitlines()[1:]
    write_table(root, [rows[0].replace("train", "val"), *rows[1:]])
    assert items(iconart(root).val) == ["i00"]
    assert not [notice for notice in iconart(root).notices if "split" in notice]
    assert any("change nothing" in notice for notice in iconart(root, split_seed=3).notices)


BAD_TABLES = {
    "no item": (HEADER.replace("item", "name"), [row("i00")], "the columns 'item', 'set'", "'item'", "Rename"),
    "no set": (HEADER.replace("set", "subset"), [row("i00")], "the columns 'item', 'set'", "'set'", "Rename"),
    "no classes": ("item,set", ["i00,train"], "between 'item' and 'set'", "none there", "Move"),
    "set before item": ("set,a,item", ["train,1,i00"], "between 'item' and 'set'", "none there", "Move"),
    "unknown split": (
        HEADER,
        [row("i00", part="tran")],
        "must name a split: train",
        "'tran' in row 2",
        "Write one",
    ),
    "no split": (HEADER, [row("i00"), row("i01", part="")], "must name a split", "'' in row 3", "Write one"),
    "label 2": (HEADER, [row("i00", "0,2,0")], "must hold 0 or 1", "'2' for 'Mary' in row 2", "Write 1"),
    "no label": (HEADER, [row("i00", "0,,0")], "must hold 0 or 1", "'' for 'Mary'", "Write 1"),
    "label -1": (HEADER, [row("i00", "0,-1,0")], "must hold 0 or 1", "'-1' for 'Mary'", "Write 1"),
    "item twice": (HEADER, [row("i00"), row("i01"), row("i00")], "each item once", "'i00' in rows 2, 4", "remove"),
    "item with suffix": (HEADER, [row("i00"), row("i00.jpg")], "each item once", "'i00'", "remove"),
}


@pytest.mark.parametrize(
    ("options", "rule", "received"),
    [
        ({"split_seed": 0.5}, "`split_seed` must be an integer", "0.5"),
        ({"split_seed": True}, "`split_seed` must be an integer", "True"),
        ({"validation": 1}, "`validation` must be the part", "1"),
        ({"validation": -0.1}, "`validation` must be the part", "-0.1"),
        ({"validation": float("nan")}, "`validation` must be the part", "nan"),
        ({"validation": "0.1"}, "`validation` must be the part", "'0.1'"),
    ],
)
def test_options_out_of_range(root, refused, options, rule, received):
    with refused(rule, received, "Give 0"):
        iconart(root, **options)


@pytest.mark.parametrize(("form", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_of_either_unicode_form_are_found(tmp_path, draw, form, on_disk):
    draw(tmp_path / "JPEGImages" / f"{normalize(on_disk, ACCENTED)}.jpg")
    draw(tmp_path / "JPEGImages/b.jpg")
    write_table(tmp_path, [row(normalize(form, ACCENTED)), row("b", part="test")])
    data = iconart(tmp_path)
    assert data.train.path(0).is_file()
    assert data.missing == ()


def test_split_is_the_same_for_either_unicode_form(tmp_path, draw):
    names = [f"{ACCENTED}{number}" for number in range(30)]
    chosen = []
    for form in ("NFC", "NFD"):
        for name in names:
            draw(tmp_path / form / "JPEGImages" / f"{normalize(form, name)}.jpg")
        write_table(tmp_path / form, [row(normalize(form, name)) for name in names])
        chosen.append({normalize("NFC", item) for item in items(iconart(tmp_path / form).val)})
    assert chosen[0] == chosen[1]


def test_any_format_and_suffix(tmp_path, draw):
    for name in ("a.png", "b.JPG", "c.v2.webp", "d.jpeg"):
        draw(tmp_path / "JPEGImages" / name)
    write_table(tmp_path, [row("a"), row("b.jpg"), row("c.v2"), row("d", part="test")])
    data = iconart(tmp_path, validation=0)
    assert data.train.relative_paths == ("JPEGImages/a.png", "JPEGImages/b.JPG", "JPEGImages/c.v2.webp")
    assert data.missing == ()


def test_item_that_may_be_two_files(tmp_path, draw):
    for name in ("a.png", "a.jpg", "b.jpg", "b.png"):
        draw(tmp_path / "JPEGImages" / name)
    write_table(tmp_path, [row("a"), row("b.png")])
    data = iconart(tmp_path, validation=0)
    assert data.train.relative_paths == ("JPEGImages/b.png",)
    (missing,) = data.missing
    assert missing.reason == "it may be JPEGImages/a.jpg, JPEGImages/a.png"


def test_labels_for_files_that_do_not_exist(root):
    for number in (3, 21):
        (root / f"JPEGImages/i{number:02}.jpg").unlink()
    data = iconart(root)
    assert [(file.relative_path, file.reason) for file in data.missing] == [
        ("JPEGImages/i03", "no such image file"),
        ("JPEGImages/i21", "no such image file"),
    ]
    message = "2 of 24 images are left out: JPEGImages/i03: no such image file; JPEGImages/i21: no such image file"
    with pytest.warns(DataWarning, match=message):
        assert usable(dataclasses.replace(data, notices=()), max_excluded=0.1).excluded == data.missing


def test_part_of_missing_files_is_limited(root, refused):
    for number in (3, 21):
        (root / f"JPEGImages/i{number:02}.jpg").unlink()
    data = dataclasses.replace(iconart(root), notices=())
    with refused("At most 1.0%", "2 of 24", "--max-excluded"):
        usable(data)
    with refused("At most 20.0%", "1 of 4", "--max-excluded"):
        usable(data, splits=["test"], max_excluded=0.2)


def test_missing_and_unreadable_files_stand_together_by_split(root):
    (root / "JPEGImages/i20.jpg").write_bytes(b"")
    (root / "JPEGImages/i21.jpg").unlink()
    (root / "JPEGImages/i00.jpg").write_bytes(b"")
    data = iconart(root, validation=0)
    examination = examine(data)
    assert [(file.split, file.relative_path) for file in examination.excluded] == [
        ("train", "JPEGImages/i00.jpg"),
        ("test", "JPEGImages/i21"),
        ("test", "JPEGImages/i20.jpg"),
    ]
    assert examine(examination.dataset).excluded == ()
    only_train = examine(data, splits=["train"])
    assert [file.split for file in only_train.excluded] == ["train"]
    assert only_train.dataset.missing == data.missing


def test_no_file_exists(root, refused):
    shutil.rmtree(root / "JPEGImages")
    (root / "JPEGImages").mkdir()
    with refused("`iconart:PATH` must hold the images", "0 image files, none of them among the 24", "Put the images"):
        iconart(root)


def test_files_without_labels_are_a_notice(root, draw):
    draw(root / "JPEGImages/extra.png")
    assert iconart(root).notices[1] == (
        "1 image file without a row in the table; it is left out: JPEGImages/extra.png."
    )
    for number in range(7):
        draw(root / f"JPEGImages/x{number}.png")
    assert "8 image files without a row" in iconart(root).notices[1]
    assert iconart(root).notices[1].endswith("and 3 more.")
    assert "JPEGImages/extra.png" not in iconart(root).split("all").relative_paths


def test_class_that_cannot_be_validated_is_a_notice(root):
    rows = [row("i00", "1,0,0"), row("i01", "0,1,0"), row("i02", "0,1,0", "val"), row("i03", "0,0,0", "test")]
    write_table(root, rows)
    # `ruins` is in no split: training tells of it. `angel` is in train alone.
    assert [notice for notice in iconart(root).notices if notice.startswith("Classes")] == [
        "Classes of train without an image in val: angel."
    ]
    write_table(root, [*rows, row("i04", "1,0,0", "val")])
    assert not [notice for notice in iconart(root).notices if notice.startswith("Classes")]
    assert not [notice for notice in iconart(root, validation=0).notices if notice.startswith("Classes")]


def test_table_itself_may_be_given(root, refused):
    first = root / "ImageSets/Main/IconArt_v1.csv"
    other = write_table(root, [row("i00"), row("i01", part="test")], name="IconArt_v2.csv")
    with refused("one table", "IconArt_v1.csv, IconArt_v2.csv", f"`iconart:{first}`"):
        iconart(root)
    data = iconart(other)
    assert (data.root, len(data.test), data.specification) == (root, 1, f"iconart:{other}")
    assert load(data.specification).identity == data.identity
    other.write_text("item\n1\n")
    assert len(iconart(root).test) == 4
    moved = first.rename(root / "labels.csv")
    assert iconart(moved).root == root


@pytest.mark.parametrize(("header", "rows", "rule", "received", "advice"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables(root, refused, header, rows, rule, received, advice):
    write_table(root, rows, header)
    with refused(rule, received, advice):
        iconart(root)


def test_two_unicode_forms_of_an_item_are_duplicates(root, refused):
    write_table(root, [row(normalize("NFC", ACCENTED)), row(normalize("NFD", ACCENTED))])
    with refused("each item once", ACCENTED, "remove"):
        iconart(root)


def test_wrong_encoding(root, refused):
    path = root / "ImageSets/Main/IconArt_v1.csv"
    path.write_bytes(f"{HEADER}\n{row(ACCENTED)}\n".encode("latin-1"))
    with refused("must be UTF-8", "0xe9", "CSV UTF-8"):
        iconart(root)


def test_item_cannot_leave_the_folder(root, draw):
    draw(root.parent / "outside.jpg")
    write_table(root, [row("i00"), row("../../outside"), row("../../i00.jpg", part="test")])
    data = iconart(root, validation=0)
    assert [file.relative_path for file in data.missing] == ["JPEGImages/../../outside", "JPEGImages/../../i00.jpg"]


def test_layout_that_is_incomplete(tmp_path, refused):
    with refused("must name an existing folder", "does not exist", "`iconart:/data"):
        iconart(tmp_path / "missing")
    with refused("ImageSets/Main/<name>.csv and JPEGImages", "without the folder `JPEGImages`", "above both"):
        iconart(tmp_path)
    (tmp_path / "JPEGImages").mkdir()
    with refused("one table with the columns 'item', 'set'", "none", "Give the table itself"):
        iconart(tmp_path)


def test_missing_split_says_how_to_get_it(root, refused):
    with refused("one that the dataset has: train, test, all", "'val'", "rows of the table have val as `set`"):
        iconart(root, validation=0).val  # noqa: B018


@pytest.mark.real_data
def test_real_icons(shared_data):
    root = shared_data / "data/byzart_iconart_format"
    data = iconart(root)
    assert {name: len(part) for name, part in data.splits.items()} == {"train": 298, "val": 33, "test": 142}
    assert data.missing == ()
    assert set(data.class_names) == {
        *("angel", "Child_Jesus", "crucifixion_of_Jesus", "Mary", "nudity", "ruins", "Saint_Sebastien")
    }
    assert data.notices == ("Took 33 of 331 training rows for validation, by split seed 0: the table has none.",)
    # facts: 171 of the 331 training images carry none of the seven labels.
    labels = np.concatenate([data.train.labels, data.val.labels])
    assert (labels.sum(axis=1) == 0).sum() == 171
    with pytest.warns(DataWarning):
        assert usable(data, splits=["val"], max_excluded=0).excluded == ()
