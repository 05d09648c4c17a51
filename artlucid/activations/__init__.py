"""What every channel of a network answers to every image of a split, in a file that can be sliced and passed on."""

from importlib import import_module
from typing import Any

from artlucid.activations._cache import Cache, open
from artlucid.activations._features import Features
from artlucid.activations._options import Options

__all__ = ["Cache", "Features", "Options", "extract", "open"]


def __getattr__(name: str) -> Any:
    # Reading a cache takes neither Keras nor TensorFlow.
    if name == "extract":
        return import_module("artlucid.activations._extraction._extract").extract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
