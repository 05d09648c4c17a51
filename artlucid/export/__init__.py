"""Networks for other programs: frozen graphs that the original Lucid opens, and Keras's own files."""

from artlucid.models import _backend as _backend  # first: refuses another backend before Keras is imported

# isort: split
from artlucid.export import lucid
from artlucid.export._frozen_graph import frozen_graph
from artlucid.export._keras_file import keras_file

__all__ = ["frozen_graph", "keras_file", "lucid"]
