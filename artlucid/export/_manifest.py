"""What stands in every export's manifest: which network it is, and how it was made."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

import artlucid
from artlucid.models import Network, _names


def identification(network: Network) -> dict[str, Any]:
    """Which network it is."""
    architecture = network.architecture
    if architecture is None:
        return {"architecture": None, "variant": None, "activation": None, "identity": network.identity}
    softmax = _names.has_softmax(network.keras_model, architecture)
    return {
        "architecture": architecture.name,
        "variant": architecture.variant,
        "activation": "softmax" if softmax else "sigmoid",
        "identity": network.identity,
    }


def provenance(network: Network) -> dict[str, Any]:
    """How it was made."""
    return {
        "source": network.source,
        "lineage": dict(network.lineage),
        "made_with": {
            "artlucid": artlucid.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
    }
