"""The same network in another precision."""

from __future__ import annotations

import dataclasses

from artlucid.errors import ModelError
from artlucid.models._build import BuildOptions, build
from artlucid.models._names import program_of
from artlucid.models._network import Network, set_arrays, weights_of


def in_precision(network: Network, policy: str) -> Network:
    """Rebuild a network under a Keras dtype policy; its weights stay float32.

    Raises
    ------
    ModelError
        If the network is wrapped or a frozen graph, and another precision than its own is asked for.
    """
    if policy == _policy(network):
        return network
    if network.architecture is None:
        if program_of(network.keras_model) is not None:
            raise ModelError(
                f"`precision` of a frozen graph must be float32. Received {policy!r}. "
                "Leave it out, or freeze the graph in that precision."
            )
        raise ModelError(
            f"`precision` of a wrapped network must be float32, or what it was built with. Received {policy!r}. "
            "Build the Keras model under that dtype policy before wrapping it."
        )
    weights = weights_of(network)
    options = BuildOptions(activation=weights.activation, dtype=policy)
    model = build(network.architecture, classes=weights.classes, options=options)
    set_arrays(model, network.architecture, weights.arrays)
    return dataclasses.replace(network, keras_model=model)


def _policy(network: Network) -> str:
    """The Keras dtype policy of a network; a wrapped one counts as float32 whatever its layers do inside."""
    if network.architecture is None:
        return "float32"
    first = network.architecture.convolutions[0]
    return str(network.keras_model.get_layer(f"{first}_pre_relu").dtype_policy.name)
