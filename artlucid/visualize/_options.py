"""What can be chosen for pictures of channels beside their steps, size and seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from artlucid.errors import VisualizationError
from artlucid.visualize._activations import Objective
from artlucid.visualize._colours import ColourStatistics
from artlucid.visualize._optimization import Transform

ENGINES = ("artlucid", "lucid")
"""Who renders: this library, or the original Lucid through `artlucid.export.lucid`."""

MOST_AT_ONCE = 16
"""Images in a batch unless told otherwise: more make a step slower, by hardly less an image."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What can be chosen for pictures of channels.

    Attributes
    ----------
    batch_size : int, optional
        Pictures made together. By default that of the folder, or else 16, or as many as are asked for of the fullest
        layer if these are fewer. A picture's last bits depend on it.
    snapshots : sequence of int
        Updates after which a picture is kept too.
    init : path or array of shape (height, width, 3), optional
        An image to start from, in the place of noise: a file, or values 0 … 1.
    transforms : sequence of callable, optional
        In the place of `transform.standard_transforms`.
    transforms_per_image : bool
        Draw a transformation for each image of the batch, in the place of one for all.
    colours : ColourStatistics, optional
        Of a collection, in the place of ImageNet's.
    penalty : Objective or callable, optional
        Added to the objective of every picture, from ``T`` to a scalar: a negative one holds back what it measures. It
        sees each image alone. A folder of pictures with a penalty, or with transformations that are plain functions,
        is not added to: what they compute cannot be compared.
    precision : {"auto", "float32", "bfloat16", "float16"}
        What the network computes in. ``auto`` is the fastest one whose pictures are as good as the original's; a folder
        that is gone on with keeps its own.
    engine : {"artlucid", "lucid"}
        Who renders: this library, or the original Lucid.
    dask : str, optional
        Who makes the pictures of a `sweep`, in the place of this process: the address of a scheduler of Dask, such as
        ``tcp://host:8786``, or ``local:4`` for four processes on this machine.
    threads : int, optional
        Of TensorFlow in each process of Dask; by default as the folder that is gone on with records it, or else an
        equal part of the processors, or all that the first worker has. The library never changes those of this process.
    allow_changed_environment : bool
        Add to a folder of pictures that other versions, or another machine, made.
    progress : bool
        Show a progress bar where standard error is a terminal.
    """

    batch_size: int | None = None
    snapshots: Sequence[int] = ()
    init: str | Path | npt.NDArray[Any] | None = None
    transforms: Sequence[Transform] | None = None
    transforms_per_image: bool = False
    colours: ColourStatistics | None = None
    penalty: Objective | Callable[..., Any] | None = None
    precision: str = "auto"
    engine: str = "artlucid"
    dask: str | None = None
    threads: int | None = None
    allow_changed_environment: bool = False
    progress: bool = False


def check_engine(engine: str) -> None:
    """Refuse an engine that there is not."""
    if engine not in ENGINES:
        raise VisualizationError(
            f"`engine` must be one of {', '.join(ENGINES)}. Received {engine!r}. Choose one of these."
        )


def check_here(options: Options | None) -> None:
    """Refuse workers where pictures are returned in memory."""
    if options is not None and options.dask is not None:
        raise VisualizationError(
            f"`dask` must be left out where pictures are returned. Received {options.dask!r}. Use `visualize.sweep`, "
            "which writes them to folders."
        )


def check_threads(options: Options) -> None:
    """Refuse a number of threads where no process is started or asked that could be told it."""
    if options.threads is not None and options.dask is None:
        raise VisualizationError(
            f"`threads` must be left out without `dask`, for it would change the whole process. Received "
            f"{options.threads!r}. Call `tf.config.threading.set_intra_op_parallelism_threads` and "
            "`set_inter_op_parallelism_threads` before TensorFlow computes anything, or use the command line."
        )
