"""What folders of pictures hold, in one file: for pages and tables that show thousands of channels."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType, NoneType
from typing import Any

import artlucid
from artlucid._channel import Channel, layer_file_name
from artlucid.errors import VisualizationError
from artlucid.files import write_json
from artlucid.visualize._folder import MANIFEST, pictures, read_manifest

INDEX = "index.json"
FORMAT = "artlucid.picture_index"
VERSION = 1

MOST_BYTES = 2**28

OF_THE_MODEL = ("name", "identity", "architecture", "source")

# What each record must hold.
_FOLDER: Mapping[str, Any] = MappingProxyType(
    {"label": str, "path": str, "model": dict, "settings": dict, "layers": list}
)
_LAYER: Mapping[str, Any] = MappingProxyType(
    {"name": str, "n_channels": int, "sheet": (str, NoneType), "channels": list}
)
_CHANNEL: Mapping[str, Any] = MappingProxyType(
    {
        "channel": int,
        "picture": (str, NoneType),
        "curve": (str, NoneType),
        "final_objective": (int, float, NoneType),
        "notices": list,
    }
)

# The files of a folder that an index may name, by the key of the record.
_SUFFIXES: Mapping[str, str] = MappingProxyType({"sheet": ".png", "picture": ".png", "curve": ".csv"})


def write_index(
    folder: str | Path, beside: Mapping[str, str | Path] | None = None, *, label: str | None = None
) -> Path:
    """Write what a folder of pictures holds, and others of the same channels, as ``index.json`` in the folder.

    It says what is there now: write it again when pictures or sheets were added.

    Parameters
    ----------
    folder : path
        The main folder.
    beside : mapping of str to path, optional
        Further folders by their labels, such as the subfolders of other models.
    label : str, optional
        Of the main folder, for readers; by default its model's name.

    Returns
    -------
    Path
        Of the index; the file formats in the documentation say what it holds.

    Raises
    ------
    VisualizationError
        If a folder holds no pictures, or a manifest is damaged.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import models, visualize
    >>> mini = models.load("none", architecture="mini")
    >>> with tempfile.TemporaryDirectory() as out:
    ...     images = visualize.channels(mini, ["mixed4d_3x3_pre_relu:5"], steps=1, size=32, out=out)
    ...     index = read_index(write_index(out))
    >>> index["folders"][0]["layers"][0]["channels"][0]["picture"]
    'mixed4d_3x3_pre_relu-0005.png'
    """
    main = Path(folder)
    folders = [_described(main, main, label), *(_described(main, Path(x), name) for name, x in (beside or {}).items())]
    path = main / INDEX
    write_json(path, {"format": FORMAT, "version": VERSION, "artlucid": artlucid.__version__, "folders": folders})
    return path


def _described(main: Path, folder: Path, label: str | None) -> dict[str, Any]:
    manifest = read_manifest(folder / MANIFEST)
    if wrong := [key for key in ("model", "settings") if not isinstance(manifest.get(key), dict)]:
        raise VisualizationError(
            f"{MANIFEST} must say how the pictures beside it were made. Received {folder / MANIFEST} without "
            f"{', '.join(wrong)}. It is damaged: make the pictures again, with another `--out`."
        )
    model = {key: manifest["model"].get(key) for key in OF_THE_MODEL}
    place = PurePosixPath(Path(os.path.relpath(folder, main)).as_posix())
    return {
        "label": str(label or model["name"] or folder.name),
        "path": str(place),
        "model": model,
        "settings": manifest["settings"],
        "layers": _layers(folder, place),
    }


def _layers(folder: Path, place: PurePosixPath) -> list[dict[str, Any]]:
    there = {
        f"{below}{entry.name}"
        for below in ("", "curves/", "sheets/")
        if (folder / below).is_dir()
        for entry in os.scandir(folder / below)
    }

    def named(name: str) -> str | None:
        return str(place / name) if name in there else None

    layers: dict[str, list[dict[str, Any]]] = {}
    for row in pictures(folder):
        channel = Channel(row["layer"], row["channel"])
        layers.setdefault(channel.layer, []).append(
            {
                "channel": channel.number,
                "picture": None if row["file"] is None else named(f"{channel.file_name}.png"),
                "curve": named(f"curves/{channel.file_name}.csv"),
                "final_objective": row["final_objective"] if math.isfinite(row["final_objective"]) else None,
                "notices": row["notices"],
            }
        )
    return [
        {
            "name": name,
            "n_channels": len(channels),
            "sheet": named(f"sheets/{layer_file_name(name)}.png"),
            "channels": sorted(channels, key=lambda row: row["channel"]),
        }
        for name, channels in layers.items()
    ]


def read_index(path: str | Path) -> dict[str, Any]:
    """Read what `write_index` wrote.

    Parameters
    ----------
    path : path
        The file, or the folder that it is in.

    Returns
    -------
    dict
        As the file has it. Each path in it is relative to the file's folder, with forward slashes; those of pictures,
        curves and sheets lie in their folders.

    Raises
    ------
    VisualizationError
        If it is not there, damaged, of another format or of a newer version.
    """
    path = Path(path)
    if path.is_dir():
        path /= INDEX
    if not path.is_file():
        raise VisualizationError(
            f"An index must be {INDEX} in a folder of pictures. Received {path}, which does not exist. "
            "Write it with `visualize.write_index`."
        )
    try:
        index = _parsed(path)
        _check_version(path, index)
        for folder in _checked(index["folders"], list):
            _check_folder(folder)
    except VisualizationError:
        raise
    except (OSError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise VisualizationError(
            f"An index of pictures must be as artlucid writes it. Received {path} ({error!r}). It is damaged: write "
            "it again with `visualize.write_index`."
        ) from error
    return index


def _parsed(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    index = _checked(
        json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"), parse_constant=_refuse_constant), dict
    )
    if index.get("format") != FORMAT:
        raise ValueError(f"it is not of the format {FORMAT}")
    return dict(index)


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _check_version(path: Path, index: Mapping[str, Any]) -> None:
    if _checked(index["version"], int) > VERSION:
        raise VisualizationError(
            f"The version of an index of pictures must be at most {VERSION}. Received {path} of version "
            f"{index['version']}. It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )


def _checked(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{str(value)[:80]} is of another type")
    return value


def _check_record(record: Any, kinds: Mapping[str, Any]) -> None:
    for key, kind in kinds.items():
        _checked(_checked(record, dict)[key], kind)


def _check_folder(folder: Any) -> None:
    _check_record(folder, _FOLDER)
    if PurePosixPath(folder["path"]).is_absolute() or PureWindowsPath(folder["path"]).is_absolute():
        raise ValueError(f"{folder['path']} is not relative")
    for layer in folder["layers"]:
        _check_record(layer, _LAYER)
        _check_place(layer, "sheet", folder["path"])
        if layer["n_channels"] != len(layer["channels"]):
            raise ValueError(f"{layer['name']} has {len(layer['channels'])} channels, not {layer['n_channels']}")
        for channel in layer["channels"]:
            _check_record(channel, _CHANNEL)
            _check_place(channel, "picture", folder["path"])
            _check_place(channel, "curve", folder["path"])


def _check_place(record: Mapping[str, Any], key: str, folder: str) -> None:
    """Refuse a file that would lie outside its folder: an index may come from anywhere."""
    if (path := record[key]) is None:
        return
    prefix = "" if folder == "." else f"{folder}/"
    rest = path.removeprefix(prefix)
    if (
        not path.startswith(prefix)
        or rest.startswith("/")
        or "\\" in rest
        or ":" in rest
        or ".." in rest.split("/")
        or not rest.endswith(_SUFFIXES[key])
    ):
        raise ValueError(f"{path} is no {key} of the folder {folder}")
