import csv
import io
from collections import Counter
from pathlib import Path
from unicodedata import normalize

import openpyxl
import pytest

from artlucid.datasets import load, paintings
from artlucid.datasets._paintings import CLASSES, file_name
from artlucid.errors import DataError

HEADER = ["Image URL", "Web page URL", "Subset", "Labels"]
ADDRESS = "https://d3d00swyhr67nd.cloudfront.net/w550/NID/{}.jpg"


def row(name: str, subset: str = "'train'", labels: str = "' cow'", page: str = "https://artuk.org/1") -> list[str]:
    return [ADDRESS.format(name), page, subset, labels]


ROWS = [
    row("NID_1", labels="' aeroplane horse'", page="https://artuk.org/a"),
    row("NID_2", "'validation'"),
    row("NID_3", "'test'", "' train'"),
    row("NID_4"),
]


def as_spreadsheet(path: Path, rows) -> Path:
    workbook = openpyxl.Workbook()
    for values in rows:
        workbook.active.append(values)
    workbook.create_sheet("Sheet2")
    workbook.save(path)
    return path


def as_text(path: Path, rows, *, delimiter=",", line_end="\n", mark="", quoting=csv.QUOTE_MINIMAL) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    path.write_bytes((mark + text.getvalue()).encode())
    return path


def first_release(path: Path, rows) -> Path:
    """Tabs, carriage returns alone, a byte-order mark, another name of the page's column, no quotes."""
    header = ["Image URL", "URL for Your Paintings Page", "Subset", "Labels"]
    plain = [[value.strip("' ") for value in values] for values in rows[1:]]
    return as_text(path, [header, *plain], delimiter="\t", line_end="\r", mark="\ufeff")


FORMS = {
    "spreadsheet": ("paintings.xlsx", as_spreadsheet),
    "csv": ("paintings.csv", as_text),
    "csv, all quoted": ("paintings.csv", lambda path, rows: as_text(path, rows, quoting=csv.QUOTE_ALL)),
    "first release": ("paintings.csv", first_release),
}


@pytest.fixture
def root(tmp_path, draw):
    for number in range(1, 5):
        draw(tmp_path / f"NID_{number}.jpg", number)
    return tmp_path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(root, form):
    name, write = FORMS[form]
    write(root / name, [HEADER, *ROWS])
    data = paintings(root)
    assert (data.name, data.task, data.specification) == ("paintings", "multi_label", f"paintings:{root}")
    assert data.class_names == CLASSES == tuple(sorted(CLASSES))
    assert data.train.relative_paths == ("NID_1.jpg", "NID_4.jpg")
    present = {
        path: [CLASSES[index] for index, label in enumerate(labels) if label]
        for part in data.splits.values()
        for path, labels in zip(part.relative_paths, part.labels.tolist(), strict=True)
    }
    assert present == {
        "NID_1.jpg": ["aeroplane", "horse"],
        "NID_2.jpg": ["cow"],
        "NID_3.jpg": ["train"],
        "NID_4.jpg": ["cow"],
    }
    assert [len(data.train), len(data.val), len(data.test)] == [2, 1, 1]
    assert data.missing == ()
    page = HEADER[1] if form != "first release" else "URL for Your Paintings Page"
    assert data.train.metadata == {
        "Image URL": (ADDRESS.format("NID_1"), ADDRESS.format("NID_4")),
        page: ("https://artuk.org/a", "https://artuk.org/1"),
    }


def test_forms_give_one_identity(root):
    identities = set()
    for name, write in FORMS.values():
        path = write(root / name, [HEADER, *ROWS])
        identities.add(paintings(path).identity)
        path.unlink()
    assert len(identities) == 1


@pytest.mark.parametrize("folder", ["images", "JPEGImages/train", "."])
def test_images_at_any_depth_and_in_any_format(tmp_path, draw, folder):
    for number, suffix in enumerate([".jpg", ".PNG", ".webp", ".tif"], start=1):
        draw(tmp_path / folder / f"NID_{number}{suffix}")
    as_text(tmp_path / "table.csv", [HEADER, *ROWS])
    data = paintings(tmp_path)
    assert data.missing == ()
    assert all(data.train.path(index).is_file() for index in range(2))


