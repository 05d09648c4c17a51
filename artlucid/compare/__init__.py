"""Two states of a network compared: what every layer and every channel changed, as tidy tables."""

from importlib import import_module
from typing import Any

from artlucid._comparison import Comparison, read
from artlucid.compare._patch_options import Patches
from artlucid.compare._text import as_text

__all__ = ["Comparison", "Options", "Patches", "as_text", "compare", "read"]

# Reading a comparison takes neither Keras nor TensorFlow.
_LOADED_AT_FIRST_USE = {"Options": "artlucid.compare._options", "compare": "artlucid.compare._compare"}


def __getattr__(name: str) -> Any:
    if name in _LOADED_AT_FIRST_USE:
        return getattr(import_module(_LOADED_AT_FIRST_USE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
