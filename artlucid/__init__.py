"""Fine-tune InceptionV1 on artworks, look inside the result, and measure what changed.

The public modules are loaded at their first use, so that ``import artlucid`` itself is quick and does not import
TensorFlow.
"""

import logging
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

__all__ = (
    "activations",
    "architectures",
    "compare",
    "datasets",
    "demo",
    "environment",
    "errors",
    "evaluate",
    "export",
    "figures",
    "finetune",
    "info",
    "inputs",
    "metrics",
    "models",
    "recipes",
    "reference",
    "report",
    "reproduce",
    "runs",
    "tables",
    "visualize",
)

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
