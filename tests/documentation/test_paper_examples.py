"""The examples of the paper's tables and figures: each runs, and says what it costs and what comes of it."""

import re
import runpy
import sys

import pytest
from documentation.pages import ROOT
from reproduce import miniature

from artlucid.reproduce import ITEMS

EXAMPLES = ROOT / "examples"
SCRIPTS = sorted([*EXAMPLES.glob("table_*.py"), *EXAMPLES.glob("figure_*.py")])

TWICE = "it needs 2 trainings of each mode"
NOT_DRAWN = {"figure1": "a network that has them", "figure2": TWICE, "figure9": TWICE}
"""Of one training of a network that has other layers than InceptionV1."""

pytestmark = [
    pytest.mark.documentation,
    pytest.mark.filterwarnings("ignore::artlucid.errors.DataWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.VisualizationWarning"),
]


def item_of(script):
    kind, number = script.stem.split("_")
    return f"{kind}{int(number)}"


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
    assert {item_of(script) for script in SCRIPTS} == set(ITEMS) - {"findings"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_runs_and_says_where_the_result_is(script, paper, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(script), "--quick", "--seeds", "0", "--out", str(paper)])
    runpy.run_path(str(script), run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    name = item_of(script)
    if name in NOT_DRAWN:
        assert NOT_DRAWN[name] in said[0]
    else:
        assert name in said[0]
        assert len(said) >= 2


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_its_header_has_command_cost_and_result(script):
    header = re.match(r'"""\n(.+?)"""', script.read_text(encoding="utf-8"), re.DOTALL)[1]
    parts = [f"\nCommand: python examples/{script.name} --rasta ", "\nCost: ", "\nExpected: "]
    assert all(part in header for part in parts)
    assert f"paper/{'tables' if 'table' in script.stem else 'figures'}/{item_of(script)}" in header
