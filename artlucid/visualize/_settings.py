"""The settings of pictures: held to what is possible, and as they are written down."""

from __future__ import annotations

import dataclasses
import hashlib
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from artlucid import environment
from artlucid.datasets import images
from artlucid.environment import Precision
from artlucid.errors import VisualizationError
from artlucid.models import Network
from artlucid.visualize import render, transform
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize._options import Options, check_engine

LARGEST_SIDE = 8192
"""In pixels; a picture of this side takes gigabytes."""


Size = int | tuple[int, int]

FLOAT32 = Precision("float32", "float32", "as asked for")


@dataclasses.dataclass(frozen=True)
class Settings:
    """How pictures are made.

    Attributes
    ----------
    steps : int
        Number of updates.
    size : (int, int)
        Width and height in pixels.
    seed : int
    options : Options
    precision : Precision
    start : array of shape (height, width, 3), optional
        The image that `Options.init` names.
    """

    steps: int
    size: tuple[int, int]
    seed: int
    options: Options
    precision: Precision = FLOAT32
    start: npt.NDArray[np.float32] | None = None


def width_and_height(size: Size) -> tuple[int, int]:
    """Both sides in pixels of what may be one."""
    try:
        width, height = size if isinstance(size, Iterable) else (size, size)
    except ValueError as error:
        raise VisualizationError(
            f"`size` must be a side in pixels, or width and height. Received {size}. Use 224."
        ) from error
    return width, height


def checked(network: Network, settings: Settings) -> Settings:
    """Hold settings to what is possible, read the image to start from, and fit a network of one size.

    Raises
    ------
    VisualizationError
        With the rule that one of them breaks.
    """
    _whole_number("steps", settings.steps, 1)
    for side in settings.size:
        _whole_number("size", side, 1, LARGEST_SIDE)
    _check_smallest(network, settings.size)
    if settings.options.batch_size is not None:
        _whole_number("batch_size", settings.options.batch_size, 1)
    _whole_number("seed", settings.seed, 0)
    _check_snapshots(settings)
    check_engine(settings.options.engine)
    _check_kinds(settings.options)
    settings = dataclasses.replace(settings, options=_fitted(network, settings.options))
    render.make_transform_f(settings.options.transforms)
    return dataclasses.replace(settings, start=_start(settings))


def described(network: Network, settings: Settings, batch_size: int) -> dict[str, Any]:
    """What the manifest of a folder says of its pictures."""
    options = settings.options
    transforms = transform.standard_transforms if options.transforms is None else options.transforms
    return {
        "model": {
            "name": _name(network),
            "source": network.source,
            "identity": network.identity,
            "architecture": None if network.architecture is None else str(network.architecture),
        },
        "settings": {
            "steps": settings.steps,
            "size": list(settings.size),
            "seed": settings.seed,
            "batch_size": batch_size,
            "precision": settings.precision.used,
            "snapshots": sorted(set(options.snapshots)),
            "transforms": [_exactly(one, transform.describe(one)) for one in transforms],
            "transforms_per_image": options.transforms_per_image,
            "colours": "ImageNet" if options.colours is None else _hash(options.colours.matrix),
            "start": "noise" if settings.start is None else _hash(settings.start),
            "penalty": None if options.penalty is None else _exactly(options.penalty, _described(options.penalty)),
            "optimizer": "Adam, rate 0.05, epsilon 1e-8",
            "engine": options.engine,
        },
        "environment": environment.describe(settings.precision),
    }


def _name(network: Network) -> str:
    """Short enough for a row of a figure: the last part of the source."""
    return Path(network.source).name or network.source


def _check_kinds(options: Options) -> None:
    """Refuse options of another kind than they must have."""
    if not (options.penalty is None or callable(options.penalty)):
        raise VisualizationError(
            f"`penalty` must be an objective, or a function of T. Received {options.penalty!r}. Use "
            "`objectives.penalty(lambda image: …)`."
        )
    if not (options.colours is None or isinstance(options.colours, ColourStatistics)):
        raise VisualizationError(
            f"`colours` must be colour statistics. Received {options.colours!r}. Read a file of them with "
            "`visualize.ColourStatistics.load(path)`."
        )


def _fitted(network: Network, options: Options) -> Options:
    """Options for a network that takes one size only: what it sees is brought to that size."""
    height, width = network.keras_model.inputs[0].shape[1:3]
    if options.transforms is not None or height is None or width is None:
        return options
    return dataclasses.replace(
        options, transforms=[*transform.standard_transforms, transform.crop_or_pad_to(height, width)]
    )


def _exactly(function: Any, text: str) -> str:
    """How a function is written down; what a plain one computes cannot be, so that it equals no other."""
    return text if dataclasses.is_dataclass(function) else f"{text} #{uuid.uuid4().hex[:8]}"


def _described(penalty: Any) -> str:
    return str(getattr(penalty, "description", None) or getattr(penalty, "__qualname__", None) or repr(penalty))


def _hash(array: npt.NDArray[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _whole_number(name: str, value: Any, least: int, most: int | None = None) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least or value > (most or value):
        allowed = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise VisualizationError(f"`{name}` must be a whole number {allowed}. Received {value!r}. Choose another one.")


def _check_smallest(network: Network, size: tuple[int, int]) -> None:
    least = network.architecture.minimum_size if network.architecture is not None else 1
    if min(size) < least:
        raise VisualizationError(
            f"`size` must be at least {least} pixels for {network.architecture}, whose deepest layers see nothing of "
            f"smaller pictures. Received {size[0]} x {size[1]}. Use 224, for example."
        )


def _check_snapshots(settings: Settings) -> None:
    given = settings.options.snapshots
    wrong = [
        step
        for step in (given if isinstance(given, Iterable) else [given])
        if not isinstance(step, int | np.integer) or not 0 < step <= settings.steps
    ]
    if wrong or not isinstance(given, Iterable):
        raise VisualizationError(
            f"`snapshots` must be numbers of updates from 1 to the {settings.steps} steps. Received {wrong or given}. "
            "Give them in a list."
        )


def _start(settings: Settings) -> npt.NDArray[np.float32] | None:
    """The image to start from, brought to the size of the pictures."""
    init = settings.options.init
    if init is None:
        return None
    width, height = settings.size
    if isinstance(init, str | Path):
        pixels = Image.fromarray(images.read_image(init)).resize((width, height), Image.Resampling.LANCZOS)
        return np.asarray(pixels, np.float32) / 255
    given = np.asarray(init, np.float32)
    if given.shape != (height, width, 3) or not np.isfinite(given).all() or given.min() < 0 or given.max() > 1:
        raise VisualizationError(
            f"`init` must be a file, or an array of shape ({height}, {width}, 3) with values 0 … 1. Received shape "
            f"{given.shape}, values {given.min(initial=np.inf):.4g} … {given.max(initial=-np.inf):.4g}. Resize it, or "
            "divide by 255."
        )
    return given
