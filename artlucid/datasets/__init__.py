"""Folders of artworks as splits of paths and labels, and the images themselves as RGB arrays."""

from artlucid.datasets._dataset import Dataset, Excluded, Split
from artlucid.datasets._examine import Examination, examine
from artlucid.datasets._folder import folder
from artlucid.datasets._iconart import iconart
from artlucid.datasets._load import SPECIFICATIONS, load
from artlucid.datasets._near_duplicates import (
    ImageFile,
    NearDuplicate,
    NearDuplicates,
    near_duplicates,
    near_duplicates_between,
)
from artlucid.datasets._paintings import paintings
from artlucid.datasets._rasta import rasta
from artlucid.datasets._synthetic import synthetic
from artlucid.datasets._usable import usable
from artlucid.datasets.images import read_image

__all__ = [
    "SPECIFICATIONS",
    "Dataset",
    "Examination",
    "Excluded",
    "ImageFile",
    "NearDuplicate",
    "NearDuplicates",
    "Split",
    "examine",
    "folder",
    "iconart",
    "load",
    "near_duplicates",
    "near_duplicates_between",
    "paintings",
    "rasta",
    "read_image",
    "synthetic",
    "usable",
]
