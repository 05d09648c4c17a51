import datetime
import io
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest

from artlucid.datasets import _spreadsheet, _tables
from artlucid.datasets._tables import bare, choose_table, read_table, refuse_duplicates, require_columns

HEADER = ["item", "title", "set"]
ROWS = [HEADER, ["a", "Vue d'Étretat", "train"], ["b", 'The "Cow", tethered', "test"]]
TEXT = 'item,title,set\na,Vue d\'Étretat,train\nb,"The ""Cow"", tethered",test\n'


def spreadsheet(path: Path, rows=ROWS, **others) -> Path:
    workbook = openpyxl.Workbook()
    for title, content in {"Sheet1": rows, "Sheet2": [], **others}.items():
        sheet = workbook.create_sheet(title)
        for row in content:
            sheet.append(row)
    workbook.remove(workbook.worksheets[0])
    workbook.save(path)
    return path


def changed(path: Path, changes: dict[str, bytes]) -> Path:
    """Write a spreadsheet anew with some of its parts replaced or added."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def part(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


FORMS = {
    "plain": ("a.csv", TEXT),
    "byte-order mark": ("a.csv", "\ufeff" + TEXT),
    "carriage returns alone": ("a.csv", TEXT.replace("\n", "\r")),
    "both": ("a.txt", TEXT.replace("\n", "\r\n")),
    "tabs in a csv": ("a.csv", 'item\ttitle\tset\na\tVue d\'Étretat\ttrain\nb\t"The ""Cow"", tethered"\ttest\n'),
    "semicolons": ("a.csv", TEXT.replace(",", ";").replace('"; t', '", t')),
    "spaces": ("a.csv", TEXT.replace("a,", " a ,").replace("item", "'item' ")),
    "empty rows and cells behind": ("a.tsv", "\n" + TEXT.replace("train\n", "train,,\n\n,,,\n")),
    "no line end": ("a.csv", TEXT.rstrip()),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_forms_of_text(tmp_path, name, content):
    table = read_table(written(tmp_path / name, content))
    assert {column: list(values) for column, values in table.columns.items()} == {
        "item": ["a", "b"],
        "title": ["Vue d'Étretat", 'The "Cow", tethered'],
        "set": ["train", "test"],
    }


def test_spreadsheet_holds_the_same(tmp_path):
    text = read_table(written(tmp_path / "a.csv", TEXT))
    sheet = read_table(spreadsheet(tmp_path / "a.xlsx"))
    assert (dict(sheet.columns), sheet.numbers) == (dict(text.columns), (2, 3))
    assert dict(read_table((tmp_path / "a.xlsx").rename(tmp_path / "b.csv")).columns) == dict(text.columns)


def test_cells_of_a_spreadsheet_become_text(tmp_path):
    rows = [["a", "b", "c", "d"], [1, 0.5, datetime.datetime(1911, 5, 4), None]]
    table = read_table(spreadsheet(tmp_path / "a.xlsx", rows))
    assert [values[0] for values in table.columns.values()] == ["1", "0.5", "1911-05-04", ""]


def test_columns_without_a_name_are_left_out_and_rows_counted_as_in_the_file(tmp_path):
    table = read_table(written(tmp_path / "a.csv", ",item\n0,x\n\n2,y\n"))
    assert dict(table.columns) == {"item": ("x", "y")}
    assert table.numbers == (2, 4)
    assert list(table.rows([])) == [{}, {}]


def test_names_of_columns_are_composed(tmp_path):
    assert list(read_table(written(tmp_path / "a.csv", "muse\u0301e,b\n1,2\n")).columns) == ["musée", "b"]


REFUSED = {
    "Latin-1": (TEXT.encode("latin-1"), "0xc9"),
    "UTF-16": (TEXT.encode("utf-16"), "0xff"),
    "UTF-16 without a mark": ("item,set\nab,c".encode("utf-16-le"), "bytes of zero"),
    "empty": (b"", "no header"),
    "only empty rows": (b"\n,,\n", "no header"),
    "header alone": (b"item,set\n", "no rows"),
    "repeated column": (b"item,item\n1,2\n", "repeats 'item'"),
    "too many values": (b"item,set\na,train\nb,test,1\n", "row 3 has 3 values, and the header has 2"),
    "quote left open": (b'item,set\n"a,train\n', "unexpected end of data"),
    "quote inside": (b'item,set\n"a"b,train\n', "expected after"),
}


@pytest.mark.parametrize(("content", "received"), REFUSED.values(), ids=REFUSED)
def test_text_that_is_refused(tmp_path, refused, content, received):
    with refused("A table must be", received, "Save it" if received.startswith("0x") else "save it anew"):
        read_table(written(tmp_path / "a.csv", content))


def test_files_that_are_refused(tmp_path, refused):
    with refused("A table must be", "No such file", "save it anew"):
        read_table(tmp_path / "missing.csv")
    with refused("must be a file of .csv", "a.xls", "CSV UTF-8"):
        read_table(tmp_path / "a.xls")
    (tmp_path / "folder.csv").mkdir()
    with refused("A table must be", "not a regular file", "save it anew"):
        read_table(tmp_path / "folder.csv")


@pytest.mark.parametrize("module", [_tables, _spreadsheet])
def test_sizes_are_limited(tmp_path, refused, monkeypatch, module):
    limits = {_tables: ("LARGEST_FILE", "a.csv"), _spreadsheet: ("LARGEST_UNPACKED", "a.xlsx")}
    written(tmp_path / "a.csv", TEXT)
    spreadsheet(tmp_path / "a.xlsx")
    limit, name = limits[module]
    monkeypatch.setattr(module, limit, 50)
    with refused("A table must be", "above the limit of 0 MiB", "save it anew"):
        read_table(tmp_path / name)


def test_rows_and_columns_are_limited(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(_tables, "MOST_ROWS", 2)
    for path in (written(tmp_path / "a.csv", TEXT), spreadsheet(tmp_path / "a.xlsx")):
        with refused("A table must be", "more than 2 rows", "save it anew"):
            read_table(path)
    monkeypatch.setattr(_tables, "MOST_COLUMNS", 2)
    with refused("A table must be", "more than 2 columns", "save it anew"):
        read_table(tmp_path / "a.csv")


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, refused):
    path = changed(spreadsheet(tmp_path / "a.xlsx"), {"xl/media/big.bin": bytes(_spreadsheet.LARGEST_UNPACKED)})
    assert path.stat().st_size < 2**20
    with refused("A table must be", "unpacked it is above the limit of 64 MiB", "save it anew"):
        read_table(path)


def test_entity_bomb_is_refused(tmp_path, refused):
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "lol">]><a>&b;</a>'
    for name in ("xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "odd.dat"):
        path = changed(spreadsheet(tmp_path / "a.xlsx"), {name: bomb})
        with refused("A table must be", "it declares document types", "save it anew"):
            read_table(path)


@pytest.mark.parametrize("value", [b"", b"<is><t>x</t></is>"], ids=["empty cells", "values"])
def test_cells_far_to_the_right_are_refused_at_the_first(tmp_path, refused, value):
    """Each would make its row 16,384 cells long: half an hour for a file below the limit."""
    cell = b'<row r="%d"><c r="A%d" t="inlineStr">%s</c><c r="XFD%d"/></row>'
    rows = b"".join(cell % (number, number, value, number) for number in range(1, 30_000))
    path = spreadsheet(tmp_path / "a.xlsx")
    sheet = part(path, "xl/worksheets/sheet1.xml")
    begin, end = sheet.index(b"<sheetData>") + len(b"<sheetData>"), sheet.index(b"</sheetData>")
    path = changed(path, {"xl/worksheets/sheet1.xml": sheet[:begin] + rows + sheet[end:]})
    with refused("A table must be", "more than 1,000 columns", "save it anew"):
        read_table(path)


def test_row_far_below_is_refused(tmp_path, refused):
    path = spreadsheet(tmp_path / "a.xlsx")
    sheet = part(path, "xl/worksheets/sheet1.xml").replace(b'r="3"', b'r="2000000000"')
    with refused("A table must be", "more than 1,000,000 rows", "save it anew"):
        read_table(changed(path, {"xl/worksheets/sheet1.xml": sheet}))


def test_declared_size_of_a_sheet_is_not_believed(tmp_path):
    path = spreadsheet(tmp_path / "a.xlsx")
    sheet = part(path, "xl/worksheets/sheet1.xml").replace(b"A1:C3", b"A1:XFD1048576")
    assert b"XFD1048576" in sheet
    assert len(read_table(changed(path, {"xl/worksheets/sheet1.xml": sheet}))) == 2


def test_formulas_and_links_are_refused(tmp_path, refused):
    path = spreadsheet(tmp_path / "a.xlsx", [HEADER, ["a", "=1+1", "train"]])
    with refused("A table must be", "cell B2 holds a formula", "save it anew"):
        read_table(path)
    path = changed(spreadsheet(tmp_path / "b.xlsx"), {"xl/externalLinks/externalLink1.xml": b"<a/>"})
    with refused("A table must be", "links to other files", "save it anew"):
        read_table(path)


def test_spreadsheet_must_have_one_sheet_with_content(tmp_path, refused):
    with refused("A table must be", "'Sheet1', 'More'", "keep one sheet"):
        read_table(spreadsheet(tmp_path / "a.xlsx", More=[["x"]]))
    with refused("A table must be", "are none", "keep one sheet"):
        read_table(spreadsheet(tmp_path / "b.xlsx", []))


def test_damaged_spreadsheets(tmp_path, refused):
    whole = spreadsheet(tmp_path / "a.xlsx").read_bytes()
    for content in (
        whole[:-40],
        whole[: len(whole) // 2],
        whole[:4],
        b"",
        b"text",
        whole[:200] + bytes(300) + whole[500:],
    ):
        with refused("A table must be", "a.xlsx", "save it anew"):
            read_table(written(tmp_path / "a.xlsx", content))
    for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
        path = spreadsheet(tmp_path / "a.xlsx")
        with refused("A table must be", "a.xlsx", "save it anew"):
            read_table(changed(path, {name: part(path, name)[:-30]}))


def test_warnings_of_the_reader_are_not_the_users(tmp_path):
    path = spreadsheet(tmp_path / "a.xlsx")
    sheet = part(path, "xl/worksheets/sheet1.xml")
    extension = b'<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'
    changed(path, {"xl/worksheets/sheet1.xml": sheet.replace(b"</worksheet>", extension)})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_table(path)
    assert caught == []
    with pytest.warns(UserWarning, match="extension"):
        list(openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True)["Sheet1"].rows)


def test_missing_columns(tmp_path, refused):
    table = read_table(written(tmp_path / "a.csv", TEXT))
    require_columns(table, ["set"])
    with refused("columns 'item', 'artist'", "without 'artist'; its columns are 'item', 'title', 'set'", "Rename"):
        require_columns(table, ["item", "artist"])


def test_duplicates(tmp_path, refused):
    table = read_table(written(tmp_path / "a.csv", "item\na\nb\n\na\n"))
    with refused("each item once", "repeats 1: 'a' in rows 2, 5", "remove"):
        refuse_duplicates(table, table.columns["item"], "item")


def test_choice_among_tables(tmp_path, refused):
    fitting, other = written(tmp_path / "a.csv", "item,set\n1,2\n"), written(tmp_path / "b.csv", "x\n1\n")
    damaged = written(tmp_path / "c.xlsx", "no zip")
    assert choose_table([damaged], ["item"], "iconart", tmp_path) == damaged
    assert choose_table([fitting, other, damaged], ["item", "set"], "iconart", tmp_path) == fitting
    copy = written(tmp_path / "d.csv", "item,set\n1,2\n")
    with refused("one table with the columns 'item'", "a.csv, d.csv", f"`iconart:{fitting}`"):
        choose_table([fitting, other, copy], ["item"], "iconart", tmp_path)
    with refused("one table", f"{tmp_path} with none", "<name>.csv"):
        choose_table([], ["item"], "iconart", tmp_path)
    with refused("one table", "b.csv, c.xlsx", "Give the table itself"):
        choose_table([other, damaged], ["item"], "iconart", tmp_path)


def test_bare_values():
    assert [bare(value) for value in ("'train'", "' aeroplane horse'", "\"' cow'\"", " x ", "")] == [
        "train",
        "aeroplane horse",
        "cow",
        "x",
        "",
    ]
