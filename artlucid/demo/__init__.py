"""The whole job on datasets that artlucid draws itself, or on real ones: two tasks, then a look at what changed."""

from artlucid.demo._demo import DRAWN, Demonstration, run
from artlucid.demo._trainings import QUICK_EPOCHS, Start

__all__ = ["DRAWN", "QUICK_EPOCHS", "Demonstration", "Start", "run"]
