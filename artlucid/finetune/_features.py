"""Features of images under a frozen network, computed once and kept in a file that says what they are of."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from artlucid.datasets import Dataset, Split
from artlucid.errors import RunError, TrainingError
from artlucid.files import write_atomically
from artlucid.finetune._data import TRAINING_SPLITS
from artlucid.finetune._jobs import Job
from artlucid.inputs import Batches, open_cache
from artlucid.models._build import BuildOptions, build
from artlucid.models._network import set_arrays
from artlucid.models.weights._hdf5 import open_checked, read_attributes
from artlucid.models.weights._record import MOST_BYTES, PARTS, Weights

logger = logging.getLogger("artlucid")

FILE = "features.h5"
FORMAT = "artlucid.features"
VERSION = 1

# Whatever the head trains with: a batch of another size would give other bits.
BATCH_SIZE = 32

Features = Mapping[str, npt.NDArray[np.float32]]


def features(job: Job, source: Path | None) -> Features:
    """Features of the training and validation images: those of a file where there is one, else computed and kept.

    Parameters
    ----------
    job : Job
    source : path, optional
        Another run, or its file, to take the features from where this run has none yet.

    Returns
    -------
    mapping of str to float32 array of shape (n_images, n_channels)
        By the name of the split, in the order of its images.

    Raises
    ------
    RunError
        If the file is damaged, or of other images, another network, layer or precision.
    DataError
        If an image cannot be read.
    TrainingError
        If a feature is not finite.
    """
    own = job.run.path / FILE
    if own.exists():
        return read(own, job)
    if source is not None:
        found = read(source / FILE if source.is_dir() else source, job)
        logger.info("features of %s are used again", source)
    else:
        model = _body(job.start, job.precision.policy)
        found = {name: compute(model, job, job.dataset.split(name)) for name in TRAINING_SPLITS}
    write_atomically(own, _to_bytes(found, description(job)))
    return found


def compute(model: keras.Model, job: Job, split: Split) -> npt.NDArray[np.float32]:
    """Run the frozen network over a split; raises DataError for a file that cannot be read."""
    unlabelled = dataclasses.replace(split, labels=None)
    cache = open_cache(job.options.cache, limit=job.options.cache_limit)
    batches = Batches(unlabelled, size=job.architecture.input_size, batch_size=BATCH_SIZE, cache=cache)
    bar = _Bar(split, shown=job.options.progress)
    try:
        with batches.readable_errors():
            found = model.predict(batches.in_order(), verbose=0, callbacks=[bar])
    finally:
        bar.close()
    if not np.isfinite(found).all():
        raise TrainingError(
            f"Features must be finite. Received NaN or infinity for {split.relative_paths[_first_bad(found)]!r} in "
            f"{job.precision.used}. Use `--precision float32`."
        )
    return np.asarray(found, dtype=np.float32)


def _first_bad(found: npt.NDArray[np.floating]) -> int:
    return int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])


def _body(weights: Weights, policy: str) -> keras.Model:
    architecture = weights.architecture
    whole = build(architecture, classes=weights.classes, options=BuildOptions(dtype=policy))
    set_arrays(whole, architecture, weights.arrays)
    model = keras.Model(whole.input, whole.get_layer(architecture.feature_layer).output)
    # XLA on the CPU loses oneDNN's convolutions.
    model.compile(jit_compile=False)
    return model


class _Bar(keras.callbacks.Callback):
    """A bar with images a second on a terminal."""

    def __init__(self, split: Split, *, shown: bool) -> None:
        super().__init__()
        self._bar = tqdm(
            total=len(split),
            desc=f"features, {split.name}",
            unit="img",
            file=sys.stderr,
            disable=None if shown else True,
            dynamic_ncols=True,
        )

    def on_predict_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._bar.update(min(BATCH_SIZE, self._bar.total - batch * BATCH_SIZE))

    def close(self) -> None:
        self._bar.close()


def description(job: Job) -> dict[str, str]:
    """What features depend on; equal descriptions mean equal features."""
    return {
        "network": _body_identity(job.start),
        "layer": job.architecture.feature_layer,
        "images": _images_identity(job.dataset),
        "precision": job.precision.used,
    }


def _body_identity(weights: Weights) -> str:
    """Hash of a network without its head, which features know nothing of."""
    digest = hashlib.sha256(str(weights.architecture).encode())
    head = weights.architecture.head.classifier.name
    for layer in (name for name in weights.architecture.weight_layers() if name != head):
        for part in PARTS:
            digest.update(np.ascontiguousarray(weights.arrays[f"{layer}/{part}"], dtype="<f4").tobytes())
    return digest.hexdigest()


def _images_identity(dataset: Dataset) -> str:
    """Hash of the images with their labels, and of the order that the rows stand in."""
    paths = [list(dataset.split(name).relative_paths) for name in TRAINING_SPLITS]
    return hashlib.sha256(json.dumps([dataset.identity, paths]).encode()).hexdigest()


def _to_bytes(found: Features, described: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, rows in found.items():
            file.create_dataset(name, data=rows)
        file.attrs.update({"format": FORMAT, "version": VERSION, **described})
    return buffer.getvalue()


def read(path: Path, job: Job) -> Features:
    """Read the features of a job's images from a file.

    Raises
    ------
    RunError
        If the file is damaged, or of other images, another network, layer or precision.
    """
    rows = {name: len(job.dataset.split(name)) for name in TRAINING_SPLITS}
    expected = {name: (count, job.start.arrays[_head_kernel(job)].shape[0]) for name, count in rows.items()}
    needed = 4 * sum(height * width for height, width in expected.values())
    try:
        with open_checked(path, most_bytes=max(needed, MOST_BYTES)) as file:
            _check(read_attributes(file, path), description(job), path)
            found = {name: np.asarray(file[name][()], dtype=np.float32) for name in TRAINING_SPLITS}
        if {name: array.shape for name, array in found.items()} != expected:
            raise ValueError("its arrays are of another shape")
        if not all(np.isfinite(array).all() for array in found.values()):
            raise ValueError("it holds values that are not finite")
    except RunError:
        raise
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"A file of features must hold a row for each training and validation image. Received {path}, which does "
            f"not ({error}). Remove it: features are computed again."
        ) from error
    return found


def _head_kernel(job: Job) -> str:
    return f"{job.architecture.head.classifier.name}/kernel"


def _check(attributes: Mapping[str, Any], wanted: Mapping[str, str], path: Path) -> None:
    version = attributes.get("version")
    if attributes.get("format") != FORMAT or not isinstance(version, np.integer):
        raise ValueError(f"its format is {attributes.get('format')!r}, not {FORMAT!r}")
    if version > VERSION:
        raise RunError(
            f"The version of a file of features must be at most {VERSION}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    others = [
        f"{key} {str(attributes.get(key))[:12]} where {value[:12]} is wanted"
        for key, value in wanted.items()
        if attributes.get(key) != value
    ]
    if others:
        raise RunError(
            "Features must be of the same images, network, layer and precision to be used again. Received "
            f"{path} with {'; '.join(others)}. Leave `--features` out: they are computed anew."
        )
