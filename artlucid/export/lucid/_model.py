"""Networks as models of the original Lucid."""

from __future__ import annotations

from typing import Any

from artlucid import models
from artlucid.export._frozen_graph import feeding, graph_def, layers
from artlucid.export.lucid._original import original
from artlucid.models._load import Source


def model(source: Source) -> Any:
    """Make a network a model of the original Lucid.

    Parameters
    ----------
    source : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.

    Returns
    -------
    lucid.modelzoo.vision_base.Model
    """
    vision_base = original().modelzoo.vision_base
    network = models.load(source)
    graph = graph_def(network)

    class Network(vision_base.Model):
        labels = list(network.class_names) or None
        input_name = feeding(network)["input_name"]
        image_shape = feeding(network)["image_shape"]
        image_value_range = tuple(feeding(network)["image_value_range"])

        def __init__(self) -> None:
            super().__init__()
            self.load_graphdef()

        def load_graphdef(self) -> None:
            self.graph_def = graph

    Network.layers = vision_base._layers_from_list_of_dicts(Network, layers(network))
    return Network()
