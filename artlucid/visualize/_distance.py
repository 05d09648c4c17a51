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
from artlucid.visualize._folder import MANIFEST, OLDEST_PRECISION, pictures
from artlucid.visualize._settings import LARGEST_SIDE

MEASURED_LAYERS = ("conv2d2", "mixed3b", "mixed4d")
"""Edges and colours, textures, parts of objects: one layer of each kind."""

WHITE = 255.0

TINY = 1e-12
"""The least length by which the activations of a layer are divided: where none fires, they stay zero."""

CHANNELS_AT_ONCE = 8
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
    """Measure how different the optimized images of channels are in two networks: the paper's "visual change".

    Two pictures of one channel that begin with other noise show the same thing in other places. So their pixels are
    about as far apart as those of two channels, and the pixel distance says little; it is given because it is what one
    thinks of first. The feature distance asks instead what is in the pictures, wherever it stands: `network` sees both,
    the activations of each of `layers` are averaged over space (after the ReLU) and brought to length 1, and the
    distance is the root of 1 - cosine, the cosine being averaged over the layers. The length is left out because it
    tells contrast, each layer counts the same however many channels it has, and the layers together tell strokes,
    textures and parts of objects apart better than any alone.

    What the noise alone makes of either distance is its floor: that between `before` and `other_seed`. Small changes
    of the weights that leave a channel what it is move its picture about as far as another seed does. So only what
    exceeds the floor is visual change, and by chance half of all channels exceed their own.

    Parameters
    ----------
    before, after : path
        Folders of pictures as `channels` writes them, made with the same settings and the same seed.
    other_seed : path
        A folder of the model of `before`, made with another seed.
    network : source
        Whose features are compared: anything that `artlucid.models.load` takes. For all comparisons the same one.
    layers : sequence of str
        Of `network`.

    Returns
    -------
    DataFrame
        A row a channel that all three folders hold, ordered by layer and channel:

        - ``layer``, ``channel``;
        - ``pixel_distance``, ``pixel_floor``: root mean square differences of the pictures, 0 … 1;
        - ``feature_distance``, ``feature_floor``: 0 where the network sees the same, 1 where no channel fires for both;
        - ``feature_ceiling``: the median feature distance of the picture before to those of the layer's other channels;
        - ``visual_change``: how far the feature distance is above its floor, in units of what lies between the layer's
          median floor and median ceiling: 0 as far as another seed, below 0 where nearer, about 1 as far as another
          channel;
        - ``chance``: the share of such distances between two seeds of one network, by the floors of all channels of
          the layer: 0.05 or less for one channel in twenty where nothing changed, and 1 / (n + 1) at the least;
        - ``notice``: why there is no picture, of a dead channel; what its pictures would tell is NaN.

    Raises
    ------
    VisualizationError
        If one is no folder of pictures, if they differ in more than the model (`after`) or the seed (`other_seed`), if
        they have no channel in common, if a picture is damaged, or if `network` does not take pictures of their size.
    ModelError
        If there is no such network or layer; the nearest names are given.

    Warns
    -----
    VisualizationWarning
        If a folder lacks channels that another one holds; they are left out.

    Notes
    -----
    Not compared are ``batch_size``, on which only the last bits of a picture depend, ``snapshots``, and, of penalties
    and transformations that are plain functions, what they compute.

    References
    ----------
    Section 3.1 of the paper, figures 1 and 2.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid import models, visualize
    >>> before, after = (models.load("none", architecture="mini", seed=seed) for seed in (0, 1))
    >>> with tempfile.TemporaryDirectory() as out:
    ...     for model, seed, name in [(before, 0, "before"), (after, 0, "after"), (before, 1, "other_seed")]:
    ...         _ = visualize.channels(model, ["mixed3a:5"], steps=2, size=32, seed=seed, out=f"{out}/{name}")
    ...     table = visualize.distance(f"{out}/before", f"{out}/after", other_seed=f"{out}/other_seed", network=before)
    >>> table[["layer", "channel", "notice"]].values.tolist()
    [['mixed3a', 5, '']]
    >>> table["feature_distance"].between(0, 1).tolist()
    [True]
    """
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
        settings = {"precision": OLDEST_PRECISION, **settings}
        settings = {key: value for key, value in settings.items() if key not in OF_NO_CONSEQUENCE}
        (width, height), model = map(int, settings["size"]), str(found["model"]["identity"])
        if not 0 < min(width, height) <= max(width, height) <= LARGEST_SIDE:
            raise ValueError(f"pictures of {width} x {height} pixels")
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
    _check_settings(before, after, beside="the model")
    if other_seed.model != before.model:
        raise VisualizationError(
            "`other_seed` must hold pictures of the same model as `before`: its noise floor is that of one network. "
            f"Received {other_seed.path} of {other_seed.model}, {before.path} of {before.model}. Render the model of "
            "`before` again with another `--seed`."
        )
    _check_settings(before, other_seed, beside="the seed")
    if other_seed.settings.get("seed") == before.settings.get("seed"):
        raise VisualizationError(
            "`other_seed` must hold pictures made with another seed than `before`. Received "
            f"{other_seed.path} and {before.path}, both of seed {before.settings.get('seed')}. Render the model of "
            "`before` again with another `--seed`."
        )


def _check_settings(one: _Folder, two: _Folder, *, beside: str) -> None:
    """Refuse two folders that differ in more than one thing, the model or the seed."""
    before, now = dict(one.settings), dict(two.settings)
    if beside == "the seed":
        before["seed"] = now["seed"] = None
    differing = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if differing:
        sides = "; ".join(f"{name} {before.get(name)} and {now.get(name)}" for name in differing)
        raise VisualizationError(
            f"`{one.argument}` and `{two.argument}` must hold pictures that differ in {beside} alone. Received "
            f"{one.path} and {two.path}: {sides}. Make those of one folder again with the settings of the other."
        )


def _shared(folders: Sequence[_Folder]) -> list[Channel]:
    """The channels that all folders hold, by layer and number; a warning names those that one lacks."""
    everywhere = dict.fromkeys(channel for folder in folders for channel in folder.files)
    channels = [channel for channel in everywhere if all(channel in folder.files for folder in folders)]
    channels.sort(key=lambda channel: (channel.layer, channel.number))
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
    moved, floor, ceiling = _apart(before, after), _apart(before, other_seed), _to_others(before)
    return pd.DataFrame(
        {
            "layer": channels[0].layer,
            "channel": [channel.number for channel in channels],
            "pixel_distance": pixel,
            "pixel_floor": pixel_floor,
            "feature_distance": moved,
            "feature_floor": floor,
            "feature_ceiling": ceiling,
            "visual_change": (moved - floor) / (_median(ceiling) - _median(floor)),
            "chance": _chance(moved, floor),
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


def _median(distances: Array) -> float:
    return float(pd.Series(distances).median())


def _chance(distances: Array, floors: Array) -> Array:
    """The share of floors, and of the distance itself, that are no smaller than a distance; NaN where it is."""
    known = np.sort(floors[~np.isnan(floors)])
    no_smaller = len(known) - np.searchsorted(known, distances, side="left")
    return np.where(np.isnan(distances), np.nan, (no_smaller + 1) / (len(known) + 1))


def _notice(folders: Sequence[_Folder], channel: Channel) -> str:
    said = {folder.argument: folder.notices[channel] for folder in folders}
    return "; ".join(f"{argument}: {notice}" for argument, notice in said.items() if notice)
