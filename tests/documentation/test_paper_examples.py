"""The examples of the paper's tables and figures: each runs, and makes what its header promises."""

import ast
import runpy
import sys
from pathlib import Path

import pytest
from documentation.pages import ROOT
from reproduce import miniature

from artlucid.reproduce import ITEMS

EXAMPLES = ROOT / "examples"
SCRIPTS = sorted([*EXAMPLES.glob("table_*.py"), *EXAMPLES.glob("figure_*.py")])

TWICE = "it needs 2 trainings of each mode"
NOT_DRAWN = {"figure1": "in which there are none", "figure2": TWICE, "figure9": TWICE}
"""Why not: of one training of each mode, in a network that has none of the layers that the paper names."""

pytestmark = [
    pytest.mark.documentation,
    pytest.mark.xdist_group("paper"),  # they share a folder of results
    pytest.mark.filterwarnings("ignore::artlucid.errors.DataWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.VisualizationWarning"),
]


def item_of(script):
    kind, number = script.stem.split("_")
    return ITEMS[f"{kind}{int(number)}"]


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """A folder for all of them, and a network of three convolutions in the place of the quick one's."""
    styles, icons = miniature.draw(tmp_path_factory.mktemp("drawn"))
    with pytest.MonkeyPatch.context() as patch:
        miniature.register(patch)
        patch.syspath_prepend(EXAMPLES)
        import _paper

        small = {"rasta": styles, "iconart": icons, "architecture": "narrow", "images_per_class": None, "steps": 2}
        patch.setattr(_paper, "QUICK", {**_paper.QUICK, **small, "channels": 1, "precision": "float32"})
        yield tmp_path_factory.mktemp("results") / "paper"
        sys.modules.pop("_paper")


def test_there_is_one_a_table_and_figure():
    assert {item_of(script).name for script in SCRIPTS} == set(ITEMS) - {"findings"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_makes_what_its_header_promises(script, paper, monkeypatch, capsys):
    item = item_of(script)
    monkeypatch.setattr(sys, "argv", [str(script), "--quick", "--seeds", "0", "--out", str(paper)])
    runpy.run_path(str(script), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    made = [Path(line) for line in said if line.startswith(str(paper))]
    if item.name in NOT_DRAWN:
        assert made == [] and NOT_DRAWN[item.name] in said[0]
        return
    header = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8")))
    assert made and all(path.is_file() for path in made)
    assert [path for path in made if f"``paper/{path.relative_to(paper)}``" not in header] == []
    # It is more than the command: it shows numbers too.
    assert any(character.isdigit() for character in "".join(said[len(made) :]))
