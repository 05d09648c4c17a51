"""What is recorded of networks, and in what their weights and data are not the paper's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import h5py
import pandas as pd

from artlucid import recipes, runs
from artlucid.errors import RecipeError, RunError, TableError

Training = tuple[str, str]
"""A recipe, and the kind of the data that it trained on."""

SMALL = "small"
"""Stands for Paintings or IconArt, whichever is meant."""

SMALL_DATASETS = ("paintings", "iconart")

IMAGES: Mapping[str, int] = MappingProxyType({"rasta": 80_000, "paintings": 8_629, "iconart": 5_955})
"""How many the paper says that its datasets have, by the kinds of specifications."""

CLASSES: Mapping[str, int] = MappingProxyType({"rasta": 25, "paintings": 10, "iconart": 7})

ENOUGH = 0.9
"""Of the paper's images: links die, and its numbers are round."""

PAPERS_VARIANTS = ("inception5h", "gonthier")
"""Those that carry the paper's weights."""

EPOCHS_OFF_THE_SHELF = 20
"""Of the scripts of the paper's experiments; Table 5 does not have it."""

_A = ("A", "rasta")
_HIGH = ("high_layers_from_scratch", "rasta")
_SCRATCH = ("from_scratch", "rasta")
_DOUBLE = ("F", SMALL)

SCORED: Mapping[tuple[int, str], tuple[Training, ...]] = MappingProxyType(
    {
        (1, "off_the_shelf"): (("off_the_shelf", "rasta"),),
        (1, "fine_tuning"): (_A,),
        (1, "high_layers_from_scratch"): (_HIGH,),
        (1, "from_scratch"): (_SCRATCH,),
        (3, "off_the_shelf"): (("off_the_shelf", SMALL),),
        (3, "off_the_shelf_rasta"): (("off_the_shelf", SMALL), _A),
        (3, "fine_tuning"): (("A", SMALL),),
        (3, "double_fine_tuning"): (_DOUBLE, _A),
        (3, "high_layers_from_scratch"): (_DOUBLE, _HIGH),
        (3, "from_scratch"): (_DOUBLE, _SCRATCH),
    }
)
"""The trainings behind each row of Tables 1 and 3, the last first; of the ensemble those of its members are others."""

MEMBERS: Mapping[tuple[int, str], tuple[tuple[Training, ...], ...]] = MappingProxyType(
    {(1, "ensemble"): ((_A,), (_HIGH,), (_SCRATCH,))}
)

COMPARED: Mapping[tuple[int, str], tuple[tuple[Training, ...], tuple[Training, ...]]] = MappingProxyType(
    {
        (2, "imagenet_to_a1"): ((), (_A,)),
        (2, "a1_to_b1"): ((_A,), (("B", "rasta"),)),
        (2, "a1_to_a2"): ((_A,), (_A,)),
        (2, "high_layers_from_start"): ((_HIGH,), (_HIGH,)),
        (2, "scratch_from_start"): ((_SCRATCH,), (_SCRATCH,)),
        (4, "imagenet_to_small"): ((), (("A", SMALL),)),
        (4, "imagenet_to_double"): ((), (_DOUBLE, _A)),
        (4, "rasta_to_double"): ((_A,), (_DOUBLE, _A)),
        (4, "high_layers_to_double"): ((_HIGH,), (_DOUBLE, _HIGH)),
        (4, "scratch_to_double"): ((_SCRATCH,), (_DOUBLE, _SCRATCH)),
    }
)
"""The trainings behind the two networks of each row of Tables 2 and 4."""

FROM_THE_START = ("high_layers_from_start", "scratch_from_start")
"""Rows that compare a network with its own initial weights."""


@dataclass(frozen=True)
class Network:
    """What is recorded of a network.

    Attributes
    ----------
    name : str
    trainings : tuple of mapping
        As `Run.lineage` has them, the last first; empty for weights that no run is recorded of.
    variant : str, optional
        Of its architecture.
    """

    name: str
    trainings: tuple[Mapping[str, Any], ...]
    variant: str | None

    @property
    def seed(self) -> Any:
        """Of the last training."""
        return self.trainings[0].get("seed") if self.trainings else None


def rows_of(row: str, values: Mapping[str, Any], seed: Any, said: Sequence[str], words: str) -> list[dict[str, Any]]:
    """The rows of one result: one a measure that has a value."""
    differs = "; ".join(dict.fromkeys(text for text in (*said, words.strip()) if text))
    return [
        {"row": row, "measure": measure, "seed": seed, "value": value, "differs": differs}
        for measure, value in values.items()
        if value is not None and not pd.isna(value)
    ]


def as_mappings(scores: Any) -> list[Mapping[str, Any]]:
    """Scores, or the JSON of them, one or several.

    Raises
    ------
    TableError
        If they are something else.
    """
    several = [scores] if isinstance(scores, Mapping) or is_dataclass(scores) else scores
    found = [
        asdict(one) if is_dataclass(one) and not isinstance(one, type) else one
        for one in (several if isinstance(several, Sequence) and not isinstance(several, str) else [None])
    ]
    needed = ("model", "model_identity", "data", "split", "images")
    if not found or not all(isinstance(one, Mapping) and all(key in one for key in needed) for one in found):
        raise TableError(
            f"`scores` must be what `evaluate` found, one for each seed. Received {str(scores)[:80]!r}. Give "
            "`evaluate.evaluate(…)` of each run in a list, or the JSON of `artlucid evaluate … --json`."
        )
    return found


def networks_of(scores: Mapping[str, Any]) -> list[Network]:
    """The network that was scored, or the members of an ensemble.

    Raises
    ------
    TableError
        If the run has other weights now than those that were scored.
    """
    members = scores.get("members") or [scores]
    return [_network(str(member["model"]), member["model_identity"]) for member in members]


