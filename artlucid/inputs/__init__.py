"""From the files of a split to batches: decode, resize, crop, in an order fixed by seed and epoch."""

from artlucid.inputs._augmentation import AUGMENTATIONS, Augmentation
from artlucid.inputs._batches import Batches, epoch_order
from artlucid.inputs._cache import ImageCache, open_cache
from artlucid.inputs._views import View, centre_crop

__all__ = [
    "AUGMENTATIONS",
    "Augmentation",
    "Batches",
    "ImageCache",
    "View",
    "centre_crop",
    "epoch_order",
    "open_cache",
]
