"""Optimized images as steps: a folder for each network, to which figures add their channels."""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from artlucid import visualize
from artlucid._channel import PRE_RELU, parse
from artlucid._saved_tables import marked
from artlucid.errors import VisualizationError, VisualizationWarning
from artlucid.files import write_json
from artlucid.reproduce._channels import CHOICES, channels_of
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._states import IMAGENET, State, trained
from artlucid.reproduce._work import Work, at
from artlucid.visualize._distance import MEASURED_LAYERS

logger = logging.getLogger("artlucid")

NOISE = (0, 1)
"""Seeds of the noise that pictures begin with: the second one is for the floor of visual change."""

VISUAL_CHANGE = ("scripts", "low", "mid", "high")
"""Choices of channels whose pictures before and after mode A tell whether overlap goes with visual change."""


@dataclass(frozen=True, order=True)
class Painted:
    """A network whose channels are looked at: by a training of it, from one noise."""

    training: str
    which: str
    place: int
    noise: int

    @property
    def state(self) -> State:
        return State(self.training, self.which) if self.training else IMAGENET


def painted(state: State, place: int, work: Work, noise: int = 0) -> Painted:
    """The network that a state is; what all begins with is the same for all seeds, unless it is random."""
    state = work.trained_from(state)
    if state.training is None:
        return Painted("", "best", 0, NOISE[noise])
    return Painted(state.training, state.which, place + state.later, NOISE[noise])


def folder_of(one: Painted, work: Work) -> Path:
    """The folder of its pictures."""
    name = work.run(one.training, one.place).name if one.training else "start"
    which = "" if one.which == "best" else f"-{one.which}"
    noise = "" if one.noise == NOISE[0] else f"-noise-{one.noise}"
    return work.out / "pictures" / f"{name}{which}{noise}"


def channels(choice: str, work: Work) -> list[str] | None:
    """The channels of a choice; None while the comparison that tells them is not done."""
    pairing, architecture = CHOICES[choice].pairing, work.architecture
    if pairing is None:
        return channels_of(choice, architecture, work.settings.channels, None)
    compare = Compare(pairing, 0)
    if not compare.is_done(work):
        return None
    return channels_of(choice, architecture, work.settings.channels, compare.read(work).channels)


@dataclass(frozen=True)
class Paint:
    """The optimized images of some channels in some networks.

    Attributes
    ----------
    choice : str
        A key of `CHOICES`.
    networks : tuple of Painted
        All from one noise.
    """

    choice: str
    networks: tuple[Painted, ...]

    def name(self, work: Work) -> str:
        noise = "" if self.networks[0].noise == NOISE[0] else ", other noise"
        return f"pictures {self.choice}{noise} of {len(self.networks)} networks"

    def path(self, work: Work) -> Path:
        return work.out / "pictures"

    def is_done(self, work: Work) -> bool:
        """Whether each folder holds the pictures, of its network and made alike."""
        wanted = channels(self.choice, work)
        return wanted == [] or (wanted is not None and all(_holds(one, wanted, work) for one in self.networks))

    def make(self, work: Work) -> None:
        """Make those that are missing."""
        wanted = channels(self.choice, work)
        if not wanted:
            return
        options = visualize.Options(
            # Channels of a figure are of different layers: a batch would be filled up in vain.
            batch_size=1,
            precision=work.settings.precision,
            dask=work.settings.dask,
            progress=work.settings.progress,
        )
        try:
            visualize.sweep(
                [work.load(one.state, one.place) for one in self.networks],
                wanted,
                out=[folder_of(one, work) for one in self.networks],
                steps=work.settings.steps,
                size=work.size,
                seed=self.networks[0].noise,
                options=options,
            )
        except VisualizationError as error:
            # Of a picture whose numbers are not finite the folder says so, as a figure does.
            if not self.is_done(work):
                raise
            logger.warning("%s", error)