def _network(model: str, identity: Any) -> Network:
    try:
        run = runs.find(model)
    except RunError as error:
        raise TableError(
            f"A run that was scored must still be readable. Received {model}: {error} Evaluate it again."
        ) from error
    if run is None:
        return Network(model, (), None)
    found = _identity_of(run)
    if found != identity:
        raise TableError(
            f"A run must still have the weights that were scored. Received {model} with the weights {found[:12]}…, "
            f"where {str(identity)[:12]}… were scored. It was trained on since: evaluate it again."
        )
    return network_of(model, run.lineage, None)


def _identity_of(run: runs.Run) -> str:
    try:
        with h5py.File(run.weights_file()) as file:
            return str(file.attrs.get("identity"))
    except (OSError, RunError):
        return "none"


def network_of(name: str, lineage: Any, variant: Any) -> Network:
    """A network by its lineage, as manifests hold it."""
    chain = tuple(_chain(lineage))
    recorded = chain[0].get("architecture") if chain else None
    if isinstance(recorded, Mapping):
        variant = recorded.get("variant", variant)
    return Network(name, chain, variant if isinstance(variant, str) else None)


def _chain(lineage: Any) -> Iterator[Mapping[str, Any]]:
    while isinstance(lineage, Mapping) and lineage:
        yield lineage
        start = lineage.get("initial_weights")
        lineage = start.get("lineage") if isinstance(start, Mapping) else None


def differences(network: Network, expected: Sequence[Training], of: str | None) -> list[str]:
    """In what the trainings of a network are not those of the paper.

    Parameters
    ----------
    network : Network
    expected : sequence of Training
        The last first.
    of : str, optional
        The small dataset that is meant.
    """
    if not network.trainings:
        return _untrained(network, expected)
    said = list(_of_weights(network))
    for step, (recipe, kind) in zip(network.trainings, expected, strict=False):
        said += _of_recipe(step, recipe)
        said += of_data(step.get("dataset"), str(of) if kind == SMALL else kind)
    more = len(network.trainings) - len(expected)
    if more > 0:
        said.append(f"{more} more training{'s' if more > 1 else ''} before")
    if more < 0:
        said.append(f"no training on {expected[len(network.trainings)][1]} before")
    return said


def _untrained(network: Network, expected: Sequence[Training]) -> list[str]:
    if expected:
        return [f"how {Path(network.name).name} was trained is not recorded"]
    known = network.name == "imagenet" or network.variant in PAPERS_VARIANTS
    return [] if known else [f"initial weights {Path(network.name).name}"]


def _of_weights(network: Network) -> Iterator[str]:
    """Of the first weights, unless all of them are drawn anew."""
    if network.variant not in PAPERS_VARIANTS:
        yield f"the variant {network.variant} of the network"
    first = network.trainings[-1]
    if _draws_everything(first.get("recipe")):
        return
    start = first.get("initial_weights")
    source = str(start.get("source")) if isinstance(start, Mapping) else "that are not recorded"
    if source != "imagenet":
        yield "random initial weights" if source == "none" else f"initial weights {Path(source).name}"


def _draws_everything(recipe: Any) -> bool:
    random = recipe.get("random") if isinstance(recipe, Mapping) else None
    return isinstance(random, list) and [list(pair) for pair in random if isinstance(pair, list | tuple)] == [
        ["*", True]
    ]


def _of_recipe(step: Mapping[str, Any], expected: str) -> Iterator[str]:
    recipe = step.get("recipe")
    name, changes = _named(recipe)
    if name != expected:
        yield f"recipe {name}, not {expected}"
    epochs = recipe.get("epochs") if isinstance(recipe, Mapping) else None
    usual = recipes.RECIPES[name].epochs if name in recipes.RECIPES else EPOCHS_OFF_THE_SHELF
    if isinstance(epochs, int) and epochs != usual:
        yield f"{epochs} epochs, not {usual}"
    others = [f"{field} {value}" for field, value in changes.items() if field != "epochs"]
    if others:
        yield f"recipe {name} with {', '.join(others)}"
    done = step.get("epochs_done")
    if step.get("which") != "initial" and isinstance(done, int) and isinstance(epochs, int) and done < epochs:
        yield f"ended after {done} of {epochs} epochs"


def _named(recipe: Any) -> tuple[str, Mapping[str, Any]]:
    """The name of a recorded recipe, and in what it differs from the row of that name."""
    try:
        known = recipes.from_json(recipe)
        return known.name, recipes.differences(known)
    except (RecipeError, AttributeError, KeyError, TypeError):
        return str(recipe.get("name")) if isinstance(recipe, Mapping) else "unknown", {}


def of_data(dataset: Any, kind: str) -> list[str]:
    """In what the recorded images are not those of one of the paper's datasets."""
    record = dataset if isinstance(dataset, Mapping) else {}
    specification = str(record.get("specification"))
    found, _, path = specification.partition(":")
    if found != kind:
        shown = f"{found}:{Path(path).name}" if path else specification
        return [f"data {shown}, not {kind}"]
    images, classes = record.get("images"), record.get("class_names")
    said = []
    total = sum(images.values()) if isinstance(images, Mapping) else None
    if total is not None and total < ENOUGH * IMAGES[kind]:
        said.append(f"{total:,} of {IMAGES[kind]:,} images of {kind}")
    if isinstance(classes, Sequence) and len(classes) != CLASSES[kind]:
        said.append(f"{len(classes)} of {CLASSES[kind]} classes of {kind}")
    return said
