"""Lucid's feature visualization on TensorFlow 2: what a network looks for, as pictures."""

from artlucid.models import _backend as _backend  # first: refuses another backend before anything is built

# isort: split
from artlucid.visualize import objectives, overrides, param, render, transform
from artlucid.visualize._channels import channels
from artlucid.visualize._colour_statistics import colour_statistics
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize._distance import distance
from artlucid.visualize._folder import pictures
from artlucid.visualize._index import read_index, write_index
from artlucid.visualize._options import Options
from artlucid.visualize._plan import Plan, plan
from artlucid.visualize._show import show
from artlucid.visualize._sweep import sweep
from artlucid.visualize.render import import_model, make_vis_T, render_vis

__all__ = [
    "ColourStatistics",
    "Options",
    "Plan",
    "channels",
    "colour_statistics",
    "distance",
    "import_model",
    "make_vis_T",
    "objectives",
    "overrides",
    "param",
    "pictures",
    "plan",
    "read_index",
    "render",
    "render_vis",
    "show",
    "sweep",
    "transform",
    "write_index",
]