def _holds(one: Painted, wanted: Iterable[str], work: Work) -> bool:
    folder = folder_of(one, work)
    try:
        manifest = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
        there = {(row["layer"], row["channel"]) for row in visualize.pictures(folder)}
    except (OSError, ValueError):  # VisualizationError is one of these
        return False
    settings = {"steps": work.settings.steps, "size": [work.size, work.size], "seed": one.noise}
    alike = all(at(manifest, "settings", key) == value for key, value in settings.items())
    own = at(manifest, "model", "identity") == work.identity(one.state, one.place)
    names = [parse(name) for name in wanted]
    return alike and own and all((name.layer, name.number) in there for name in names)


def picture(one: Painted, channel: str, work: Work) -> Path | None:
    """The file of a picture; None where the channel is dead."""
    path = folder_of(one, work) / f"{parse(channel).file_name}.png"
    return path if path.is_file() else None


@dataclass(frozen=True)
class Change:
    """How different the pictures before and after mode A are, in units of those from other noise, beside the overlap.

    Attributes
    ----------
    place : int
        Of the seed.
    """

    place: int

    def name(self, work: Work) -> str:
        return f"visual change {self.path(work).stem}"

    def path(self, work: Work) -> Path:
        return work.out / "findings" / f"visual-change-{work.seeds[self.place]}.json"

    def is_done(self, work: Work) -> bool:
        """Whether it is there, of the pictures and the comparison as they are."""
        content = _read(self.path(work))
        return content is not None and content.get("key") == self._key(work)

    def make(self, work: Work) -> None:
        """Measure."""
        before, after, other = folders = [folder_of(one, work) for one in self._painted(work)]
        if not all((folder / "pictures.json").is_file() for folder in folders):
            write_json(self.path(work), {"key": self._key(work), "rows": []})
            return
        with warnings.catch_warnings():
            # Figures add channels of their own to single folders.
            warnings.filterwarnings("ignore", ".* lacks .*, which others hold", VisualizationWarning)
            layers = _measured_layers(work)
            found = visualize.distance(before, after, other_seed=other, network=work.start, layers=layers)
        found["layer"] = found["layer"].str.removesuffix(PRE_RELU)
        table = Compare("imagenet-to-A", self.place).read(work).channels
        dead = marked(table["dead_a"]) | marked(table["dead_b"]) | marked(table["frozen"])
        known = table.loc[~dead, ["layer", "channel", "overlap_100"]]
        # Not `visual_change`: its unit is the distance to other channels of the layer, of which figures may show one.
        found["visual_change"] = found["feature_distance"] / found["feature_floor"].where(found["feature_floor"] > 0)
        rows = known.merge(found[["layer", "channel", "visual_change"]], on=["layer", "channel"]).dropna()
        write_json(self.path(work), {"key": self._key(work), "rows": _plain(rows)})

    def read(self, work: Work) -> pd.DataFrame:
        """A row a channel, with its overlap and its visual change."""
        content = _read(self.path(work)) or {}
        return pd.DataFrame(content.get("rows", []), columns=["layer", "channel", "overlap_100", "visual_change"])

    def _painted(self, work: Work) -> tuple[Painted, Painted, Painted]:
        return (
            painted(IMAGENET, self.place, work),
            painted(trained("rasta-A"), self.place, work),
            painted(IMAGENET, self.place, work, 1),
        )

    def _key(self, work: Work) -> str:
        digest = hashlib.sha256(b"over the floor")
        folders = [folder_of(one, work) for one in self._painted(work)]
        comparison = Compare("imagenet-to-A", self.place).path(work) / "compare.json"
        for file in (comparison, *_shared_manifests(folders)):
            digest.update(file.name.encode() + (file.read_bytes() if file.is_file() else b""))
        return digest.hexdigest()


def _measured_layers(work: Work) -> Sequence[str]:
    """Whose activations tell pictures apart; of another architecture those at which it is compared."""
    known = [layer for layer in MEASURED_LAYERS if layer in work.start.layer_names]
    return known or work.start.analysed_layers


def _shared_manifests(folders: Sequence[Path]) -> Iterator[Path]:
    """Of the channels that all of them hold: figures add others to some."""
    names = set.intersection(*({file.name for file in (folder / "manifests").glob("*.json")} for folder in folders))
    return (folder / "manifests" / name for folder in folders for name in sorted(names))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(rows.to_json(orient="records", double_precision=15))
