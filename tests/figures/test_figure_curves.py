"""What stands in the panels of objective curves."""

import numpy as np
import pytest
from figures.folders import CHANNELS, add, begin
from figures.test_figure_images import LONG, UNBROKEN, assert_legible, said

from artlucid import figures


@pytest.fixture
def two(tmp_path):
    first, second = begin(tmp_path / "a", "imagenet"), begin(tmp_path / "b", "runs/styles")
    for number, channel in enumerate(CHANNELS):
        add(first, channel, curve=[number, 2.5, 3])
    add(second, CHANNELS[0], curve=[-1, 1e-3, 7])
    return [first, second]


def test_a_panel_a_channel_and_a_line_a_network(two):
    figure = figures.objective_curves(two, CHANNELS)
    assert [axes.get_label() for axes in figure.axes] == list(CHANNELS)
    lines = [[(line.get_label(), line.get_ydata().tolist()) for line in axes.lines] for axes in figure.axes]
    assert lines[0] == [("imagenet", [0, 2.5, 3]), ("runs/styles", [-1, 1e-3, 7])]
    assert lines[1:] == [[("imagenet", [1, 2.5, 3])], [("imagenet", [2, 2.5, 3])]]
    assert figure.axes[0].lines[0].get_xdata().tolist() == [0, 1, 2]
    assert "mixed4d_3x3\nchannel 52" in said(figure)
    assert "mixed4d_pool_reduce\nchannel 63\nmissing: runs/styles" in said(figure)
    assert {"imagenet", "runs/styles", "objective", "step"} <= set(said(figure))
    assert_legible(figure)


def test_every_line_differs_from_every_other(two):
    figure = figures.objective_curves({f"network {number}": two[0] for number in range(20)}, CHANNELS[:1])
    looks = [(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines]
    assert len(set(looks)) == 20
    assert [(line.get_color(), line.get_linestyle()) for line in figure.artists] == looks  # the key's


@pytest.mark.parametrize("scale", [1e-7, 1.0, 1e6])
@pytest.mark.parametrize("columns", [1, 3])
def test_no_text_meets_another_however_long(scale, columns, tmp_path):
    out = begin(tmp_path / "out", "imagenet")
    names = [f"{LONG}:7", f"{UNBROKEN}:1", "mixed5b:0", "mixed5b:1"]
    for name in names:
        add(out, name.replace("/", "_"), curve=scale * np.linspace(-1.2, 37.1, 2001))
    labels = [f"{LONG} {LONG} {LONG}", UNBROKEN, "ImageNet"]
    figure = figures.objective_curves(dict.fromkeys(labels, out), columns=columns)
    assert_legible(figure)
