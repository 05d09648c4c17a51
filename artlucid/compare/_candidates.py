"""What is compared: networks, each with the name that it has in the tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artlucid import models, recipes, runs
from artlucid.datasets._wording import printable
from artlucid.errors import ComparisonError, RecipeError
from artlucid.models import Network
from artlucid.models._load import Source, spelled

EPOCHS = "@epochs"
PAIRS = ("first", "all")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A network with its name in the tables.

    Attributes
    ----------
    label : str
        Its source; where two different networks have the same, with the beginning of the identity.
    network : Network
    """

    label: str
    network: Network

    @property
    def recipe(self) -> str:
        """Of its last training; empty where it is no run."""
        return _recipe(self.network.lineage)

    @property
    def start(self) -> str:
        """What its last training began with: weights, or the recipe of the training before; empty where it is no run.

        Not the folder of that training, for there is one a seed.
        """
        weights = self.network.lineage.get("initial_weights") or {}
        return _recipe(weights.get("lineage") or {}) or str(weights.get("source") or "")

    @property
    def seed(self) -> int | None:
        """Of its last training; None where it is no run."""
        seed = self.network.lineage.get("seed")
        return seed if isinstance(seed, int) else None

    @property
    def which(self) -> str:
        """``best``, ``initial``, ``epoch-3``, …; empty where it is no run."""
        return str(self.network.lineage.get("which") or "")

    def described(self) -> dict[str, Any]:
        """As manifests record it."""
        architecture = self.network.architecture
        return {
            "model": self.label,
            "source": self.network.source,
            "identity": self.network.identity,
            "architecture": None if architecture is None else architecture.name,
            "variant": None if architecture is None else architecture.variant,
            "recipe": self.recipe or None,
            "seed": self.seed,
            "which": self.which or None,
            "lineage": dict(self.network.lineage),
        }


def _recipe(lineage: Mapping[str, Any]) -> str:
    recipe = lineage.get("recipe")
    if not isinstance(recipe, dict):
        return ""
    try:
        return recipes.label(recipes.from_json(recipe))
    except (RecipeError, AttributeError, KeyError, TypeError):
        return str(recipe.get("name", ""))


def expanded(source: Source) -> list[Source]:
    """A source, or all kept epochs of a run where ``RUN@epochs`` stands for them.

    Raises
    ------
    ComparisonError
        If the run keeps none.
    """
    if not isinstance(source, str | Path) or not str(source).endswith(EPOCHS):
        return [source]
    run = runs.open_run(Path(str(source).removesuffix(EPOCHS)))
    epochs = [run.at(which) for which in run.available if which.startswith("epoch-")]
    if not epochs:
        raise ComparisonError(
            f"`RUN{EPOCHS}` must be a run that keeps its epochs. Received {source}, which has "
            f"{', '.join(run.available) or 'no weights'}. Train with `--keep-epochs`, or name weights that it has."
        )
    return list(epochs)


def candidates(sources: Sequence[Source]) -> list[Candidate]:
    """Load networks and name them.

    Raises
    ------
    ComparisonError
        If there are fewer than two.
    ModelError, WeightsError, RunError
        As `models.load`.
    """
    if isinstance(sources, str | Path) or len(every := [one for source in sources for one in expanded(source)]) < 2:
        found = str(sources) if isinstance(sources, str | Path) else ", ".join(map(spelled, sources)) or "none"
        raise ComparisonError(
            f"`models` must be two networks or more. Received {found}. Name another one, such as RUN@initial."
        )
    networks = [models.load(source) for source in every]
    identities: dict[str, set[str]] = {}
    for network in networks:
        identities.setdefault(network.source, set()).add(network.identity)
    return [Candidate(_label(network, len(identities[network.source]) == 1), network) for network in networks]


def _label(network: Network, alone: bool) -> str:
    # A folder's name need not be text, which the tables are.
    name = printable(network.source)
    return name if alone else f"{name}#{network.identity[:8]}"


def pairs_of(found: Sequence[Candidate], pairs: str) -> list[tuple[Candidate, Candidate]]:
    """The first with each other one, or all with all; each pair of names once.

    Raises
    ------
    ComparisonError
        If `pairs` is something else, or two networks are of different architectures.
    """
    if pairs not in PAIRS:
        raise ComparisonError(f"`pairs` must be one of {', '.join(PAIRS)}. Received {pairs!r}. Choose one of these.")
    chosen = itertools.combinations(found, 2) if pairs == "all" else ((found[0], other) for other in found[1:])
    once = {(one.label, other.label): (one, other) for one, other in chosen}
    for one, other in once.values():
        _check_architectures(one, other)
    return list(once.values())


def _check_architectures(one: Candidate, other: Candidate) -> None:
    kinds = [
        "none that is known" if candidate.network.architecture is None else candidate.network.architecture.name
        for candidate in (one, other)
    ]
    if kinds[0] != kinds[1]:
        raise ComparisonError(
            f"Two networks must be of one architecture to be compared. Received {one.label} of {kinds[0]} and "
            f"{other.label} of {kinds[1]}. Compare two states of one network."
        )
