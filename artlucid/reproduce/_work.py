"""What all steps of a reproduction share: the folder, the datasets, and where each network is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py

from artlucid import finetune, models, recipes
from artlucid.architectures import Architecture
from artlucid.datasets import Dataset
from artlucid.errors import ReproductionError
from artlucid.models import Network
from artlucid.recipes import Recipe
from artlucid.reproduce._data import loaded
from artlucid.reproduce._settings import Settings
from artlucid.reproduce._states import IMAGENET, TRAININGS, Pairing, State, start_of

RANDOM = "none"


@dataclass(frozen=True, eq=False)
class Work:
    """A reproduction in a folder.

    Attributes
    ----------
    out : Path
    settings : Settings
    """

    out: Path
    settings: Settings

    @cached_property
    def data(self) -> dict[str, Dataset]:
        """The datasets that are there, by their roles."""
        return loaded(self.settings)

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.settings.seeds)

    def run(self, training: str, place: int) -> Path:
        """The folder of a training; `place` is that of its seed among the seeds."""
        return self.out / "runs" / f"{training}-{self.seeds[place]}"

    def recipe(self, training: str) -> Recipe:
        """That of a training, or of its head, as long as it is to be."""
        name = TRAININGS[training].recipe
        head = finetune.HEADS["dense"]
        assert isinstance(head, Recipe)
        epochs = self.settings.epochs
        if name is None:
            return head if epochs is None else replace(head, epochs=min(epochs, head.epochs))
        recipe = recipes.get(name)
        return recipe if epochs is None else recipes.changed(recipe, {"epochs": min(epochs, recipe.epochs)})

    def trained_from(self, state: State) -> State:
        """The same network; random weights are those that the first training of a seed begins with."""
        return start_of("rasta-A") if state == IMAGENET and self.settings.weights == RANDOM else state

    def source(self, state: State, place: int) -> str:
        """What `models.load` finds a network by."""
        state = self.trained_from(state)
        if state.training is None:
            return self.settings.weights
        path = str(self.run(state.training, place + state.later))
        return path if state.which == "best" else f"{path}@{state.which}"

    def load(self, state: State, place: int) -> Network:
        """A network, if the training that it comes from is done."""
        return self.start if self.trained_from(state) == IMAGENET else models.load(self.source(state, place))

    @cached_property
    def start(self) -> Network:
        """A network of the architecture that all others are of."""
        return models.load(self.settings.weights, architecture=self.settings.architecture)

    @property
    def architecture(self) -> Architecture:
        """That of all networks."""
        if self.start.architecture is None:
            raise ReproductionError(
                f"`weights` must be of an architecture that artlucid knows. Received {self.settings.weights}. Give "
                "others (`--weights`)."
            )
        return self.start.architecture

    def identity(self, state: State, place: int) -> str | None:
        """Of a network; None while its training is not done."""
        state = self.trained_from(state)
        if state.training is None:
            return self.start.identity
        file = self.run(state.training, place + state.later) / f"{state.which}.h5"
        try:
            with h5py.File(file) as weights:
                return str(weights.attrs["identity"])
        except (OSError, KeyError):
            return None

    @property
    def size(self) -> int:
        """Side of the optimized images, in pixels; one that is too small is refused before anything is trained."""
        architecture, size = self.architecture, self.settings.size
        if size is not None and size < architecture.minimum_size:
            raise ReproductionError(
                f"`size` must be at least {architecture.minimum_size} pixels for {architecture}. Received {size}. Give "
                "another (`--size`)."
            )
        return size or architecture.input_size

    def comparison(self, pairing: Pairing, place: int) -> Path:
        """The folder of a comparison."""
        return self.out / "comparisons" / f"{pairing.name}-{self.seeds[place]}"

    def title(self, state: State, place: int, *, several: bool = False) -> str:
        """What figures call a network; with the number of the training where there are several."""
        if state.training is None:
            return "ImageNet"
        number = f", training {place + state.later + 1}" if several else ""
        began = "start of " if state.which == "initial" else ""
        return f"{began}{TRAININGS[state.training].title}{number}"

    def places(self, pairing: Pairing) -> range:
        """The places of the seeds that a pairing can be made for."""
        return range(len(self.seeds) - max(pairing.a.later, pairing.b.later))


def at(content: Any, *keys: str) -> Any:
    """A value inside of mappings; None where there is none."""
    for key in keys:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content
