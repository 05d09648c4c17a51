"""Training: recipes, learning rates by layer, runs that survive interruption."""

# First, because Keras fails on another backend with an error of its own.
from artlucid.models import _backend as _backend

# isort: split
from artlucid.finetune._manifest import check_complete
from artlucid.finetune._off_the_shelf import HEADS, OffTheShelfOptions, off_the_shelf
from artlucid.finetune._options import Options
from artlucid.finetune._support_vectors import SupportVectors
from artlucid.finetune._training import fit

__all__ = [
    "HEADS",
    "OffTheShelfOptions",
    "Options",
    "SupportVectors",
    "check_complete",
    "fit",
    "off_the_shelf",
]
