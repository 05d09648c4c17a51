"""What every channel of a network answers to every image of a split, in a file that can be sliced and passed on."""

from importlib import import_module
from typing import Any

from artlucid.activations._boxes import Box
from artlucid.activations._cache import Cache, open
from artlucid.activations._cut_patch import cut_patch
from artlucid.activations._features import Features
from artlucid.activations._fixed_patches import fixed_patches
from artlucid.activations._options import Options

__all__ = ["Box", "Cache", "Features", "Options", "cut_patch", "extract", "fixed_patches", "gradient_patches", "open"]

# Reading a cache takes neither Keras nor TensorFlow.
_LOADED_AT_FIRST_USE = {
    "extract": "artlucid.activations._extraction._extract",
    "gradient_patches": "artlucid.activations._extraction._gradient_patches",
}


def __getattr__(name: str) -> Any:
    if name in _LOADED_AT_FIRST_USE:
        return getattr(import_module(_LOADED_AT_FIRST_USE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
