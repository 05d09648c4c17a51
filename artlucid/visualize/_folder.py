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
from artlucid._channel import Channel
from artlucid.datasets import images
from artlucid.environment import PRECISIONS, differences
from artlucid.errors import VisualizationError
from artlucid.files import write_atomically, write_json
from artlucid.visualize._picture import PROBLEMS, Picture
from artlucid.visualize._show import as_png

MANIFEST = "pictures.json"
FORMAT = "artlucid.pictures"
PICTURE_FORMAT = "artlucid.picture"
VERSION = 1

SUBFOLDERS = ("curves", "manifests", "sheets", "snapshots")

OLDEST_PRECISION = "float32"
"""Of folders whose manifest does not say."""


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
        try:
            written = _record(self._manifest_of(channel))
            own = (written["layer"], written["channel"]) == (channel.layer, channel.number)
            alike = _made_as(written) == _made_as(self.manifest)
            return (
                own and alike and all(_digest(self.path / name) == digest for name, digest in written["files"].items())
            )
        except (OSError, VisualizationError):
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
        record = _record(self._manifest_of(channel))
        with (self.path / "curves" / f"{channel.file_name}.csv").open() as file:
            objectives = np.asarray([float(row["objective"]) for row in csv.DictReader(file)], np.float32)
        width, height = self.manifest["settings"]["size"]
        image = np.full((height, width, 3), 0.5, np.float32)
        if (path := self.path / f"{channel.file_name}.png").is_file():
            image = images.read_image(path).astype(np.float32) / 255
        return Picture(channel, image, objectives, problem=_problem(record))

    def problem(self, channel: Channel) -> str | None:
        """Why a picture that the folder holds shows nothing; None if it does."""
        return _problem(_record(self._manifest_of(channel)))

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


def _problem(record: Mapping[str, Any]) -> str | None:
    return next((key for key, text in PROBLEMS.items() if text in record["notices"]), None)


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
    read_manifest(folder / MANIFEST)
    rows = []
    for path in sorted((folder / "manifests").glob("*.json")):
        record = _record(path)
        file = folder / f"{path.stem}.png"
        shown = {"file": str(file) if file.name in record["files"] else None}
        rows.append({key: record[key] for key in ("layer", "channel", "final_objective", "notices")} | shown)
    return rows


def _record(path: Path) -> dict[str, Any]:
    """What the manifest of one picture says."""
    types = {"layer": str, "channel": int, "final_objective": float, "notices": list, "files": dict}
    try:
        found = json.loads(path.read_text())
        wrong = [key for key, kind in types.items() if not isinstance(found[key], kind)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} of another type")
    except (OSError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise VisualizationError(
            f"The manifest of a picture must be as artlucid writes it. Received {path} ({error!r}). It is damaged: "
            "delete it, and make the picture again."
        ) from error
    return dict(found)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _curve(picture: Picture) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", "objective"])
    # Nine digits give every float32 back.
    writer.writerows([step, f"{value:.9g}"] for step, value in enumerate(picture.objectives))
    return text.getvalue().encode()


def recorded_environment(path: Path) -> dict[str, Any]:
    """The environment of a folder's pictures; empty where there is no folder of pictures."""
    return _of(read_manifest(path / MANIFEST), "environment") if (path / MANIFEST).is_file() else {}


def manifest_digest(path: Path) -> str | None:
    """By which two machines can tell whether they see the same folder; None where there is no folder of pictures."""
    try:
        return _digest(path / MANIFEST)
    except OSError:
        return None


def recorded(path: Path) -> dict[str, Any]:
    """The batch size and the precision of a folder's pictures, so far as they are there."""
    if not (path / MANIFEST).is_file():
        return {}
    settings = _of(read_manifest(path / MANIFEST), "settings")
    size, precision = settings.get("batch_size"), settings.get("precision", OLDEST_PRECISION)
    found = {"batch_size": size if isinstance(size, int) and size > 0 else None}
    return {**found, "precision": precision if precision in PRECISIONS else None}


@contextmanager
def opened(path: Path, described: Mapping[str, Any], *, allow_changed_environment: bool) -> Iterator[Folder]:
    """Hold a folder for this process, and begin it if it is new.

    Parameters
    ----------
    path : Path
    described : mapping
        ``model``, ``settings`` and ``environment`` of the pictures that are to come.
    allow_changed_environment : bool
        Whether other versions, or another machine, may add to the pictures.

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
        # Of this folder alone: another process may write to a subfolder of another network.
        for place in (path, *(path / name for name in SUBFOLDERS)):
            for leftover in place.glob(".*.part"):
                leftover.unlink()
        if (path / MANIFEST).is_file():
            found = read_manifest(path / MANIFEST)
            _check_same(path, found, manifest)
            if not allow_changed_environment:
                _check_environment(path, found, manifest)
        else:
            write_json(path / MANIFEST, manifest)
        yield Folder(path, manifest)


def looked_into(path: Path, described: Mapping[str, Any], *, allow_changed_environment: bool) -> Folder | None:
    """A folder that holds pictures already, to be read alone; None if there is none.

    Raises
    ------
    VisualizationError
        As `opened` does.
    """
    _check_free(path)
    if not (path / MANIFEST).is_file():
        return None
    found = read_manifest(path / MANIFEST)
    _check_same(path, found, described)
    if not allow_changed_environment:
        _check_environment(path, found, described)
    return Folder(path, found)


def _is_ours(name: str) -> bool:
    """Whether a file is what a killed process leaves behind before there is anything else."""
    return name == ".lock" or (name.startswith(".") and name.endswith(".part"))


def _check_free(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise VisualizationError(f"`out` must be a folder or not exist. Received {path}, a file. Choose another.")
    taken = [] if not path.exists() else sorted(x.name for x in path.iterdir() if not _is_ours(x.name))
    if taken and MANIFEST not in taken:
        raise VisualizationError(
            f"`out` must be empty, not exist, or hold pictures. Received {path}, which holds {', '.join(taken[:4])}"
            f"{', …' if len(taken) > 4 else ''}. Choose another `--out`."
        )


def read_manifest(path: Path) -> dict[str, Any]:
    """What the manifest of a folder says of its pictures.

    Raises
    ------
    VisualizationError
        If it is not there, damaged or of a newer version.
    """
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


def _of(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = manifest.get(key)
    return part if isinstance(part, dict) else {}


def _made_as(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The model and the settings of pictures, in what can be compared."""
    made = {"model": _of(manifest, "model").get("identity"), "precision": OLDEST_PRECISION, **_of(manifest, "settings")}
    # As JSON gives it back: tuples become lists.
    return dict(json.loads(json.dumps(made)))


def _check_same(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a folder of other pictures, with both sides of every difference."""
    before, now = _made_as(found), _made_as(wanted)
    differing = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    if differing:
        sides = "; ".join(f"{key} was {before.get(key)}, is {now.get(key)}" for key in differing)
        raise VisualizationError(
            f"A folder must hold pictures of one model that were made with the same settings. Received {path}, where "
            f"{sides}. Use the same settings, or choose another `--out`."
        )


def _check_environment(path: Path, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse to add pictures that may differ in their last bits from those that are there."""
    if sides := differences(_of(found, "environment"), wanted["environment"]):
        raise VisualizationError(
            f"The pictures of a folder must be made in one environment. Received {path}, where {sides}. Choose another "
            "`--out`, or allow it with `--allow-changed-environment`."
        )
