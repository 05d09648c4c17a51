"""Figures for print, each made from what other parts of artlucid saved: Matplotlib without global state."""

from artlucid.figures._objective_curves import objective_curves
from artlucid.figures._optimized_images import optimized_images
from artlucid.figures._save import check_suffix, save
from artlucid.figures._snapshots import snapshots

__all__ = ["check_suffix", "objective_curves", "optimized_images", "save", "snapshots"]
