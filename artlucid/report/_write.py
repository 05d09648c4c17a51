"""A comparison → a page."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from tqdm import tqdm

import artlucid
from artlucid import _comparison
from artlucid._comparison import Comparison
from artlucid.files import write_atomically
from artlucid.report._contents import Contents, contents_of
from artlucid.report._data import Data, data_of
from artlucid.report._folder import ASSETS, DATA, INDEX, MANIFEST, PICTURES, THUMBNAILS, claim, held, tidy
from artlucid.report._models import chains_of, dataset_name
from artlucid.report._options import Options
from artlucid.report._pictures import write_pictures
from artlucid.report._scripts import write_all
from artlucid.report._thumbnails import folder_name, write_thumbnails

logger = logging.getLogger(__name__)

SPLITS: Mapping[str, str] = {"train": "training ", "val": "validation ", "test": "test ", "all": ""}
SOURCE = Path(__file__).parent / "page"
SCRIPTS = (
    "base",
    "data",
    "numbers",
    "elements",
    "state",
    "channels",
    "csv",
    "notes",
    "plots",
    "exchange",
    "jump",
    "filters",
    "images",
    "card",
    "grid",
    "mosaic",
    "patches",
    "histogram",
    "curve",
    "opened",
    "start",
)
"""In the order in which the page loads them."""


@dataclass(frozen=True)
class Page:
    """A page that was written.

    Attributes
    ----------
    path : Path
        The file to open.
    n_channels, n_layers : int
        That have cards.
    n_thumbnails, n_pictures : int
        Images of the dataset, and optimized images.
    notices : tuple of str
        What the page lacks, and why.
    """

    path: Path
    n_channels: int
    n_layers: int
    n_thumbnails: int
    n_pictures: int
    notices: tuple[str, ...]


def write(
    comparison: Comparison | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    options: Options = Options(),
) -> Page:
    """Turn a comparison into one static web page to browse its channels.

    The page opens from the disk and needs no server and no network. What is there already is not made again; the page
    that stood in the folder stays whole until the new one is.

    Parameters
    ----------
    comparison : Comparison or path
        As `compare.read` gives it, or the folder that ``artlucid compare`` wrote.
    out : path, optional
        The folder to write; by default ``page`` in the folder of the comparison.
    options : Options

    Returns
    -------
    Page

    Raises
    ------
    ReportError
        If the comparison has nothing to show, if labels, pictures or scores are not of its models, if an image can no
        longer be read, or if the folder holds something else.
    ComparisonError
        If it is no comparison or not finished; if its activations or images are gone or are others.
    ActivationsError, VisualizationError, OutputError
        If a file is damaged, or cannot be written.

    Examples
    --------
    >>> from artlucid import report
    >>> page = report.write("comparison", options=report.Options(pictures=["pictures"]))  # doctest: +SKIP
    >>> page.path  # doctest: +SKIP
    PosixPath('comparison/page/index.html')
    """
    found = comparison if isinstance(comparison, Comparison) else _comparison.read(comparison)
    contents = contents_of(found, options)
    folder = Path(out) if out is not None else found.path / "page"
    with held(folder):
        data = data_of(contents)
        claim(folder, _made(contents, options))
        kept = _write_files(folder, contents, data, options)
        html = _html(contents, data, {key: next(iter(names), "") for key, names in kept.items()}, options)
        write_atomically(folder / INDEX, html.encode("utf-8", "backslashreplace"))
        tidy(folder, kept)
    for notice in contents.notices:
        logger.info("%s", notice)
    return Page(
        folder / INDEX,
        n_channels=sum(layer.width for layer in contents.layers),
        n_layers=len(contents.layers),
        n_thumbnails=len(data.images) if contents.images is not None else 0,
        n_pictures=len({drawn.name for drawn in data.pictures} - {None}),
        notices=tuple(contents.notices),
    )


def _write_files(folder: Path, contents: Contents, data: Data, options: Options) -> dict[str, list[str]]:
    """Write all but the index, and give the names of what it needs."""
    thumbnails = folder_name(contents.identity, options.thumbnails)
    images = sorted(data.images) if contents.images is not None else []
    with tqdm(total=len(images) + len(data.pictures), unit="image", disable=not options.progress) as bar:
        if contents.images is not None:
            write_thumbnails(folder / THUMBNAILS / thumbnails, contents.images, images, options.thumbnails, bar.update)
        write_pictures(folder / PICTURES, data.pictures, bar.update)
    assets = {path.name: path.read_bytes() for path in sorted(SOURCE.glob("*")) if path.suffix in (".js", ".css")}
    return {
        DATA: [write_all(folder / DATA, data.files)],
        ASSETS: [write_all(folder / ASSETS, assets)],
        THUMBNAILS: [thumbnails] if images else [],
        PICTURES: [drawn.name for drawn in data.pictures if drawn.name is not None],
    }


def _made(contents: Contents, options: Options) -> dict[str, Any]:
    """How the page was made, as its manifest says it."""
    return {
        "artlucid": artlucid.__version__,
        "comparison": str(contents.comparison.path.absolute()),
        "files": dict(contents.comparison.manifest["files"]),
        "models": {model.name: model.label for model in contents.models},
        "pictures": [str(folder.path) for folder in contents.folders if folder is not None],
        "thumbnails": options.thumbnails if contents.images is not None else None,
        "notices": contents.notices,
    }


def _html(contents: Contents, data: Data, places: Mapping[str, str], options: Options) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SOURCE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    chains = chains_of(contents.models)
    title = options.title or ", ".join(" → ".join(contents.models[place].label for place in chain) for chain in chains)
    return environment.get_template("index.html").render(
        title=title,
        chains=[[contents.models[place] for place in chain] for chain in chains],
        scores={model.name: lines for model, lines in zip(contents.models, contents.scores, strict=True)},
        where=_where(contents),
        sentences=data.sentences[contents.default_pair],
        notices=contents.notices,
        places=places,
        scripts=SCRIPTS,
        version=artlucid.__version__,
        manifest=MANIFEST,
    )


def _where(contents: Contents) -> str:
    """On which images the models were compared."""
    comparison = contents.comparison
    described, similar = comparison.manifest["dataset"], comparison.manifest["settings"]["cka_split"]
    data, top = dataset_name(str(described["specification"])), comparison.top_split
    of_top, of_similar = (f"{described['images'].get(split, 0):,} {SPLITS[split]}images" for split in (top, similar))
    n_channels = sum(layer.width for layer in contents.layers)
    images = f"{of_top} of {data}" if top == similar else f"{of_top} of {data}, CKA on {of_similar}"
    return f"{images}; {n_channels:,} channels of {len(contents.layers)} layers"
