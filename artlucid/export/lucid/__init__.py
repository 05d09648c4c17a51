"""The original Lucid, unmodified, in the same process as TensorFlow 2, and networks as models of it."""

from artlucid.export.lucid._model import model
from artlucid.export.lucid._original import original
from artlucid.export.lucid._render import Rendering, render

__all__ = ["Rendering", "model", "original", "render"]
