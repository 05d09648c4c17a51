"""Reproductions in folders of their own: plans, what is refused, odd names."""

import json
import re

import pandas as pd
import pytest
from reproduce import miniature

from artlucid import reproduce
from artlucid.errors import DataError, ReproductionError
from artlucid.reproduce._results import save_tables
from artlucid.reproduce._scores import Score, predictions
from artlucid.reproduce._work import Work

pytestmark = [
    pytest.mark.reproduction,
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning", "ignore::artlucid.errors.DataWarning"),
]


@pytest.fixture
def refused(expect_refusal):
    return lambda *parts: expect_refusal(*parts, kind=ReproductionError)


def test_a_plan_writes_nothing(narrow, drawn, tmp_path):
    planned = reproduce.plan(["table1"], out=tmp_path / "paper", settings=miniature.settings(drawn, seeds=(0, 1)))
    assert not (tmp_path / "paper").exists()
    names = [step.name for step in planned.steps]
    # The first training of all before the second of any, and each before what it is scored by.
    assert names.index("fine-tune rasta-scratch-0") < names.index("off the shelf rasta-shelf-1")
    assert names.index("fine-tune rasta-A-1") < names.index("score rasta-A-1")
    assert len(names) == len(set(names)) == 16


def test_a_folder_of_something_else_is_refused(narrow, drawn, tmp_path, refused):
    (tmp_path / "letter.txt").write_text("mine")
    with refused("`out` must be empty", "letter.txt", "another `--out`"):
        reproduce.reproduce(["table1"], out=tmp_path, settings=miniature.settings(drawn))
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("content", "received"),
    [
        ("{", "Expecting property name"),
        ('{"format": "other"}', "not of the format"),
        ('{"format": "artlucid.reproduction", "version": 99}', "version 99"),
    ],
)
def test_a_damaged_manifest_is_refused(content, received, narrow, drawn, tmp_path, refused):
    (tmp_path / "reproduce.json").write_text(content)
    with refused("a folder of results" if "99" in content else "reproduce.json must be", received, ""):
        reproduce.plan(["table1"], out=tmp_path, settings=miniature.settings(drawn))


def test_missing_data_are_named_with_what_can_be_made(narrow, drawn, tmp_path, refused):
    without = miniature.settings((drawn[0], None))
    with refused(
        "must have its data", "table3 without IconArt (`--iconart DATA`) or Paintings", "table1, table2, figure1"
    ):
        reproduce.plan(["table3"], out=tmp_path, settings=without)
    planned = reproduce.plan([], out=tmp_path, settings=without)
    assert set(planned.left_out) == {"table3", "table4", "figure16", "figure17"}
    assert planned.left_out["figure16"] == "IconArt (`--iconart DATA`)"
    with refused("must have its data", "table1 without RASTA (`--rasta DATA`)", "nothing can be made"):
        reproduce.plan([], out=tmp_path, settings=miniature.settings((None, drawn[1])))


def test_data_that_cannot_be_loaded_are_named_with_what_can_be_made(narrow, drawn, tmp_path, expect_refusal):
    nowhere = f"iconart:{tmp_path / 'nowhere'}"
    with expect_refusal("`iconart`", "nowhere", "these can be made: table1, table2, figure1,", kind=DataError):
        reproduce.plan([], out=tmp_path / "paper", settings=miniature.settings((drawn[0], nowhere)))


def test_data_of_another_kind_are_refused(narrow, drawn, tmp_path, refused):
    with refused("`rasta` must be a dataset with one label", "multi_label", "--rasta"):
        reproduce.plan(["table1"], out=tmp_path, settings=miniature.settings((drawn[1], None)))


def test_pictures_that_are_too_small_are_refused_before_anything_is_trained(narrow, drawn, tmp_path, refused):
    with refused("`size` must be at least 16", "8", "--size"):
        reproduce.reproduce(["table1"], out=tmp_path / "paper", settings=miniature.settings(drawn, size=8))
    assert not (tmp_path / "paper").exists()


def test_odd_names_are_shown_as_they_are(narrow, tmp_path):
    """Of the folder, the classes, one of which is called as a column of the predictions, and an image."""
    settings = miniature.settings((miniature.draw_odd(tmp_path / miniature.ODD_FOLDER), None))
    made = reproduce.reproduce(["figure11"], out=tmp_path / "paper", settings=settings)
    work = Work(made.path, settings)
    Score("rasta-A", 0).make(work)
    found, scores = predictions("rasta-A", 0, work), json.loads(Score("rasta-A", 0).path(work).read_text())
    assert found.measures()["top_1"] == pytest.approx(scores["top_1"])
    assert made.results["figures"]["figure11"]["files"] == ["figures/figure11.png"]
    assert made.results["differs"]["data"]["rasta"] == [f"{miniature.ODD_FOLDER} for RASTA"]
    save_tables([1], work)
    table = pd.read_csv(made.path / "tables" / "table1.csv")
    assert f"data folder:{miniature.ODD_FOLDER}, not rasta" in set("; ".join(table["differs"].dropna()).split("; "))
    for page in (made.path / "index.md", made.path / "tables" / "table1.md"):
        text = page.read_text(encoding="utf-8")
        assert r"An \<i\>odd\<b\> \| " in text and "<i>" not in text
        rows = [line for line in text.splitlines() if line.startswith("|") and "top-" in line]
        assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {8}


def test_images_per_class_cut_each_split(drawn):
    from artlucid.reproduce._data import cut

    styles, icons = drawn
    found = cut(styles, 3)
    assert {name: len(split) for name, split in found.splits.items()} == {"train": 9, "val": 9, "test": 9}
    assert found.identity == cut(styles, 3).identity != styles.identity
    assert cut(styles, None) is styles and len(cut(styles, 1000).train) == len(styles.train)
    several = cut(icons, 5)
    assert several.train.labels.sum(axis=0).min() >= 5
    assert (~several.train.labels.any(axis=1)).sum() == 5
