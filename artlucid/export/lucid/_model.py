"""Networks as models of the original Lucid."""

from __future__ import annotations

from typing import Any

from artlucid import models
from artlucid.export._frozen_graph import feeding, graph_def, layers
from artlucid.export.lucid._original import original
from artlucid.models._load import Source


def model(source: Source) -> Any:
    """Make a network a model of the original Lucid.

    Its graph is the one that `artlucid.export.frozen_graph` writes: Lucid's names for layers, RGB in 0 … 255 whatever
    the weights were trained on.

    Parameters
    ----------
    source : str, path, Run, Network or keras.Model
        Anything that `artlucid.models.load` takes.

    Returns
    -------
    lucid.modelzoo.vision_base.Model
        With ``layers``, and with ``labels`` where the classes have names; its graph is there already, so that
        ``load_graphdef()`` has nothing to load.

    Raises
    ------
    ExportError
        As for `original`, or if the network cannot be exported.

    Examples
    --------
    >>> from artlucid import models
    >>> from artlucid.export import lucid
    >>> lucid.model(models.load("none", architecture="mini")).get_layer("mixed4a").depth
    127
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
