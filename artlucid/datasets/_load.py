"""A dataset by its specification, as the command line spells it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from artlucid.datasets._dataset import Dataset
from artlucid.datasets._folder import folder
from artlucid.datasets._rasta import rasta
from artlucid.datasets._synthetic import synthetic
from artlucid.errors import DataError


@dataclass(frozen=True)
class Specification:
    """How one kind of dataset is asked for: its spelling, what it is in one line, and what loads the part after `:`."""

    spelling: str
    description: str
    loader: Callable[[str], Dataset]


SPECIFICATIONS: Mapping[str, Specification] = MappingProxyType(
    {
        "rasta": Specification("rasta:PATH", "RASTA's layout: wikipaintings_{train,val,test}/<Style>/<image>", rasta),
        "folder": Specification(
            "folder:PATH", "a folder of images: train/val/test folders, a folder a class, or no classes at all", folder
        ),
        "synthetic": Specification(
            "synthetic:KIND",
            "drawn here, no download: `styles` (little paintings) or `objects` (several an image)",
            synthetic,
        ),
    }
)


def load(specification: str | Dataset) -> Dataset:
    """Load a dataset by its specification.

    Parameters
    ----------
    specification : str or Dataset
        `KIND:WHERE` with a kind of `SPECIFICATIONS`, for example "rasta:/data/wikipaintings" or
        "synthetic:styles". A Dataset is returned as it is.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the kind is unknown, nothing follows it, or the loader of that kind refuses.

    Examples
    --------
    >>> load("pictures:/data")
    Traceback (most recent call last):
        ...
    artlucid.errors.DataError: `data` must be KIND:WHERE. Received 'pictures:/data'. Use one of:
      rasta:PATH      RASTA's layout: wikipaintings_{train,val,test}/<Style>/<image>
      folder:PATH     a folder of images: train/val/test folders, a folder a class, or no classes at all
      synthetic:KIND  drawn here, no download: `styles` (little paintings) or `objects` (several an image)
    """
    if isinstance(specification, Dataset):
        return specification
    text = os.fspath(specification)
    kind, _, where = text.partition(":")
    if kind in SPECIFICATIONS and where:
        return SPECIFICATIONS[kind].loader(where)
    if text and Path(text).expanduser().exists():
        raise DataError(
            f"`data` must be KIND:WHERE. Received {text!r}, a path without a kind. Write `folder:{text}` for a folder "
            f"of images, or one of:\n{_table()}"
        )
    raise DataError(f"`data` must be KIND:WHERE. Received {text!r}. Use one of:\n{_table()}")


def _table() -> str:
    width = max(len(entry.spelling) for entry in SPECIFICATIONS.values())
    return "\n".join(f"  {entry.spelling:{width}}  {entry.description}" for entry in SPECIFICATIONS.values())
