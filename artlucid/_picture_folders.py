"""A folder of pictures that `visualize` wrote, read without TensorFlow and without trust."""

from __future__ import annotations

import csv
import glob
import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid._channel import Channel
from artlucid.datasets import read_image
from artlucid.errors import DataError, VisualizationError

MANIFEST = "pictures.json"
FORMAT = "artlucid.pictures"
PICTURE_FORMAT = "artlucid.picture"
VERSION = 1

MOST_BYTES = 2**24
"""Of a manifest or a curve."""

NOTHING_SHOWN: Mapping[str, str] = MappingProxyType({"dead channel": "dead", "not finite": "not finite"})
"""How the notice of a picture that shows nothing of the network begins, and what a figure says in its place."""

_STEP = re.compile(r".*-step-(\d+)")


@dataclass(frozen=True)
class Picture:
    """What a folder says of one channel.

    Attributes
    ----------
    folder : Path
    channel : Channel
    stem : str
        Of the names of its files.
    final_objective : float
        NaN where it is not known.
    notices : tuple of str
        What was said when it was made.
    digests : mapping of str to str
        sha256 of its files, by their places in the folder.
    """

    folder: Path
    channel: Channel
    stem: str
    final_objective: float
    notices: tuple[str, ...]
    digests: Mapping[str, str]

    @property
    def problem(self) -> str | None:
        """Why there is nothing to show, in a word or two; None if there is."""
        words = [word for start, word in NOTHING_SHOWN.items() if any(x.startswith(start) for x in self.notices)]
        return words[0] if words else None

    def image(self) -> npt.NDArray[np.uint8] | None:
        """Read the picture, of shape (height, width, 3); None if its file is not there.

        Raises
        ------
        VisualizationError
            If it is damaged, or was changed.
        """
        return self._read(Path(f"{self.stem}.png"))

    def snapshots(self) -> dict[int, npt.NDArray[np.uint8]]:
        """Read the picture as it was after so many updates, in their order; VisualizationError as above."""
        found = {}
        for path in self.folder.glob(f"snapshots/{glob.escape(self.stem)}-step-*.png"):
            step = _STEP.fullmatch(path.stem)
            image = self._read(path.relative_to(self.folder)) if step else None
            if step and image is not None:
                found[int(step[1])] = image
        return dict(sorted(found.items()))

    def curve(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """Read the steps and the objective at each; None if they were not kept.

        Raises
        ------
        VisualizationError
            If the file is damaged.
        """
        path = self.folder / "curves" / f"{self.stem}.csv"
        if not path.is_file():
            return None
        try:
            rows = list(csv.DictReader(_text_of(path).splitlines()))
            if not rows:
                raise ValueError("it has no rows")
            steps = np.array([int(row["step"]) for row in rows], float)
            return steps, np.array([float(row["objective"]) for row in rows])
        except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
            raise VisualizationError(
                f"The curve of a picture must have numbers in the columns step, objective. Received {path} "
                f"({error!r}). It is damaged: delete it, and run `artlucid visualize` again."
            ) from error

    def _read(self, name: Path) -> npt.NDArray[np.uint8] | None:
        path = self.folder / name
        if not path.is_file():
            return None
        digest = self.digests.get(name.as_posix())
        if digest is not None and digest != hashlib.sha256(path.read_bytes()).hexdigest():
            raise VisualizationError(
                f"A picture must be the file that its manifest speaks of. Received {path}, which has another sha256: "
                "it is damaged or was changed. Run the same `artlucid visualize` again: it makes it anew."
            )
        try:
            return read_image(path)
        except DataError as error:
            raise VisualizationError(
                f"A picture must be a readable PNG file. Received {path}. It is damaged: delete it, and run "
                f"`artlucid visualize` again. ({error})"
            ) from error


@dataclass(frozen=True)
class Folder:
    """A folder of pictures of one network, all made alike.

    Attributes
    ----------
    path : Path
    name : str
        Of the network, for readers.
    settings : mapping
        How the pictures were made: ``steps``, ``size``, ``seed``, ….
    identity : str
        Of the network; empty where the manifest does not say.
    """

    path: Path
    name: str
    settings: Mapping[str, Any]
    identity: str = ""

    @cached_property
    def pictures(self) -> Mapping[str, Picture]:
        """The pictures that are there, dead ones too, by the names of their channels.

        Raises
        ------
        VisualizationError
            If the manifest of one is damaged or of a newer version.
        """
        return dict(_picture(self.path, path) for path in sorted(self.path.glob("manifests/[!.]*.json")))


def opened(path: str | os.PathLike[str]) -> Folder:
    """Open a folder of pictures.

    Raises
    ------
    VisualizationError
        If it has no manifest, or one that is damaged or of a newer version.
    """
    folder = Path(path)
    if not (folder / MANIFEST).is_file():
        raise VisualizationError(
            f"A folder of pictures must hold {MANIFEST}. Received {folder}, which has none. "
            f"Make one with `artlucid visualize MODEL LAYER:CHANNEL --out {folder}`."
        )
    content = _manifest(folder / MANIFEST, FORMAT, {"model": dict, "settings": dict})
    name = content["model"].get("name") or content["model"].get("source") or folder.name
    return Folder(folder, str(name), content["settings"], str(content["model"].get("identity") or ""))


def side_by_side(folders: Sequence[Folder], identities: Sequence[str]) -> list[Folder | None]:
    """For each network a folder of its pictures; of several one with the seed that most networks have.

    So that, side by side, they differ by the network alone.
    """
    pairs = dict.fromkeys((folder.identity, folder.settings.get("seed")) for folder in folders)
    counts = Counter(seed for identity, seed in pairs if identity in identities)
    common = max(counts, key=counts.__getitem__, default=None)
    own = [[folder for folder in folders if folder.identity == identity] for identity in identities]
    alike = [[folder for folder in of_one if folder.settings.get("seed") == common] for of_one in own]
    return [next(iter([*first, *others]), None) for first, others in zip(alike, own, strict=True)]


def _picture(folder: Path, path: Path) -> tuple[str, Picture]:
    content = _manifest(path, PICTURE_FORMAT, {"layer": str, "channel": int, "notices": list})
    digests = content.get("files")
    if digests is None and "sha256" in content:
        digests = {f"{path.stem}.png": content["sha256"]}
    notices = tuple(map(str, content["notices"]))
    objective = content.get("final_objective")
    picture = Picture(
        folder,
        Channel(content["layer"], content["channel"]),
        path.stem,
        float(objective) if isinstance(objective, int | float) else math.nan,
        notices,
        digests if isinstance(digests, dict) else {},
    )
    return str(picture.channel), picture


def _manifest(path: Path, wanted: str, types: Mapping[str, type]) -> dict[str, Any]:
    try:
        content = json.loads(_text_of(path))
        if not isinstance(content, dict) or content.get("format") != wanted:
            raise ValueError(f"it is not of the format {wanted}")
        version = content.get("version")
        if isinstance(version, int) and version > VERSION:
            raise VisualizationError(
                f"The version of {wanted} must be at most {VERSION}. Received {path} of version {version}. "
                "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
            )
        wrong = [key for key, kind in {"version": int, **types}.items() if not isinstance(content.get(key), kind)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} missing or of another type")
    except VisualizationError:
        raise
    except (OSError, RecursionError, ValueError) as error:
        raise VisualizationError(
            f"The manifest of pictures must be as artlucid writes it. Received {path} ({error}). "
            "It is damaged: run `artlucid visualize` again, with another `--out`."
        ) from error
    return content


def _text_of(path: Path) -> str:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    return path.read_text(encoding="utf-8", errors="surrogateescape")
