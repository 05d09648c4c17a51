"""What happens during `fit`: each epoch is kept, a loss that is not finite stops it, progress is shown."""

from __future__ import annotations

import dataclasses
import logging
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
from tqdm import tqdm

from artlucid.errors import TrainingError
from artlucid.finetune import _checkpoint
from artlucid.finetune._keeper import Keeper
from artlucid.finetune._supervision import Supervision
from artlucid.finetune._task import TASKS
from artlucid.models._network import get_arrays
from artlucid.models.weights._record import Weights

logger = logging.getLogger("artlucid")


class KeepEpoch(keras.callbacks.Callback):
    """Hands each epoch to the keeper.

    Parameters
    ----------
    keeper : Keeper
    trained : Trained
    weights : Weights
        Those of the start: the later ones are of the same architecture and classes.
    rates_at : callable
        From a step, counted from 0, to the learning rates that the history keeps, by name.
    supervision : Supervision
    """

    def __init__(
        self,
        keeper: Keeper,
        trained: _checkpoint.Trained,
        weights: Weights,
        rates_at: Callable[[int], Mapping[str, float]],
        supervision: Supervision,
    ) -> None:
        super().__init__()
        self.keeper = keeper
        self.trained = trained
        self.weights = weights
        self.rates_at = rates_at
        self.supervision = supervision
        self._begun = 0.0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._begun = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        losses = self.supervision.history(logs or {})
        _check_finite(losses, epoch, "after the last batch")
        last_step = int(self.model.optimizer.iterations.numpy()) - 1
        row = {"epoch": epoch + 1, **losses, **self.rates_at(last_step)}
        weights = with_arrays_of(self.model, self.weights)
        self.keeper.keep(weights, row, time.monotonic() - self._begun, self._save)

    def _save(self, path: Path, progress: _checkpoint.Progress) -> None:
        _checkpoint.save(path, progress, self.trained)


def with_arrays_of(model: keras.Model, weights: Weights) -> Weights:
    """The weights that a network, or a part of one, has now in the place of those that it began with."""
    return dataclasses.replace(weights, arrays={**weights.arrays, **get_arrays(model, weights.architecture)})


class StopAtNaN(keras.callbacks.Callback):
    """Ends the training at the first batch whose loss is not finite; what was kept stays."""

    def __init__(self) -> None:
        super().__init__()
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        losses = {name: float(value) for name, value in (logs or {}).items()}
        _check_finite(losses, self._epoch, f"at batch {batch + 1}")


def _check_finite(losses: Mapping[str, float], epoch: int, when: str) -> None:
    bad = [name for name, value in losses.items() if not math.isfinite(value)]
    if bad:
        raise TrainingError(
            f"Losses must stay finite. Received {bad[0]} = {losses[bad[0]]} in epoch {epoch + 1}, {when}. Training "
            f"stopped there, and {'the weights of the last good epoch' if epoch else 'the initial weights'} are kept: "
            "lower the learning rates, or look at the data."
        )


class ShowProgress(keras.callbacks.Callback):
    """A bar with images a second and remaining time on a terminal, a line an epoch in the log elsewhere.

    Parameters
    ----------
    n_images : int
        An epoch's.
    batch_size, epochs, epochs_done : int
    supervision : Supervision
    """

    def __init__(
        self, n_images: int, *, batch_size: int, epochs: int, epochs_done: int, supervision: Supervision
    ) -> None:
        super().__init__()
        self.supervision = supervision
        self.n_images = n_images
        self.batch_size = batch_size
        self.epochs = epochs
        self.epochs_done = epochs_done
        self._bar: tqdm[Any] | None = None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self._bar = tqdm(
            total=self.epochs * self.n_images,
            initial=self.epochs_done * self.n_images,
            unit="img",
            file=sys.stderr,
            disable=None,
            dynamic_ncols=True,
        )

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        assert self._bar is not None
        self._bar.set_description(f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        assert self._bar is not None
        self._bar.update(min(self.batch_size, self.n_images - batch * self.batch_size))
        if logs:
            self._bar.set_postfix(loss=f"{float(logs['loss']):.3f}", refresh=False)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        row = self.supervision.history(logs or {})
        score = TASKS[self.supervision.task].score
        shown = ("loss", "head_loss", score, "val_head_loss", f"val_{score}")
        figures = ", ".join(f"{name} {row[name]:.4f}" for name in shown if name in row)
        logger.info("epoch %d/%d: %s", epoch + 1, self.epochs, figures)

    def close(self) -> None:
        """Leave the terminal in order, also after an interruption."""
        if self._bar is not None:
            self._bar.close()
