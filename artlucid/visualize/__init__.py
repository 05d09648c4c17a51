"""Lucid's feature visualization on TensorFlow 2: what a network looks for, as pictures."""

from artlucid.models import _backend as _backend  # first: refuses another backend before anything is built

# isort: split
from artlucid.visualize import param
from artlucid.visualize._colour_statistics import colour_statistics
from artlucid.visualize._colours import ColourStatistics

__all__ = ["ColourStatistics", "colour_statistics", "param"]
