"""Figures for print, each made from what other parts of artlucid saved: Matplotlib without global state."""

from artlucid.figures._contact_sheet import check_order, contact_sheet, save_contact_sheets
from artlucid.figures._objective_curves import objective_curves
from artlucid.figures._optimized_images import optimized_images
from artlucid.figures._save import check_suffix, save
from artlucid.figures._snapshots import snapshots

__all__ = [
    "check_order",
    "check_suffix",
    "contact_sheet",
    "objective_curves",
    "optimized_images",
    "save",
    "save_contact_sheets",
    "snapshots",
]
