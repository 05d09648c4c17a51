"""The run directory: what a training leaves behind, with a manifest that says how it was made.

``run.json`` (the manifest, written once), ``state.json`` (how far it is), ``history.csv``, ``initial.h5``,
``best.h5``, ``last.h5``, ``epochs/epoch-003.h5``, ``checkpoint/``, ``excluded.csv``, ``logs/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any

import pandas as pd

from artlucid._locks import held
from artlucid.errors import RunError
from artlucid.files import write_json

__all__ = ["FORMAT", "VERSION", "Run", "create", "find", "list_runs", "lock", "open_run"]

FORMAT = "artlucid.run"
VERSION = 1
STATE_VERSION = 1
MANIFEST = "run.json"
EPOCHS = "epochs"

# What the lineage of a network takes from the manifest and from the state of its run.
_FROM_MANIFEST = ("recipe", "seed", "architecture", "dataset", "initial_weights")
_FROM_STATE = ("status", "epochs_done", "best_epoch", "best_loss", "selected_by")

# What others rely on in a state, with the types that JSON gives it.
_STATE: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {"status": (str,), "epochs_done": (int,), "best_epoch": (int,), "best_loss": (float, int, NoneType)}
)


@dataclass(frozen=True)
class Run:
    """A run directory, and which of its weights are meant.

    Attributes
    ----------
    path : Path
        The directory.
    manifest : mapping
        The content of ``run.json``: recipe, dataset, initial weights, seed, versions, precision, threads.
    which : str
        ``best``, ``initial``, ``last`` or ``epoch-N``.
    explicit : bool
        Whether these weights were asked for by name, rather than the best ones meant by the run alone.
    """

    path: Path
    manifest: Mapping[str, Any]
    which: str = "best"
    explicit: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return str(self.path) if self.which == "best" else f"{self.path}@{self.which}"

    @property
    def state(self) -> Mapping[str, Any]:
        """The content of ``state.json``: ``status``, ``epochs_done``, ``best_epoch``, ``best_loss``, ….

        Raises
        ------
        RunError
            If it cannot be read, is of a newer version, or lacks one of these.
        """
        path = self.path / "state.json"
        content = _read_json(path)
        _check_version(path, content.get("version", STATE_VERSION), STATE_VERSION)
        wrong = [
            f"{key} {content.get(key, 'missing')!r}" for key, types in _STATE.items() if not _is(content, key, types)
        ]
        if wrong:
            raise RunError(
                f"state.json of a run must hold {', '.join(_STATE)}: a text, two integers, a number or null. Received "
                f"{path} with {', '.join(wrong)}. The run is damaged: train again with another `--out`."
            )
        return content

    @property
    def lineage(self) -> dict[str, Any]:
        """Where a network from this run comes from.

        Returns
        -------
        dict
            ``run`` (its absolute path), ``which``, ``recipe``, ``seed``, ``architecture``, ``dataset``,
            ``initial_weights`` (with the ``lineage`` of the run that they came from, and so on back), ``precision``,
            ``status``, ``epochs_done``, ``best_epoch``, ``best_loss`` and ``selected_by``; None for what an older run
            does not record.

        Raises
        ------
        RunError
            If its state cannot be read.
        """
        state = self.state
        return {
            "run": str(self.path.absolute()),
            "which": self.which,
            **{key: self.manifest.get(key) for key in _FROM_MANIFEST},
            "precision": _at(self.manifest, "environment", "precision", "used"),
            **{key: state.get(key) for key in _FROM_STATE},
        }

    @property
    def history(self) -> pd.DataFrame:
        """One row an epoch: losses, accuracies, learning rates."""
        path = self.path / "history.csv"
        return pd.read_csv(path) if path.exists() else pd.DataFrame()

    def at(self, which: str) -> Run:
        """The same run with other weights meant: ``initial``, ``best``, ``last`` or ``epoch-N``."""
        return Run(self.path, self.manifest, which, explicit=True)

    def weights_file(self) -> Path:
        """Path of the weights that are meant.

        Raises
        ------
        RunError
            If the run has none of that name; those that it has are listed.
        """
        path = _weights_path(self.path, self.which)
        if path is None or not path.exists():
            raise RunError(
                f"The weights of a run must be one of {', '.join(self.available) or 'none yet'}. "
                f"Received {self.which!r} of {self.path}. {self._advice()}"
            )
        return path

    def _advice(self) -> str:
        if set(self.available) <= {"initial"}:
            return "No epoch of it is finished yet: go on with `--resume`."
        if self.which in ("initial", "best", "last"):
            return "That file was removed or never written: name other weights of it, such as `RUN@last`."
        return "Each epoch is kept only with `--keep-epochs`."

    @property
    def available(self) -> list[str]:
        """Names of the weights that are there: those of ``initial``, ``best``, ``last``, then ``epoch-N``."""
        names = [name for name in ("initial", "best", "last") if (self.path / f"{name}.h5").exists()]
        epochs = sorted(int(path.stem.split("-")[1]) for path in (self.path / EPOCHS).glob("epoch-*.h5"))
        return names + [f"epoch-{epoch}" for epoch in epochs]


def _weights_path(folder: Path, which: str) -> Path | None:
    if which in ("initial", "best", "last"):
        return folder / f"{which}.h5"
    epoch = re.fullmatch(r"epoch-(\d+)", which)
    return folder / EPOCHS / f"epoch-{int(epoch[1]):03d}.h5" if epoch else None


def find(specification: str) -> Run | None:
    """The run that ``RUN`` or ``RUN@weights`` names, or None if no run directory is there.

    Parameters
    ----------
    specification : str
        Path of a run directory, with ``@initial``, ``@last``, ``@best`` or ``@epoch-N`` behind it for other weights
        than the best; or path of a weights file in a run directory.

    Returns
    -------
    Run or None

    Raises
    ------
    RunError
        If a run is there whose manifest is damaged or of a newer version.
    """
    if (Path(specification) / MANIFEST).is_file():
        return open_run(Path(specification))
    folder, separator, which = specification.rpartition("@")
    if separator and (Path(folder) / MANIFEST).is_file():
        return open_run(Path(folder)).at(which)
    return _find_by_file(Path(specification).absolute())


def _find_by_file(path: Path) -> Run | None:
    epoch = re.fullmatch(r"epoch-(\d+)", path.stem)
    which = f"epoch-{int(epoch[1])}" if epoch else path.stem
    folder = path.parent.parent if epoch else path.parent
    if path != _weights_path(folder, which) or not (folder / MANIFEST).is_file():
        return None
    return open_run(folder).at(which)


def open_run(path: Path) -> Run:
    """Open a run directory.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Run

    Raises
    ------
    RunError
        If its manifest is missing, damaged or of a newer version.
    """
    manifest = _read_json(path / MANIFEST)
    found, version = manifest.get("format"), manifest.get("version")
    if found != FORMAT or not isinstance(version, int):
        raise RunError(
            f"A run's {MANIFEST} must have the format {FORMAT!r} and a version. Received {path} with format {found!r}, "
            f"version {version!r}. It was not written by artlucid, or is damaged."
        )
    _check_version(path, version, VERSION)
    return Run(path, manifest)


def _check_version(path: Path, version: Any, newest: int) -> None:
    if isinstance(version, int) and version > newest:
        raise RunError(
            f"A run's version must be at most {newest}. Received {path} of version {version}. "
            "It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )


def _at(content: Any, *keys: str) -> Any:
    for key in keys:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content


def _is(content: Mapping[str, Any], key: str, types: tuple[type, ...]) -> bool:
    """Whether a value is of one of these types; JSON's true and false are no numbers."""
    return key in content and isinstance(content[key], types) and not isinstance(content[key], bool)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError, RecursionError) as error:  # JSON may be nested without end
        raise RunError(
            f"{path.name} of a run must be readable JSON. Received {path} ({error}). "
            "The run is damaged or was never begun: train again with another `--out`."
        ) from error
    if not isinstance(content, dict):
        raise RunError(f"{path.name} of a run must hold an object. Received {path}. The run is damaged: train again.")
    return content


def list_runs(folder: Path | str) -> list[Run]:
    """Every run below a folder, in the order of their paths."""
    return [open_run(path.parent) for path in sorted(Path(folder).rglob(MANIFEST))]


def create(path: Path, manifest: Mapping[str, Any]) -> Run:
    """Write the manifest, which makes a folder a run; call it when all else that a run begins with is there."""
    content = {"format": FORMAT, "version": VERSION, **manifest}
    write_json(path / MANIFEST, content)
    return Run(path, content)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a run directory for this process alone.

    Raises
    ------
    RunError
        If another process holds it, or the folder cannot be made.
    """
    with held(path, "A run directory", taken=RunError, unwritable=RunError):
        yield
