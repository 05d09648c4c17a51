"""How different the optimized images of a network are after its fine-tuning: the paper's visual change as a number."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
from keras import ops

from artlucid import models
from artlucid._channel import Channel
from artlucid.datasets import images
from artlucid.errors import DataError, VisualizationError, VisualizationWarning
from artlucid.models import Network
from artlucid.models._load import Source
from artlucid.models._network import layer_outputs
from artlucid.visualize._folder import MANIFEST, pictures

MEASURED_LAYERS = ("conv2d2", "mixed3b", "mixed4d")
"""Edges and colours, textures, parts of objects: one layer of each kind."""

WHITE = 255.0

TINY = 1e-12
"""The least length by which the activations of a layer are divided: where none fires, they stay zero."""

CHANNELS_AT_ONCE = 16
"""Three pictures each go through the network together."""

OF_NO_CONSEQUENCE = frozenset({"batch_size", "snapshots"})
"""Settings that leave a picture what it is, but for its last bits."""

_MARK = re.compile(r' #[0-9a-f]{8}"')
"""What tells functions of one name apart in a manifest: it is another one in each folder."""

Array = npt.NDArray[np.float32]
Profile = Callable[[Array], Array]


def distance(
    before: str | Path,
    after: str | Path,
    *,
    other_seed: str | Path,
    network: Source = "imagenet",
    layers: Sequence[str] = MEASURED_LAYERS,
) -> pd.DataFrame:
    """TODO."""
    folders = [
        _opened(name, Path(path)) for name, path in (("before", before), ("after", after), ("other_seed", other_seed))
    ]
    _check_alike(*folders)
    channels = _shared(folders)
    profile = _profile(models.load(network), layers, folders[0].size)
    parts = [
        _of_layer(folders, list(of_layer), profile) for _, of_layer in groupby(channels, lambda channel: channel.layer)
    ]
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class _Folder:
    """A folder of pictures.

    Attributes
    ----------
    argument : str
        What it was given as.
    path : Path
    model : str
        Identity of the network.
    settings : mapping
        Those of consequence.
    files : mapping of Channel to Path or None
        None where there is no picture.
    notices : mapping of Channel to str
    """

    argument: str
    path: Path
    model: str
    settings: Mapping[str, Any]
    files: Mapping[Channel, Path | None]
    notices: Mapping[Channel, str]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self.settings["size"]
        return width, height

    def pixels(self, channel: Channel) -> Array:
        """A picture, of shape (height, width, 3), 0 … 255; NaN where there is none."""
        width, height = self.size
        file = self.files[channel]
        if file is None:
            return np.full((height, width, 3), np.nan, np.float32)
        try:
            image = images.read_image(file)
        except DataError as error:
            raise VisualizationError(
                f"A picture must be a readable file. Received {file}. It is damaged: delete it, and run the same "
                f"`artlucid visualize` again. ({error})"
            ) from error
        if image.shape != (height, width, 3):
            raise VisualizationError(
                f"A picture must have the size that its folder says, {width} x {height} pixels. Received {file} of "
                f"{image.shape[1]} x {image.shape[0]}. Delete it, and run the same `artlucid visualize` again."
            )
        return image.astype(np.float32)


def _opened(argument: str, path: Path) -> _Folder:
    if not (path / MANIFEST).is_file():
        raise VisualizationError(
            f"`{argument}` must be a folder of pictures, which holds {MANIFEST}. Received {path}, which has none. "
            f"Make it with `artlucid visualize MODEL LAYER:CHANNEL --out {path}`."
        )
    rows = pictures(path)
    found = json.loads((path / MANIFEST).read_text())
    try:
        settings = json.loads(_MARK.sub('"', json.dumps(found["settings"])))
        settings = {key: value for key, value in settings.items() if key not in OF_NO_CONSEQUENCE}
        (width, height), model = map(int, settings["size"]), str(found["model"]["identity"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise VisualizationError(
            f"{MANIFEST} must say of which model its pictures are, and how they were made. Received {path / MANIFEST} "
            f"({error!r}). It is damaged: make the pictures again in another folder."
        ) from error
    files = {Channel(row["layer"], row["channel"]): row["file"] and Path(row["file"]) for row in rows}
    notices = {Channel(row["layer"], row["channel"]): "; ".join(map(str, row["notices"])) for row in rows}
    return _Folder(argument, path, model, {**settings, "size": (width, height)}, files, notices)


def _check_alike(before: _Folder, after: _Folder, other_seed: _Folder) -> None:
    """Refuse folders that differ in more than the network, or in more than the seed."""
    _check_settings(before, after, {})
    if other_seed.model != before.model:
        raise VisualizationError(
            "`other_seed` must hold pictures of the same model as `before`: its noise floor is that of one network. "
            f"Received {other_seed.path} of {other_seed.model}, {before.path} of {before.model}. Render the model of "
            "`before` again with another `--seed`."
        )
    _check_settings(before, other_seed, {"seed"})
    if other_seed.settings.get("seed") == before.settings.get("seed"):
        raise VisualizationError(
            "`other_seed` must hold pictures made with another seed than `before`. Received "
            f"{other_seed.path} and {before.path}, both of seed {before.settings.get('seed')}. Render the model of "
            "`before` again with another `--seed`."
        )


def _check_settings(one: _Folder, two: _Folder, free: set[str]) -> None:
    names = dict.fromkeys([*one.settings, *two.settings])
    differing = [
        name for name in names if name not in free and one.settings.get(name) != two.settings.get(name)
    ]
    if differing:
        sides = "; ".join(f"{name} {one.settings.get(name)} and {two.settings.get(name)}" for name in differing)
        beside = "the seed" if free else "the model"
        raise VisualizationError(
            f"`{one.argument}` and `{two.argument}` must hold pictures that differ in {beside} alone. Received "
            f"{one.path} and {two.path}: {sides}. Make the pictures of one of them again with the settings of the other."
        )


def _shared(folders: Sequence[_Folder]) -> list[Channel]:
    """The channels that all folders hold, in the order of their files; a warning names those that one lacks."""
    everywhere = dict.fromkeys(channel for folder in folders for channel in folder.files)
    channels = [channel for channel in everywhere if all(channel in folder.files for folder in folders)]
    if not channels:
        held = "; ".join(f"{folder.path}: {_listed(list(folder.files)) or 'none'}" for folder in folders)
        raise VisualizationError(
            f"The folders must hold pictures of the same channels. Received {held}. Render the same channels in all "
            "three."
        )
    for folder in folders:
        if lacking := [channel for channel in everywhere if channel not in folder.files]:
            warnings.warn(
                f"`{folder.argument}` ({folder.path}) lacks {_listed(lacking)}, which others hold: left out. "
                "`artlucid visualize` makes what is missing.",
                VisualizationWarning,
                stacklevel=3,
            )
    return channels


def _listed(channels: Sequence[Channel], most: int = 6) -> str:
    more = f" and {len(channels) - most} more" if len(channels) > most else ""
    return ", ".join(map(str, channels[:most])) + more


def _profile(network: Network, layers: Sequence[str], size: tuple[int, int]) -> Profile:
    """What a network sees of pictures wherever it stands in them: a vector of length 1 for each.

    Its parts, one a layer, have the same length, so that the many channels of a late layer do not outweigh the others.
    """
    _check_layers(layers)
    _check_size(network, size)
    parts = []
    for output in layer_outputs(network, layers):
        pooled = ops.mean(ops.relu(output), axis=tuple(range(1, len(output.shape) - 1)))
        parts.append(pooled / ops.maximum(ops.norm(pooled, axis=-1, keepdims=True), TINY))
    vector = ops.concatenate(parts, axis=-1) / np.sqrt(len(parts))
    return keras.Model(network.keras_model.input, vector).predict_on_batch


def _check_layers(layers: Sequence[str]) -> None:
    if isinstance(layers, str) or not layers:
        raise VisualizationError(
            f"`layers` must be a sequence of names of layers. Received {layers!r}. Use {MEASURED_LAYERS}, for example."
        )


def _check_size(network: Network, size: tuple[int, int]) -> None:
    width, height = size
    least = network.architecture.minimum_size if network.architecture is not None else 1
    fixed = network.keras_model.inputs[0].shape[1:3]
    other = any(side not in (None, given) for side, given in zip(fixed, (height, width), strict=True))
    if other or min(size) < least:
        allowed = f"{fixed[1]} x {fixed[0]} pixels, its only size" if other else f"at least {least} pixels"
        raise VisualizationError(
            f"The pictures must have a size that `network` takes: {allowed}. Received {width} x {height}. Measure with "
            "another network, or render at another `--size`."
        )


def _of_layer(folders: Sequence[_Folder], channels: Sequence[Channel], profile: Profile) -> pd.DataFrame:
    """The rows of one layer's channels."""
    batches = [channels[begin : begin + CHANNELS_AT_ONCE] for begin in range(0, len(channels), CHANNELS_AT_ONCE)]
    measured = [_of_batch(folders, batch, profile) for batch in batches]
    pixel, pixel_floor = np.concatenate([pixels for pixels, _ in measured], axis=1)
    before, after, other_seed = np.concatenate([profiles for _, profiles in measured], axis=1)
    return pd.DataFrame(
        {
            "layer": channels[0].layer,
            "channel": [channel.number for channel in channels],
            "pixel_distance": pixel,
            "pixel_floor": pixel_floor,
            "feature_distance": _apart(before, after),
            "feature_floor": _apart(before, other_seed),
            "feature_ceiling": _to_others(before),
            "notice": [_notice(folders, channel) for channel in channels],
        }
    )


