"""Cells of Lucid's notebooks run with this library's imports, and with the original's."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from artlucid import models
from artlucid.export import lucid as bridge
from artlucid.visualize import render

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("lucid_*.py"))


# What the cells ask for, in the order of depth.
BLOCKS = ("mixed4a", "mixed4c", "mixed4d", "mixed5a")


@pytest.fixture(scope="module")
def network():
    """A convolution for each block that the cells ask for, with the names and the widths of the notebooks' network."""
    published = models.load("none", architecture="inception5h", seed=0)
    keras.utils.set_random_seed(0)
    image = x = keras.Input((None, None, 3))
    for block, stride in zip(BLOCKS, (16, 1, 1, 2), strict=True):
        width = models.layer_output(published, f"{block}_pre_relu").shape[-1]
        assert models.layer_output(published, block).shape[-1] == width
        x = keras.layers.Conv2D(width, 1, strides=stride, name=f"{block}_pre_relu")(x)
        x = keras.layers.ReLU(name=block)(x)
    return models.wrap(keras.Model(image, x), value_range=(0, 1))


@pytest.fixture(scope="module")
def original_model(lucid, network):
    return bridge.model(network)


def run(path, model, replacements, render_module, patch):
    """Run the cells with an update each; gives the pictures by the names of their variables."""
    rendered = render_module.render_vis

    def quick(*arguments, **options):
        return rendered(*arguments, **{**options, "thresholds": (0,), "verbose": False})

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
def test_with_both_imports(lucid, network, original_model, path):
    with pytest.MonkeyPatch.context() as patch:
        ours = run(path, network, {}, render, patch)
    with pytest.MonkeyPatch.context() as patch:
        # 0.3.8's decorator is written without parentheses.
        changed = {"artlucid.visualize.": "lucid.optvis.", "@objectives.wrap_objective()": "@objectives.wrap_objective"}
        theirs = run(path, original_model, changed, lucid.optvis.render, patch)
    assert ours == theirs
    assert len(ours) >= 3


def test_there_are_three():
    assert len(EXAMPLES) == 3
