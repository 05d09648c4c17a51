"""Networks: build them, load them from anything that names one, find their layers by Lucid's names."""

from artlucid.models import _backend as _backend  # first: refuses another backend before anything is built
from artlucid.models._applications import InceptionV1, decode_predictions, preprocess_input
from artlucid.models._load import load
from artlucid.models._network import Network, layer_output
from artlucid.models._wrap import wrap
from artlucid.models.graphs._network import load_graph

__all__ = [
    "InceptionV1",
    "Network",
    "decode_predictions",
    "layer_output",
    "load",
    "load_graph",
    "preprocess_input",
    "wrap",
]
