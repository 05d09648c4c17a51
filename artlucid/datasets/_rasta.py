"""RASTA's layout: wikipaintings_{train,val,test}/<Style>/<image>."""

import os

from artlucid.datasets._checks import SPLIT_NAMES
from artlucid.datasets._dataset import Dataset
from artlucid.datasets._layout import existing_folder, visible_entries
from artlucid.datasets._split_folders import read_split_folders
from artlucid.errors import DataError

SPELLING = "wikipaintings_{}"
FOLDERS = {split: SPELLING.format(split) for split in SPLIT_NAMES}


def rasta(path: str | os.PathLike[str]) -> Dataset:
    """Load RASTA, or any collection in its layout.

    Parameters
    ----------
    path : path-like
        The folder that holds `wikipaintings_train`, `wikipaintings_val` and `wikipaintings_test`, or some of
        them; each holds a folder of images for each style.

    Returns
    -------
    Dataset
        One label an image. The classes are those of train, or of all splits together where there is no train.
        A notice names other folders with images beside these, and another counts images beside them.

    Raises
    ------
    DataError
        If none of the three folders exists, a style of train has no images, another split has a style that train
        lacks, or a style's name is not UTF-8.
    """
    root = existing_folder(path, "rasta")
    names = [entry.name for entry in visible_entries(root)]
    folders = {split: folder for split, folder in FOLDERS.items() if (root / folder).is_dir()}
    if not folders:
        raise DataError(
            f"`rasta:PATH` must hold at least one of {', '.join(FOLDERS.values())}. Received {root}, which holds "
            f"{', '.join(names[:10]) or 'nothing'}{', …' if len(names) > 10 else ''}. Give the folder above them, or "
            f"load a folder for each class with `folder:{root}`."
        )
    return read_split_folders("rasta", root, folders, spelling=SPELLING)