def test_images_elsewhere(root, tmp_path_factory, refused):
    table = as_text(tmp_path_factory.mktemp("tables") / "table.csv", [HEADER, *ROWS])
    data = paintings(table, images=root)
    assert (data.root, data.specification) == (root, f"paintings:{table}?images={root}")
    assert load(data.specification).identity == data.identity
    with refused("must hold the images that its table names", "0 image files", "Put the images"):
        paintings(table)
    with refused("must name an existing folder", "does not exist", "Give the folder"):
        paintings(table, images=root / "missing")


def test_names_of_folders_that_an_address_would_spell_otherwise(tmp_path, tmp_path_factory, draw):
    images = tmp_path / "50% & more? été #1"
    draw(images / "NID_1.jpg")
    table = as_text(tmp_path_factory.mktemp("tables") / "table.csv", [HEADER, ROWS[0]])
    data = paintings(table, images=images, validation=0)
    assert load(data.specification).root == images


@pytest.mark.parametrize(("form", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_of_either_unicode_form_are_found(tmp_path, draw, form, on_disk):
    draw(tmp_path / f"{normalize(on_disk, 'Étretat')}.jpg")
    as_text(tmp_path / "table.csv", [HEADER, row(normalize(form, "Étretat"))])
    assert paintings(tmp_path, validation=0).missing == ()


def test_name_is_the_last_part_of_the_address():
    assert file_name("http://host/a/b/nid_qub_264_624x544.jpg") == "nid_qub_264_624x544.jpg"
    assert file_name("https://host/alfred-wallis.JPG?w=640") == "alfred-wallis.JPG"
    assert file_name("https://host/display_image.php?id=596592") == "display_image.php?id=596592"
    assert file_name("[]") == "[]"


def test_file_that_rows_disagree_about_is_left_out(root):
    rows = [
        *ROWS,
        row("NID_4", labels="' dog'"),
        row("NID_3", "'train'", "' train'"),
    ]
    as_text(root / "table.csv", [HEADER, *rows])
    data = paintings(root)
    assert data.train.relative_paths == ("NID_1.jpg",)
    reason = "2 rows name this file and differ in subset or labels"
    assert [(file.split, file.relative_path, file.reason) for file in data.missing] == [
        ("test", "NID_3.jpg", reason),
        ("train", "NID_3.jpg", reason),
        ("train", "NID_4.jpg", reason),
    ]
    assert not [notice for notice in data.notices if "without a row" in notice]


def test_rows_that_agree_are_one_image(root):
    as_text(root / "table.csv", [HEADER, *ROWS, row("NID_1", labels=" 'horse  aeroplane'")])
    data = paintings(root)
    assert data.train.relative_paths == ("NID_1.jpg", "NID_4.jpg")
    assert data.notices[0] == "The table says the same twice of 1 image: NID_1.jpg."


def test_missing_images_and_files_without_a_row(root, draw):
    (root / "NID_4.jpg").unlink()
    draw(root / "other/x.png")
    as_text(root / "table.csv", [HEADER, *ROWS])
    data = paintings(root)
    assert [(file.split, file.relative_path, file.reason) for file in data.missing] == [
        ("train", "NID_4.jpg", "no such image file")
    ]
    assert data.notices[0] == "1 image file without a row in the table; it is left out: other/x.png."


def test_validation_is_taken_where_the_table_has_none(root):
    as_text(root / "table.csv", [HEADER, *(row(f"NID_{number}") for number in range(1, 5))])
    data = paintings(root, validation=0.5, split_seed=1)
    assert (len(data.train), len(data.val)) == (2, 2)
    assert data.specification == f"paintings:{root}?split_seed=1&validation=0.5"


BAD_TABLES = {
    "no subset": ([[*HEADER[:2], "Labels"], ["a", "b", "cow"]], "the columns 'Image URL'", "'Subset'", "Rename"),
    "unknown label": (
        [HEADER, row("NID_1", labels="' cow unicorn'")],
        "must hold labels of aeroplane",
        "'unicorn' in row 2",
        "Correct it",
    ),
    "unknown subset": (
        [HEADER, row("NID_1"), row("NID_2", "'tset'")],
        "must name a split",
        "'tset' in row 3",
        "Write one",
    ),
}


@pytest.mark.parametrize(("rows", "rule", "received", "advice"), BAD_TABLES.values(), ids=BAD_TABLES)
@pytest.mark.parametrize("form", ["spreadsheet", "csv"])
def test_bad_tables(root, refused, form, rows, rule, received, advice):
    name, write = FORMS[form]
    write(root / name, rows)
    with refused(rule, received, advice):
        paintings(root)


def test_damaged_spreadsheet(root, refused):
    path = as_spreadsheet(root / "paintings.xlsx", [HEADER, *ROWS])
    path.write_bytes(path.read_bytes()[:-100])
    with refused("A table must be a spreadsheet", "not a zip file", "save it anew"):
        paintings(root)


def test_several_tables(root, refused):
    as_spreadsheet(root / "a.xlsx", [HEADER, *ROWS])
    first_release(root / "b.csv", [HEADER, *ROWS])
    with refused(
        "one table with the columns 'Image URL', 'Subset', 'Labels'", "a.xlsx, b.csv", "Give the table itself"
    ):
        paintings(root)
    assert paintings(root / "b.csv").specification == f"paintings:{root}/b.csv"
    (root / "b.csv").write_text("path,artist\nNID_1.jpg,x\n")
    assert len(paintings(root).train) == 2


def test_missing_split_says_how_to_get_it(root, refused):
    as_text(root / "table.csv", [HEADER, *ROWS[:2]])
    with refused("one that the dataset has: train, val, all", "'test'", "rows of the table have test as `Subset`"):
        paintings(root).test  # noqa: B018


REAL = {
    "painting_dataset_2018.xlsx": ({"train": 3419, "val": 856, "test": 4256}, 1106, 6),
    "painting_dataset_original_release.csv": ({"train": 3463, "val": 865, "test": 4301}, 1112, 1),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_tables(shared_data, tmp_path, draw, name):
    from artlucid.datasets import _paintings

    table = shared_data / "data/paintings_annotations" / name
    rows = _paintings._annotations(_paintings.read_table(table))
    subsets, several, shared = REAL[name]
    assert Counter(found.split for found in rows) == subsets
    assert sum(len(found.classes) > 1 for found in rows) == several
    assert {label for found in rows for label in found.classes} == set(CLASSES)
    names = Counter(found.name for found in rows)
    assert sum(count > 1 for count in names.values()) == shared
    # Images of a sample of the rows; one of them stands for many paintings.
    sample = [found for found in rows if names[found.name] == 1][::400]
    for found in sample:
        draw(tmp_path / "images" / found.name)
    data = paintings(table, images=tmp_path)
    assert {path for part in data.splits.values() for path in part.relative_paths} == {
        f"images/{found.name}" for found in sample
    }
    assert Counter({split: len(part) for split, part in data.splits.items()}) == Counter(
        found.split for found in sample
    )
    assert sum(part.labels.sum() for part in data.splits.values()) == sum(len(found.classes) for found in sample)


@pytest.mark.real_data
def test_real_spreadsheet_saved_as_text_is_the_same(shared_data, tmp_path, draw):
    table = shared_data / "data/paintings_annotations/painting_dataset_2018.xlsx"
    workbook = openpyxl.load_workbook(table, read_only=True)
    as_text(tmp_path / "a.csv", workbook.worksheets[0].values, mark="\ufeff", line_end="\r\n")
    for name in ("NID_QUB_QUB_264", "GMIII_MOSI_A1978_72_3"):
        draw(tmp_path / f"{name}.jpg")
    text, spreadsheet = paintings(tmp_path), paintings(table, images=tmp_path)
    assert text.identity == spreadsheet.identity
    assert set(text.missing) == set(spreadsheet.missing)
    assert text.train.metadata == spreadsheet.train.metadata


def test_refusal_is_a_data_error(root):
    with pytest.raises(DataError):
        paintings(root)
