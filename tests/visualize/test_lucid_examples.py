"""Cells of Lucid's notebooks run with this library's imports, and with the original's."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from artlucid import models
from artlucid.export import lucid as bridge
from artlucid.visualize import render

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("lucid_*.py"))


@pytest.fixture(scope="module")
def inception():
    """As wide as the notebooks' network, with random weights."""
    return models.load("none", architecture="inception5h", seed=0)


def run(path, model, replacements, render_module, patch):
    """Run the cells with two updates each; gives the pictures by the names of their variables."""
    rendered = render_module.render_vis

    def quick(*arguments, **options):
        return rendered(*arguments, **{**options, "thresholds": (1,), "verbose": False})

    patch.setattr(render_module, "render_vis", quick)
    code = path.read_text()
    for ours, theirs in {"import artlucid.models as models\n": "", **replacements}.items():
        code = code.replace(ours, theirs)
    cells = {"models": SimpleNamespace(InceptionV1=lambda: model), "__name__": path.stem}
    exec(compile(code, str(path), "exec"), cells)
    found = {
        name: value for name, value in cells.items() if isinstance(value, list) and isinstance(value[0], np.ndarray)
    }
    for name, images in found.items():
        assert len(images) == 1 and np.isfinite(images[0]).all(), name
    return {name: images[0].shape for name, images in found.items()}


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_with_both_imports(lucid, inception, path):
    with pytest.MonkeyPatch.context() as patch:
        ours = run(path, inception, {}, render, patch)
    with pytest.MonkeyPatch.context() as patch:
        # 0.3.8's decorator is written without parentheses.
        changed = {"artlucid.visualize.": "lucid.optvis.", "@objectives.wrap_objective()": "@objectives.wrap_objective"}
        theirs = run(path, bridge.model(inception), changed, lucid.optvis.render, patch)
    assert ours == theirs
    assert len(ours) >= 3


def test_there_are_three():
    assert len(EXAMPLES) == 3
