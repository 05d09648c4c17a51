from unicodedata import normalize

import pytest

from artlucid.datasets import examine, folder, load, rasta


@pytest.fixture
def root(tmp_path, draw):
    for split in ("train", "val", "test"):
        for name in ("a/1.png", "b/2.png", f"b/{split}.png"):
            draw(tmp_path / "data" / f"wikipaintings_{split}" / name)
    return tmp_path / "data"


@pytest.fixture
def with_table(root):
    """Load the dataset with a table of these lines."""

    def load_with(*lines: str, data=None):
        (root.parent / "metadata.csv").write_text("\n".join(lines), encoding="utf-8")
        return load(data or f"rasta:{root}", metadata=root.parent / "metadata.csv")

    return load_with


def test_columns_go_to_their_images(root, with_table):
    data = with_table(
        "path,artist,date",
        "wikipaintings_val/a/1.png,Juan Gris,1911",
        "./wikipaintings_train/b/2.png,,1912",
        'test.png,"Gris, ""Juan""",',
    )
    assert data.metadata_columns == ("artist", "date")
    assert data.train.metadata == {"artist": ("", "", ""), "date": ("", "1912", "")}
    assert data.val.metadata["artist"] == ("Juan Gris", "", "")
    assert data.test.metadata["artist"] == ("", "", 'Gris, "Juan"')
    assert data.identity == rasta(root).identity
    assert data.notices == (f"6 images without a row in {root.parent / 'metadata.csv'}: the metadata there are empty.",)
    assert data.split("all").metadata["date"] == ("", "1912", "", "1911", "", "", "", "", "")


def test_every_row_and_image_matched_says_nothing(with_table, root):
    paths = [path for part in rasta(root).splits.values() for path in part.relative_paths]
    data = with_table("path,artist", *(f"{path},x" for path in paths))
    assert data.notices == ()
    assert set(data.split("all").metadata["artist"]) == {"x"}


def test_metadata_survive_an_examination(with_table, root):
    (root / "wikipaintings_train/a/1.png").write_bytes(b"")
    data = with_table("path,artist", "wikipaintings_train/b/2.png,x", "train.png,y")
    assert examine(data).dataset.train.metadata == {"artist": ("x", "y")}


def test_name_of_several_images_names_none(with_table):
    data = with_table("path,artist", "1.png,x", "train.png,y", "gone.png,z")
    assert set(data.split("all").metadata["artist"]) == {"", "y"}
    assert data.notices[0].startswith("2 rows of ")
    assert data.notices[0].endswith("without an image of its own: 1.png, gone.png.")


@pytest.mark.parametrize(("form", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_paths_of_either_unicode_form(with_table, root, draw, form, on_disk):
    draw(root / "wikipaintings_train" / normalize(on_disk, "b/été.png"))
    data = with_table("path,artist", normalize(form, "wikipaintings_train/b/été.png,Étienne"))
    assert sorted(data.train.metadata["artist"])[-1] == normalize(form, "Étienne")


def test_dataset_that_is_loaded_takes_metadata_too(with_table, root):
    data = folder(root / "wikipaintings_train")
    assert "x" in with_table("path,artist", "a/1.png,x", data=data).split("all").metadata["artist"]


def test_spreadsheets_serve_too(root, tmp_path):
    import openpyxl

    workbook = openpyxl.Workbook()
    for values in (["path", "year"], ["train.png", 1911]):
        workbook.active.append(values)
    workbook.save(tmp_path / "metadata.xlsx")
    assert load(f"rasta:{root}", metadata=tmp_path / "metadata.xlsx").train.metadata == {"year": ("", "", "1911")}


BAD_TABLES = {
    "names no image": (["path,artist", "x.png,a"], "must name images of the dataset", "1 row name none", "Write"),
    "no path": (["file,artist", "1.png,a"], "must have the columns 'path'", "without 'path'", "Rename"),
    "no other column": (["path", "train.png"], "new columns beside 'path'", "no column beside it", "add columns"),
    "image twice": (
        ["path,artist", "train.png,a", "gone.png,b", "gone.png,c", "wikipaintings_train/b/train.png,d"],
        "each image once",
        "'wikipaintings_train/b/train.png' in rows 2, 5",
        "remove",
    ),
    "wrong rows": (["path,artist", "train.png,a,b"], "A table must be", "row 2 has 3 values", "save it anew"),
}


@pytest.mark.parametrize(("lines", "rule", "received", "advice"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables(with_table, refused, lines, rule, received, advice):
    with refused(rule, received, advice):
        with_table(*lines)


def test_column_that_the_dataset_has_already(with_table, refused):
    once = with_table("path,artist", "train.png,a")
    with refused("must have new columns", "'artist', which the dataset has already", "Rename"):
        with_table("path,artist,date", "train.png,a,b", data=once)
    assert with_table("path,date", "train.png,1", data=once).metadata_columns == ("artist", "date")
