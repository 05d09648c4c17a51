"""Folders of pictures as `visualize` writes them, small, for the tests of figures."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

CHANNELS = ("mixed4d_3x3_pre_relu:52", "mixed4d_pool_reduce_pre_relu:63", "mixed3a_5x5_bottleneck_pre_relu:8")


def png(image) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(file, "png")
    return file.getvalue()


def solid(colour, size=(24, 24)):
    """One colour; the size is width and height."""
    return np.full((size[1], size[0], 3), colour, np.uint8)


def stem_of(channel: str) -> str:
    layer, number = channel.split(":")
    return f"{layer}-{int(number):04d}"


def write_json(path: Path, content) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def begin(path: Path, name: str, **settings) -> Path:
    """A folder without pictures."""
    described = {"steps": 128, "size": [24, 24], "seed": 0, **settings}
    model = {"name": name, "source": f"runs/{name}", "identity": "0" * 64}
    write_json(
        path / "pictures.json", {"format": "artlucid.pictures", "version": 1, "model": model, "settings": described}
    )
    return path


def add(folder: Path, channel: str, image=None, *, notices=(), curve=None, snapshots=None, objective=1.5) -> None:
    """A channel with its picture, if it has one, and whatever else is kept of it."""
    stem = stem_of(channel)
    files = {} if image is None else {f"{stem}.png": png(image)}
    files |= {f"snapshots/{stem}-step-{step:06d}.png": png(image) for step, image in (snapshots or {}).items()}
    if curve is not None:
        rows = "".join(f"{step},{value:.9g}\n" for step, value in enumerate(curve))
        files[f"curves/{stem}.csv"] = f"step,objective\n{rows}".encode()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    layer, number = channel.split(":")
    content = {"format": "artlucid.picture", "version": 1, "layer": layer, "channel": int(number)}
    content |= {"final_objective": objective, "notices": list(notices)}
    content["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    write_json(folder / "manifests" / f"{stem}.json", content)


def filled(path: Path, name: str, colours, **settings) -> Path:
    """A folder with a picture of one colour for each of `CHANNELS`."""
    folder = begin(path, name, **settings)
    for channel, colour in zip(CHANNELS, colours, strict=True):
        add(folder, channel, solid(colour))
    return folder