def _of_batch(folders: Sequence[_Folder], channels: Sequence[Channel], profile: Profile) -> tuple[Array, Array]:
    """Pixel distances and floors, of shape (2, n); profiles before, after and of the other seed, of shape (3, n, d)."""
    pixels = np.stack([[folder.pixels(channel) for channel in channels] for folder in folders])
    before, after, other_seed = pixels / WHITE
    distances = np.stack([_root_mean_square(before - after), _root_mean_square(before - other_seed)])
    missing = np.isnan(pixels[..., 0, 0, 0])
    seen = profile(np.nan_to_num(pixels).reshape(-1, *pixels.shape[2:])).reshape(*missing.shape, -1)
    seen[missing] = np.nan
    return distances, seen


def _root_mean_square(difference: Array) -> Array:
    return np.sqrt(np.mean(np.square(difference), axis=(1, 2, 3)))


def _apart(one: Array, two: Array) -> Array:
    """The root of 1 - cosine, averaged over layers: 0 for the same, 1 where nothing fires for both."""
    return np.linalg.norm(one - two, axis=-1) / np.sqrt(2)


def _to_others(profiles: Array) -> Array:
    """The median distance of each picture to those of the layer's other channels; NaN where there are none."""
    shown = ~np.isnan(profiles[:, 0])
    medians = np.full(len(profiles), np.nan, np.float32)
    if shown.sum() > 1:
        for index in np.flatnonzero(shown):
            others = shown & (np.arange(len(profiles)) != index)
            medians[index] = np.median(_apart(profiles[others], profiles[index]))
    return medians


def _notice(folders: Sequence[_Folder], channel: Channel) -> str:
    said = {folder.argument: folder.notices[channel] for folder in folders}
    return "; ".join(f"{argument}: {notice}" for argument, notice in said.items() if notice)
