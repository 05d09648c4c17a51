"""How different the optimized images of the channels of a pair are, and whether overlap tells it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.stats

from artlucid import visualize
from artlucid._channel import PRE_RELU
from artlucid.compare._candidates import Candidate
from artlucid.compare._options import Options
from artlucid.errors import ComparisonError, MetricError
from artlucid.metrics import bootstrap
from artlucid.visualize._folder import MANIFEST, read_manifest

COLUMNS = (
    "pixel_distance",
    "pixel_floor",
    "feature_distance",
    "feature_floor",
    "feature_ceiling",
    "visual_change",
    "visual_change_chance",
)
"""Those of `visualize.distance`, in the table of channels."""

FEWEST = 4
"""Channels of which a correlation is given."""


@dataclass(frozen=True)
class Folder:
    """A folder of pictures, of one model and one seed."""

    path: Path
    identity: str
    seed: Any

    @property
    def content(self) -> str:
        """Hash of what its manifests say, which changes with every picture."""
        digest = hashlib.sha256()
        for manifest in [self.path / MANIFEST, *sorted((self.path / "manifests").glob("*.json"))]:
            digest.update(manifest.name.encode() + manifest.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Triple:
    """The folders that the visual change of a pair is measured by."""

    before: Folder
    after: Folder
    other_seed: Folder


def folders_of(paths: Sequence[str | os.PathLike[str]], candidates: Sequence[Candidate]) -> list[Folder]:
    """Open folders of pictures; a folder without pictures of its own stands for those in it.

    Raises
    ------
    ComparisonError
        If one holds no pictures, or those of a model that is not compared.
    VisualizationError
        If one is damaged.
    """
    known = {candidate.network.identity for candidate in candidates}
    found = []
    for path in map(Path, paths):
        own = [path] if (path / MANIFEST).is_file() else sorted(inner.parent for inner in path.glob(f"*/{MANIFEST}"))
        if not own:
            raise ComparisonError(
                f"`pictures` must be folders of pictures, which hold {MANIFEST}. Received {path}, which has none. "
                f"Make it with `artlucid visualize MODEL LAYER:CHANNEL --out {path}`."
            )
        found += [_opened(folder) for folder in own]
    if strangers := [folder for folder in found if folder.identity not in known]:
        raise ComparisonError(
            "`pictures` must be of the models that are compared. Received "
            f"{', '.join(f'{folder.path} ({folder.identity[:12]}…)' for folder in strangers)}. "
            "Name the model that it is of, or leave the folder out."
        )
    return found


def _opened(path: Path) -> Folder:
    manifest = read_manifest(path / MANIFEST)
    try:
        return Folder(path.absolute(), str(manifest["model"]["identity"]), manifest["settings"].get("seed"))
    except (AttributeError, KeyError, TypeError) as error:
        raise ComparisonError(
            f"{MANIFEST} must say of which model its pictures are. Received {path / MANIFEST} ({error!r}). It is "
            "damaged: make the pictures again in another folder."
        ) from error


def triple_of(folders: Sequence[Folder], a: Candidate, b: Candidate) -> Triple | str:
    """The folders that serve a pair, or why there are none."""
    if not folders:
        return "no folders of pictures were given"
    of_a = [folder for folder in folders if folder.identity == a.network.identity]
    of_b = [folder for folder in folders if folder.identity == b.network.identity]
    for before in of_a:
        for after in of_b:
            for other in of_a:
                if after.seed == before.seed != other.seed:
                    return Triple(before, after, other)
    return (
        "no folder of each model with one seed, and one of the first model with another: there are "
        f"{_seeds(of_a)} of {a.label} and {_seeds(of_b)} of {b.label}"
    )


def beside(folders: Sequence[Folder], a: Candidate, b: Candidate) -> tuple[Path, Path] | None:
    """A folder of each network of a pair, of one seed, to be looked at side by side; None where there are none."""
    for before in folders:
        for after in folders:
            of_both = (before.identity, after.identity) == (a.network.identity, b.network.identity)
            if of_both and before.seed == after.seed:
                return before.path, after.path
    return None


def _seeds(folders: Sequence[Folder]) -> str:
    return f"seeds {', '.join(str(folder.seed) for folder in folders)}" if folders else "none"


def with_pictures(channels: pd.DataFrame, triple: Triple | str, options: Options) -> pd.DataFrame:
    """Add how different the optimized images of the channels are; empty where there are none."""
    if isinstance(triple, str):
        return channels.assign(**dict.fromkeys(COLUMNS, np.nan))
    found = visualize.distance(
        triple.before.path, triple.after.path, other_seed=triple.other_seed.path, network=options.pictures_network
    ).rename(columns={"chance": "visual_change_chance", "notice": "picture_notice"})
    found["layer"] = found["layer"].str.removesuffix(PRE_RELU)
    found = found.drop_duplicates(["layer", "channel"])
    merged = channels.merge(found, on=["layer", "channel"], how="left")
    said = merged.pop("picture_notice").fillna("")
    merged["notice"] = [
        "; ".join(part for part in (notice, f"picture: {text}" if text else "") if part)
        for notice, text in zip(merged["notice"], said, strict=True)
    ]
    return merged


def correlation(channels: pd.DataFrame, options: Options) -> dict[str, Any]:
    """Spearman's correlation of overlap with visual change, over the channels with pictures, as the figure has them.

    Parameters
    ----------
    channels : DataFrame
        As `with_pictures` gives it. Frozen channels are left out, for nothing changed them, and so are dead ones.
    options : Options

    Returns
    -------
    dict
        ``spearman``, ``low``, ``high``, ``n_channels`` and how the interval was made; or ``reason`` why there is none.
    """
    overlap = channels[f"overlap_{options.k[0]}"]
    left_out = channels["frozen"] | channels["dead_a"] | channels["dead_b"]
    known = channels[~left_out & overlap.notna() & channels["visual_change"].notna()]
    if len(known) < FEWEST:
        return {"spearman": None, "n_channels": len(known), "reason": f"fewer than {FEWEST} channels with pictures"}
    values = known[f"overlap_{options.k[0]}"].to_numpy(np.float64), known["visual_change"].to_numpy(np.float64)
    found = {"n_channels": len(known), "spearman": _finite(_spearman(*values))}
    if found["spearman"] is None:
        return {**found, "reason": "all overlaps or all visual changes are equal"}
    if options.resampling is None:
        return found
    try:
        return {**found, **asdict(bootstrap(_spearman, *values, resampling=options.resampling))}
    except MetricError as error:
        return {**found, "reason": str(error)}


def _spearman(overlap: npt.NDArray[np.float64], change: npt.NDArray[np.float64]) -> float:
    ranks = [scipy.stats.rankdata(values) for values in (overlap, change)]
    if not all(np.ptp(rank) for rank in ranks):
        return np.nan
    return float(np.corrcoef(*ranks)[0, 1])


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
