import pytest

from artlucid import datasets
from artlucid.datasets import SPECIFICATIONS, load


def test_table_is_complete():
    assert set(SPECIFICATIONS) == {"rasta", "folder", "synthetic"}
    for kind, entry in SPECIFICATIONS.items():
        assert entry.spelling.startswith(f"{kind}:")
        assert entry.description
        assert "\n" not in entry.description
        assert entry.loader is getattr(datasets, kind)


def test_loads_by_kind(tmp_path, draw):
    draw(tmp_path / "wikipaintings_train/a/1.png")
    assert load(f"rasta:{tmp_path}").class_names == ("a",)
    assert load(f"folder:{tmp_path}").class_names == ("wikipaintings_train",)


def test_specification_loads_the_same_again(tmp_path, draw, monkeypatch):
    draw(tmp_path / "data/train/a/1.png")
    monkeypatch.chdir(tmp_path)
    data = load("folder:data")
    monkeypatch.chdir("/")
    assert load(data.specification).identity == data.identity


def test_dataset_is_returned(tmp_path, draw):
    draw(tmp_path / "a/1.png")
    data = load(f"folder:{tmp_path}")
    assert load(data) is data


@pytest.mark.parametrize("text", ["nonsense:x", "nonsense", "", "rasta:", "folder", "C:nowhere"])
def test_unknown_kind_lists_the_table(refused, text):
    for entry in SPECIFICATIONS.values():
        with refused("must be KIND:WHERE", repr(text), entry.spelling):
            load(text)


def test_bare_path_suggests_folder(tmp_path, refused):
    for path in (tmp_path, str(tmp_path)):
        with refused("must be KIND:WHERE", "a path without a kind", f"`folder:{tmp_path}`"):
            load(path)


def test_missing_folder(tmp_path, refused):
    with refused("`rasta:PATH` must name an existing folder", "missing", "Give the folder"):
        load(f"rasta:{tmp_path}/missing")


def test_unknown_drawing(refused):
    with refused("`kind` must be one of styles", "'nonsense'", "`synthetic:styles`"):
        load("synthetic:nonsense")
