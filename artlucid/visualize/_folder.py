"""The folder that pictures are written to: what is there already, and whether it belongs to what is to come."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import artlucid
from artlucid import runs
from artlucid.datasets import images
from artlucid.errors import VisualizationError
from artlucid.files import write_atomically, write_json
from artlucid.visualize._channel import Channel
from artlucid.visualize._picture import PROBLEMS, Picture
from artlucid.visualize._show import as_png

MANIFEST = "pictures.json"
FORMAT = "artlucid.pictures"
PICTURE_FORMAT = "artlucid.picture"
VERSION = 1


@dataclass(frozen=True)
class Folder:
    """A folder of pictures of one network, all made alike.

    Attributes
    ----------
    path : Path
    manifest : mapping
        What `pictures.json` says.
    """

    path: Path
    manifest: Mapping[str, Any]

    def holds(self, channel: Channel) -> bool:
        """Whether the picture of a channel is done: what vouches for it is written last, with the hash of the rest."""
        record = self._manifest_of(channel)
        if not record.is_file():
            return False
        try:
            written = json.loads(record.read_text())
            return all(_digest(self.path / name) == digest for name, digest in written["files"].items())
        except (OSError, AttributeError, KeyError, TypeError, ValueError):
            return False

    def write(self, picture: Picture) -> None:
        """Write a picture with its curve and snapshots, and then what vouches for them; a dead channel has no picture.

        Raises
        ------
        OutputError
            If the disk is full or the folder cannot be written.
        """
        name = picture.channel.file_name
        files = {f"curves/{name}.csv": _curve(picture)}
        if picture.problem is None:
            files[f"{name}.png"] = as_png(picture.image)
            for step, image in picture.snapshots.items():
                files[f"snapshots/{name}-step-{step:06d}.png"] = as_png(image)
        for file, content in files.items():
            write_atomically(self.path / file, content)
        digests = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
        write_json(self._manifest_of(picture.channel), {**self._described(picture), "files": digests})

    def read(self, channel: Channel) -> Picture:
        """A picture that the folder holds; of a dead channel, grey."""
        record = json.loads(self._manifest_of(channel).read_text())
        with (self.path / "curves" / f"{channel.file_name}.csv").open() as file:
            objectives = np.asarray([float(row["objective"]) for row in csv.DictReader(file)], np.float32)
        width, height = self.manifest["settings"]["size"]
        image = np.full((height, width, 3), 0.5, np.float32)
        if (path := self.path / f"{channel.file_name}.png").is_file():
            image = images.read_image(path).astype(np.float32) / 255
        problem = next((key for key, text in PROBLEMS.items() if text in record["notices"]), None)
        return Picture(channel, image, objectives, problem=problem)

    def _manifest_of(self, channel: Channel) -> Path:
        return self.path / "manifests" / f"{channel.file_name}.json"

    def _described(self, picture: Picture) -> dict[str, Any]:
        return {
            "format": PICTURE_FORMAT,
            "version": VERSION,
            "layer": picture.channel.layer,
            "channel": picture.channel.number,
            "final_objective": float(picture.objectives[-1]),
            "notices": [] if picture.problem is None else [PROBLEMS[picture.problem]],
            **{key: self.manifest[key] for key in ("model", "settings", "environment", "artlucid")},
        }


def pictures(folder: str | Path) -> list[dict[str, Any]]:
    """What a folder says of its pictures.

    Parameters
    ----------
    folder : path
        The `out` of `channels`.

    Returns
    -------
    list of dict
        Ordered by layer and channel: `layer`, `channel`, `final_objective`, `notices` (a dead channel), and `file`, the
        path of the PNG file or None where there is no picture.

    Raises
    ------
    VisualizationError
        If the folder holds no pictures.
    """
    folder = Path(folder)
    _read(folder / MANIFEST)
    rows = []
    for path in sorted((folder / "manifests").glob("*.json")):
        record = json.loads(path.read_text())
        file = folder / f"{path.stem}.png"
        shown = {"file": str(file) if file.name in record["files"] else None}
        rows.append({key: record[key] for key in ("layer", "channel", "final_objective", "notices")} | shown)
    return rows


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _curve(picture: Picture) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "objective"])
    # Nine digits give every float32 back.
    writer.writerows([step, f"{value:.9g}"] for step, value in enumerate(picture.objectives))
    return text.getvalue().encode()


def recorded_batch_size(path: Path) -> int | None:
    """How many pictures a folder's pictures were made together with; None if there are none yet."""
    if not (path / MANIFEST).is_file():
        return None
    size = _read(path / MANIFEST).get("settings", {}).get("batch_size")
    return size if isinstance(size, int) and size > 0 else None


@contextmanager
def opened(path: Path, described: Mapping[str, Any]) -> Iterator[Folder]:
    """Hold a folder for this process, and begin it if it is new.

    Parameters
    ----------
    path : Path
    described : mapping
        ``model``, ``settings`` and ``environment`` of the pictures that are to come.

    Yields
    ------
    Folder

    Raises
    ------
    VisualizationError
        If the folder holds something else, or pictures of another model or with other settings.
    RunError
        If another process writes to it.
    OutputError
        If it cannot be written.
    """
    manifest = {"format": FORMAT, "version": VERSION, "artlucid": artlucid.__version__, **described}
    _check_free(path)
    with runs.lock(path):
        for leftover in path.rglob(".*.part"):
            leftover.unlink()
        if (path / MANIFEST).is_file():
            _check_same(path, _read(path / MANIFEST), manifest)
        else:
            write_json(path / MANIFEST, manifest)
        yield Folder(path, manifest)


def _check_free(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise VisualizationError(f"`out` must be a folder or not exist. Received {path}, a file. Choose another.")
    taken = [] if not path.exists() else sorted(x.name for x in path.iterdir() if x.name != ".lock")
    if taken and MANIFEST not in taken:
        raise VisualizationError(
            f"`out` must be empty, not exist, or hold pictures. Received {path}, which holds {', '.join(taken[:4])}"
            f"{', …' if len(taken) > 4 else ''}. Choose another `--out`."
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
        if found["format"] != FORMAT:
            raise ValueError(f"its format is {found['format']!r}")
        version = int(found["version"])
    except (OSError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise VisualizationError(
            f"{MANIFEST} must say how the pictures beside it were made. Received {path}, which cannot be read "
            f"({error}). It is damaged: choose another `--out`."
        ) from error
    if version > VERSION:
        raise VisualizationError(
            f"The version of a folder of pictures must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    return dict(found)


def _check_same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a folder of other pictures, with both sides of every difference."""
    before = {"model": found.get("model", {}).get("identity"), **found.get("settings", {})}
    # As JSON gives it back: tuples become lists.
    now = json.loads(json.dumps({"model": wanted["model"]["identity"], **wanted["settings"]}))
    differing = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if differing:
        sides = "; ".join(f"{key} was {before.get(key)}, is {now.get(key)}" for key in differing)
        raise VisualizationError(
            f"A folder must hold pictures of one model that were made with the same settings. Received {path}, where "
            f"{sides}. Use the same settings, or choose another `--out`."
        )
