import pytest

from artlucid import datasets
from artlucid.datasets import SPECIFICATIONS, load


def test_table_is_complete():
    assert set(SPECIFICATIONS) == {"rasta", "paintings", "iconart", "folder", "synthetic"}
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


@pytest.fixture
def icons(tmp_path, draw):
    """Ten training images whose folder's name holds a question mark."""
    root = tmp_path / "what?x=1"
    for number in range(10):
        draw(root / f"JPEGImages/{number}.png", number)
    (root / "ImageSets/Main").mkdir(parents=True)
    rows = [f"{number},{number % 2},train" for number in range(10)]
    (root / "ImageSets/Main/labels.csv").write_text("\n".join(["item,angel,set", *rows]))
    return root


def test_options_behind_the_path(icons):
    assert len(load(f"iconart:{icons}").val) == 1
    data = load(f"iconart:{icons}?split_seed=5&validation=0.3")
    assert (len(data.val), data.specification) == (3, f"iconart:{icons}?split_seed=5&validation=0.3")
    assert load(f"iconart:{icons}?validation=0.3", split_seed=5).identity == data.identity


@pytest.mark.parametrize(
    "options",
    ["split_seed=x", "split_seed=0.5", "split_seed=1&seed=2", "validation=", "split_seed=1&split_seed=2"],
)
def test_options_that_are_refused(icons, refused, options):
    with refused("split_seed=…, validation=…", options.split("&")[-1], "Correct it"):
        load(f"iconart:{icons}?{options}")


@pytest.mark.parametrize("options", ["splitseed=3", "validation=0.3&splitseed=3"])
def test_misspelt_option_gets_the_nearest_name(icons, refused, options):
    with refused("split_seed=…, validation=…", "splitseed=3", "Did you mean split_seed=…?"):
        load(f"iconart:{icons}?{options}")


def test_option_of_another_kind(tmp_path, draw, refused):
    draw(tmp_path / "a/1.png")
    with refused("none for this kind of data", "split_seed=3", "leave it out"):
        load(f"folder:{tmp_path}?split_seed=3")


def test_folder_whose_name_looks_like_an_option(tmp_path, draw):
    draw(tmp_path / "pictures/a/1.png")
    (tmp_path / "pictures").rename(tmp_path / "which?year=1911")
    (tmp_path / "which").mkdir()
    assert load(f"folder:{tmp_path}/which?year=1911").class_names == ("a",)


def test_split_seed_where_there_is_none(icons, tmp_path, draw, refused):
    draw(tmp_path / "a/1.png")
    with refused("only with paintings:PATH and iconart:PATH", f"'folder:{tmp_path}'", "Leave it out"):
        load(f"folder:{tmp_path}", split_seed=0)
    with refused("given once", "split_seed=1'", "Leave it out"):
        load(f"iconart:{icons}?split_seed=1", split_seed=1)
    with refused("given once", "a dataset that is loaded", "Leave it out"):
        load(load(f"iconart:{icons}"), split_seed=1)


def test_missing_folder(tmp_path, refused):
    with refused("`rasta:PATH` must name an existing folder", "missing", "Give the folder"):
        load(f"rasta:{tmp_path}/missing")


def test_unknown_drawing(refused):
    with refused("`kind` must be one of styles", "'nonsense'", "`synthetic:styles`"):
        load("synthetic:nonsense")
