"""The example that goes from a folder to a comparison, as a script."""

import runpy
import sys

import pandas as pd
import pytest
from documentation.pages import ROOT
from PIL import Image

SCRIPT = ROOT / "examples" / "your_own_folder.py"

pytestmark = [
    pytest.mark.documentation,
    pytest.mark.filterwarnings("ignore::artlucid.errors.DataWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def test_from_a_folder_to_pictures_and_a_comparison(work, monkeypatch, capsys):
    run(monkeypatch, "paintings", "--quick", "--out", "own")
    said = capsys.readouterr().out
    assert "top-1" in said and "mean CKA" in said and "mixed4" in said
    with Image.open("own/before-after.png") as picture:
        assert picture.width > 100
    assert len(pd.read_csv("own/comparison/layers.csv")) == 66
    for name in ("own/cka.png", "own/overlap.png", "own/run/best.h5", "own/shelf/best.h5"):
        assert (work / name).is_file()
