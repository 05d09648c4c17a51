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
from artlucid.models.weights._hdf5 import open_checked

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
    environments : list of dict
        The changes of the environment that were allowed: after which epoch, what changed, and to what.
    """

    epochs_done: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    environments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Trained:
    """What a checkpoint is of.

    Attributes
    ----------
    run : str
        Hash of the run's settings, so that another run's checkpoint is refused.
    variables : mapping of str to keras.Variable
    optimizer : keras.optimizers.Optimizer
    """

    run: str
    variables: Mapping[str, keras.Variable]
    optimizer: keras.optimizers.Optimizer


def save(path: Path, progress: Progress, trained: Trained) -> None:
    """Write weights, optimizer state and progress at once."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, variable in trained.variables.items():
            file.create_dataset(f"weights/{name}", data=variable.numpy())
        for index, variable in enumerate(trained.optimizer.variables):
            file.create_dataset(f"optimizer/{index:04d}", data=variable.numpy())
        file.attrs["format"] = FORMAT
        file.attrs["version"] = VERSION
        file.attrs["run"] = trained.run
        file.attrs["progress"] = json.dumps(vars(progress))
    write_atomically(path, buffer.getvalue())


def restore(path: Path, trained: Trained) -> Progress:
    """Set weights and optimizer state from a checkpoint.

    Raises
    ------
    RunError
        If the file is damaged, newer, or of another run, network or optimizer.
    """
    try:
        with open_checked(path) as file:
            _check_format(file, path)
            if file.attrs["run"] != trained.run:
                raise ValueError("it is of a run with other settings")
            values = _values(file, trained)
            progress = Progress(**json.loads(file.attrs["progress"]))
        for variable, value in values:
            variable.assign(value)
        return progress
    except RunError:
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunError(
            f"A checkpoint must hold the state of its run. Received {path}, which does not ({error}). "
            "The file is damaged: train again with another `--out`."
        ) from error


def _values(file: Any, trained: Trained) -> list[tuple[keras.Variable, Any]]:
    """Every variable with its stored value; an error if one is missing or not finite."""
    optimizer = trained.optimizer.variables
    if len(file["optimizer"]) != len(optimizer):
        raise KeyError(f"{len(file['optimizer'])} optimizer variables where {len(optimizer)} are needed")
    values = [(variable, file[f"weights/{name}"][()]) for name, variable in trained.variables.items()]
    values += [(variable, file[f"optimizer/{index:04d}"][()]) for index, variable in enumerate(optimizer)]
    if not all(np.isfinite(value).all() for _, value in values):
        raise ValueError("it holds values that are not finite")
    return values


def _check_format(file: Any, path: Path) -> None:
    found, version = file.attrs.get("format"), int(file.attrs.get("version", 0))
    if found != FORMAT or version > VERSION:
        raise RunError(
            f"A checkpoint must have the format {FORMAT!r} and a version of at most {VERSION}. Received {path} with "
            f"{found!r}, version {version}. It was written by a newer artlucid: upgrade it."
        )
