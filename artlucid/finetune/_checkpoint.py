"""The checkpoint: everything that the next epoch depends on, in one file."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from artlucid.errors import RunError
from artlucid.files import write_atomically

FORMAT = "artlucid.checkpoint"
VERSION = 1


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes
    ----------
    epochs_done : int
    best_epoch : int
        Counted from 1; 0 before the first epoch.
    best_loss : float
        The validation loss that chose it.
    history : list of dict
        A row an epoch.
    seconds : list of float
        Of each epoch, for people; nothing depends on it.
    """

    epochs_done: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def save(
    path: Path, progress: Progress, variables: Mapping[str, keras.Variable], optimizer: keras.optimizers.Optimizer
) -> None:
    """Write weights, optimizer state and progress at once."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, variable in variables.items():
            file.create_dataset(f"weights/{name}", data=variable.numpy())
        for index, variable in enumerate(optimizer.variables):
            file.create_dataset(f"optimizer/{index:04d}", data=variable.numpy())
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        file.attrs["progress"] = json.dumps(vars(progress))
    write_atomically(path, buffer.getvalue())


def restore(path: Path, variables: Mapping[str, keras.Variable], optimizer: keras.optimizers.Optimizer) -> Progress:
    """Set weights and optimizer state from a checkpoint.

    Raises
    ------
    RunError
        If the file is damaged, newer, or of another network or optimizer.
    """
    try:
        with h5py.File(path, "r") as file:
            _check_format(file, path)
            stored = [np.asarray(file[f"optimizer/{name}"]) for name in sorted(file["optimizer"])]
            if len(stored) != len(optimizer.variables):
                raise KeyError(f"{len(stored)} optimizer variables where {len(optimizer.variables)} are needed")
            for name, variable in variables.items():
                variable.assign(file[f"weights/{name}"][()])
            for variable, value in zip(optimizer.variables, stored, strict=True):
                variable.assign(value)
            return Progress(**json.loads(file.attrs["progress"]))
    except RunError:
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunError(
            f"A checkpoint must hold the state of its run. Received {path}, which does not ({error}). "
            "The file is damaged: train again with another `--out`."
        ) from error


def _check_format(file: Any, path: Path) -> None:
    found, version = file.attrs.get("format"), int(file.attrs.get("version", 0))
    if found != FORMAT or version > VERSION:
        raise RunError(
            f"A checkpoint must have the format {FORMAT!r} and a version of at most {VERSION}. Received {path} with "
            f"{found!r}, version {version}. It was written by a newer artlucid: upgrade it."
        )
