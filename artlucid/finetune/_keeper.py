"""What a run keeps of each epoch."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from artlucid.errors import OutputError
from artlucid.files import write_atomically, write_json
from artlucid.finetune._checkpoint import Progress
from artlucid.models.weights import _own
from artlucid.models.weights._record import Weights

SELECTED_BY: Mapping[str, str] = MappingProxyType({"head_loss": "val_head_loss", "total_loss": "val_loss"})
"""The column of the history that chooses the best epoch, by the recipe's `selection`."""


@dataclass
class Keeper:
    """Writes what a run keeps; the checkpoint comes first, and whatever else it counts can be made again from it.

    Attributes
    ----------
    folder : Path
        The run directory.
    progress : Progress
    selected_by : str
        Column of the history, lower is better.
    keep_epochs : bool
        Whether each epoch's weights are kept.
    notes : callable
        Gives what else belongs into the state.
    """

    folder: Path
    progress: Progress
    selected_by: str
    keep_epochs: bool
    notes: Callable[[], Mapping[str, Any]] = dict

    @property
    def checkpoint(self) -> Path:
        """The one checkpoint file."""
        return self.folder / "checkpoint" / "state.h5"

    def keep(
        self, weights: Weights, row: dict[str, float], seconds: float, save: Callable[[Path, Progress], None]
    ) -> None:
        """Take in an epoch: its weights, its row of the history, and what `save` puts into the checkpoint."""
        following = _followed_by(self.progress, row, seconds, self.selected_by)
        save(self.checkpoint, following)
        self.take_over(following, weights)

    def take_over(self, progress: Progress, weights: Weights) -> None:
        """Write the files that belong to a checkpoint, also when the process that wrote it did not come to it."""
        content = _own.to_bytes(weights)
        if progress.best_epoch == progress.epochs_done:
            write_atomically(self.folder / "best.h5", content)
        if self.keep_epochs:
            write_atomically(self.folder / "epochs" / f"epoch-{progress.epochs_done:03d}.h5", content)
        write_atomically(self.folder / "last.h5", content)
        self.progress = progress
        self.write_tables("running")

    @contextlib.contextmanager
    def noting_failure(self) -> Iterator[None]:
        """Write into the state how the work ended if it did not end well."""
        try:
            yield
        except BaseException as error:
            # On a full disk this fails too; the first error is the one to show.
            with contextlib.suppress(OutputError):
                self.write_tables("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", error=str(error))
            raise

    def write_tables(self, status: str, **more: Any) -> None:
        """Write `history.csv`, once there is an epoch, and `state.json`."""
        progress = self.progress
        if progress.history:
            history = pd.DataFrame(progress.history).to_csv(index=False)
            write_atomically(self.folder / "history.csv", history.encode())
        state = {
            "format": "artlucid.state",
            "version": 1,
            "status": status,
            "epochs_done": progress.epochs_done,
            "best_epoch": progress.best_epoch,
            "selected_by": self.selected_by,
            "best_loss": progress.best_loss if math.isfinite(progress.best_loss) else None,
            "seconds": progress.seconds,
            "environments": progress.environments,
            **self.notes(),
            **more,
        }
        write_json(self.folder / "state.json", state)


def _followed_by(progress: Progress, row: dict[str, float], seconds: float, selected_by: str) -> Progress:
    epoch, loss = progress.epochs_done + 1, row[selected_by]
    best = {"best_epoch": epoch, "best_loss": loss} if loss < progress.best_loss else {}
    return dataclasses.replace(
        progress, epochs_done=epoch, history=[*progress.history, row], seconds=[*progress.seconds, seconds], **best
    )
