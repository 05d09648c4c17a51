"""The optimized images of a page, with the curves of their objectives."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from artlucid._channel import PRE_RELU
from artlucid._picture_folders import MANIFEST, Folder, Picture, opened, side_by_side
from artlucid.errors import ReportError
from artlucid.files import write_atomically
from artlucid.report._models import Model
from artlucid.report._numbers import plain
from artlucid.report._thumbnails import QUALITY, as_webp, is_there

LARGEST = 512
"""Side of an optimized image on the page, in pixels; larger ones are made smaller."""

POINTS = 48
"""Of a curve."""


def folders_of(paths: Sequence[Any], models: Sequence[Model]) -> tuple[list[Folder | None], list[str]]:
    """A folder of pictures for each model that has one, and what there is to say about the others.

    Parameters
    ----------
    paths : sequence of path
        Folders of pictures; those in them, of further models, are looked at too.
    models : sequence of Model

    Raises
    ------
    ReportError
        If one is not there, or holds pictures of none of the models.
    VisualizationError
        If one is damaged.
    """
    found: list[Folder] = []
    notices = []
    known = {model.identity for model in models}
    for path in map(Path, paths):
        own = [folder.parent for folder in (path / MANIFEST, *sorted(path.glob(f"*/{MANIFEST}"))) if folder.is_file()]
        folders = [opened(folder) for folder in own]
        fitting = [folder for folder in folders if folder.identity in known]
        if not fitting:
            what = f"of {', '.join(folder.name for folder in folders)}" if folders else f"which holds no {MANIFEST}"
            raise ReportError(
                f"`pictures` must be folders of optimized images of the compared models. Received {path}, {what}. "
                "Name others (`--pictures FOLDER`), or leave them out (`--without-pictures`)."
            )
        found += fitting
        notices += [
            f"The optimized images in {folder.path} are of {folder.name}, which is not compared: they are left out."
            for folder in folders
            if folder not in fitting
        ]
    return side_by_side(found, [model.identity for model in models]), notices


@dataclass(frozen=True)
class Drawn:
    """The optimized image of a channel.

    Attributes
    ----------
    picture : Picture
    name : str or None
        Of its file on the page; None where there is nothing to show.
    """

    picture: Picture
    name: str | None

    def described(self) -> dict[str, Any]:
        """As the page's scripts have it."""
        curve = self.picture.curve()
        found: dict[str, Any] = {"file": self.name}
        if self.picture.problem:
            found["problem"] = self.picture.problem
        if curve is not None and len(curve[0]) > 1:
            places = np.unique(np.linspace(0, len(curve[0]) - 1, POINTS).round().astype(int))
            found["steps"], found["objective"] = (plain(values[places], 4) for values in curve)
        return found


def drawn_of(folder: Folder) -> Iterator[Drawn]:
    """The pictures of a folder, one a channel: with a picture before and after the ReLU, the one before."""
    seen = set()
    for picture in sorted(folder.pictures.values(), key=lambda one: not one.channel.layer.endswith(PRE_RELU)):
        channel = (plain_layer(picture), picture.channel.number)
        if channel not in seen:
            seen.add(channel)
            there = picture.problem is None and (folder.path / f"{picture.stem}.png").is_file()
            yield Drawn(picture, _name(folder, picture) if there else None)


def plain_layer(picture: Picture) -> str:
    """The layer as the tables of a comparison call it."""
    return picture.channel.layer.removesuffix(PRE_RELU)


def _name(folder: Folder, picture: Picture) -> str:
    file = f"{picture.stem}.png"
    digest = picture.digests.get(file) or hashlib.sha256((folder.path / file).read_bytes()).hexdigest()
    return f"{hashlib.sha256(f'{digest} {LARGEST} {QUALITY}'.encode()).hexdigest()[:20]}.webp"


def write_pictures(folder: Path, every: Sequence[Drawn], done: Callable[[], object]) -> None:
    """Write the pictures that are not there yet as WebP.

    Raises
    ------
    VisualizationError
        If one is damaged.
    """
    for drawn in every:
        if drawn.name is not None and not is_there(folder / drawn.name):
            pixels = drawn.picture.image()
            assert pixels is not None
            image = Image.fromarray(pixels)
            image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
            write_atomically(folder / drawn.name, as_webp(image), flush=False)
        done()
