"""A dataset by its specification, as the command line spells it."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from artlucid.datasets._dataset import Dataset
from artlucid.datasets._folder import folder
from artlucid.datasets._iconart import iconart
from artlucid.datasets._metadata import with_metadata
from artlucid.datasets._options import parsed
from artlucid.datasets._paintings import paintings
from artlucid.datasets._rasta import rasta
from artlucid.datasets._synthetic import synthetic
from artlucid.errors import DataError


@dataclass(frozen=True)
class Specification:
    """How one kind of dataset is asked for: its spelling, what it is in one line, and what loads the part after `:`.

    `options` are those that may follow as `?name=value&…`, each with what reads its value; the loader takes them as
    keywords.
    """

    spelling: str
    description: str
    loader: Callable[..., Dataset]
    options: Mapping[str, Callable[[str], object]] = field(default_factory=dict)


SPLITTING: Mapping[str, Callable[[str], object]] = MappingProxyType({"split_seed": int, "validation": float})

SPECIFICATIONS: Mapping[str, Specification] = MappingProxyType(
    {
        "rasta": Specification("rasta:PATH", "RASTA's layout: wikipaintings_{train,val,test}/<Style>/<image>", rasta),
        "paintings": Specification(
            "paintings:PATH",
            "the Paintings dataset: its table, .xlsx or text, and the images",
            paintings,
            {"images": str, **SPLITTING},
        ),
        "iconart": Specification(
            "iconart:PATH", "IconArt's layout: ImageSets/Main/<name>.csv and JPEGImages/<item>.jpg", iconart, SPLITTING
        ),
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


def load(
    specification: str | Dataset,
    *,
    metadata: str | os.PathLike[str] | None = None,
    split_seed: int | None = None,
) -> Dataset:
    """Load a dataset by its specification.

    Parameters
    ----------
    specification : str or Dataset
        `KIND:WHERE` with a kind of `SPECIFICATIONS`, for example "rasta:/data/wikipaintings" or
        "synthetic:styles"; options may follow, as in "iconart:/data/IconArt_v1?split_seed=3". A Dataset is returned
        as it is.
    metadata : path-like, optional
        A table with a column `path`, from the dataset's folder on, and further columns, which become the metadata of
        the splits.
    split_seed : int, optional
        The option of that name, for the kinds that have it: it decides which training images serve for validation.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If the kind is unknown, nothing follows it, the loader of that kind refuses, or the table of metadata names no
        image.

    Examples
    --------
    >>> load("pictures:/data")
    Traceback (most recent call last):
        ...
    artlucid.errors.DataError: `data` must be KIND:WHERE. Received 'pictures:/data'. Use one of:
      rasta:PATH        RASTA's layout: wikipaintings_{train,val,test}/<Style>/<image>
      paintings:PATH    the Paintings dataset: its table, .xlsx or text, and the images
      iconart:PATH      IconArt's layout: ImageSets/Main/<name>.csv and JPEGImages/<item>.jpg
      folder:PATH       a folder of images: train/val/test folders, a folder a class, or no classes at all
      synthetic:KIND  drawn here, no download: `styles` (little paintings) or `objects` (several an image)
    """
    dataset = _loaded(specification, {} if split_seed is None else {"split_seed": split_seed})
    return dataset if metadata is None else with_metadata(dataset, metadata)


def _loaded(specification: str | Dataset, keywords: Mapping[str, object]) -> Dataset:
    if isinstance(specification, Dataset):
        _check_keywords(keywords, (), "a dataset that is loaded")
        return specification
    text = os.fspath(specification)
    kind, _, where = text.partition(":")
    if kind in SPECIFICATIONS and where:
        entry = SPECIFICATIONS[kind]
        path, options = parsed(where, entry.options)
        _check_keywords(keywords, set(entry.options) - set(options), repr(text))
        return entry.loader(path, **options, **keywords)
    if text and Path(text).expanduser().exists():
        raise DataError(
            f"`data` must be KIND:WHERE. Received {text!r}, a path without a kind. Write `folder:{text}` for a folder "
            f"of images, or one of:\n{_table()}"
        )
    raise DataError(f"`data` must be KIND:WHERE. Received {text!r}. Use one of:\n{_table()}")


def _check_keywords(keywords: Mapping[str, object], accepted: Collection[str], received: str) -> None:
    for name in keywords:
        if name not in accepted:
            kinds = " and ".join(entry.spelling for entry in SPECIFICATIONS.values() if name in entry.options)
            raise DataError(
                f"`{name}` must be given once, and only with {kinds}. Received it with {received}. Leave it out."
            )


def _table() -> str:
    width = max(len(entry.spelling) for entry in SPECIFICATIONS.values())
    return "\n".join(f"  {entry.spelling:{width}}  {entry.description}" for entry in SPECIFICATIONS.values())
