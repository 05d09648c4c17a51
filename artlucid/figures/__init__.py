"""Figures for print, each made from what other parts of artlucid saved: Matplotlib without global state."""

from artlucid.figures._channel_order import check_order
from artlucid.figures._cka_by_layer import cka_by_layer
from artlucid.figures._contact_sheet import contact_sheet, save_contact_sheets
from artlucid.figures._entropy_by_layer import entropy_by_layer
from artlucid.figures._maximal_images import maximal_images
from artlucid.figures._objective_curves import objective_curves
from artlucid.figures._optimized_images import optimized_images
from artlucid.figures._overlap_against_visual_change import overlap_against_visual_change
from artlucid.figures._overlap_by_layer import overlap_by_layer
from artlucid.figures._save import check_suffix, save
from artlucid.figures._snapshots import snapshots
from artlucid.figures._top_image_grid import TopImages, top_image_grid

__all__ = [
    "TopImages",
    "check_order",
    "check_suffix",
    "cka_by_layer",
    "contact_sheet",
    "entropy_by_layer",
    "maximal_images",
    "objective_curves",
    "optimized_images",
    "overlap_against_visual_change",
    "overlap_by_layer",
    "save",
    "save_contact_sheets",
    "snapshots",
    "top_image_grid",
]
