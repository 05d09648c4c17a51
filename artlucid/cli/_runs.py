"""What the commands that train share: the recorded run, its best epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from artlucid.errors import RunError


def recorded_run(out: Path, resume: bool, command: str) -> Any:
    """The run that is to go on in a folder, with the threads that it began with; None where one begins."""
    from artlucid import finetune, runs

    if not resume or not (out / runs.MANIFEST).is_file():
        return None
    recorded = runs.open_run(out)
    finetune.check_complete(recorded, command=command)
    use_threads(recorded.manifest["environment"]["threads"])
    return recorded


def use_threads(recorded: dict[str, int]) -> None:
    """Let TensorFlow use as many threads as when a run began, on which its bits depend."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(recorded["intra_op"])
    tf.config.threading.set_inter_op_parallelism_threads(recorded["inter_op"])


def best_row(run: Any) -> dict[str, Any]:
    """The row of the history of the epoch whose weights are the run's."""
    state, history = run.state, run.history
    if not 1 <= state["best_epoch"] <= len(history):
        raise RunError(
            f"history.csv must have a row for every epoch. Received {run.path} with {len(history)} rows and the best "
            f"epoch {state['best_epoch']}. The run is damaged: train again with another `--out`."
        )
    return dict(history.iloc[state["best_epoch"] - 1])
