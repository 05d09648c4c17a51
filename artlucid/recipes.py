"""Table 5 of the paper as data: how each mode trains.

What the table leaves open (momentum, decay, penalty, batch size, the choice of the best epoch) stands
beside it, from the scripts of the paper's experiments. The text of the table spells the letter of
mode C in Cyrillic; the keys here are ASCII.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from artlucid.errors import RecipeError

__all__ = ["CHOICES", "RECIPES", "Initialization", "Recipe", "from_json", "get", "to_json"]

KERNEL_INITIALIZERS = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")
"""How kernels may be drawn, by the names of Keras's classes."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Initialization:
    """How layers that start at random are drawn.

    Attributes
    ----------
    kernel : str
        One of `KERNEL_INITIALIZERS`.
    bias : float
        Every bias starts at this.
    """

    kernel: str = "GlorotUniform"
    bias: float = 0.0

    def __post_init__(self) -> None:
        if self.kernel not in KERNEL_INITIALIZERS or not _is_number(self.bias):
            raise RecipeError(
                f"`initialization` of a recipe must have one of {', '.join(KERNEL_INITIALIZERS)} and a finite bias. "
                f"Received {self.kernel!r} and {self.bias!r}. Choose among these."
            )


CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "optimizer": ("sgd", "adam"),
        # inverse_time: rate / (1 + decay * step), Keras's old `decay`. googlenet: rate * 0.96 ** ((1 + epoch) // 8).
        "schedule": ("constant", "inverse_time", "googlenet"),
        # small_transformation: horizontal flip, shifts of at most 12.5 %. random_crops: shorter side 256, random 224.
        "augmentation": ("none", "small_transformation", "random_crops"),
        # Over the classes of a sigmoid; a softmax's cross-entropy is the same either way.
        "loss_reduction": ("mean", "sum"),
        # head_loss: the main head's own loss. total_loss: with penalty and auxiliary losses, the authors' way.
        "selection": ("head_loss", "total_loss"),
    }
)
"""The values that a field of a `Recipe` may take."""


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters of a training.

    A policy is an ordered tuple of (pattern, value): roles (``head``, ``low``, ``mid``, ``high``) or patterns
    over layer names; the first match wins, and every layer must be covered.

    Attributes
    ----------
    name : str
        Key in `RECIPES`, or a name of your own.
    head_rate, body_rate : float
        Learning rate on the classifiers and on all other layers, at the first step.
    epochs : int
        Passes over the training split.
    source : str
        Where the row comes from.
    optimizer, schedule, augmentation, loss_reduction, selection : str
        One of `CHOICES`.
    deep_supervision : bool
        Whether auxiliary heads train along.
    layer_rates : policy of float
        Looked at before `head_rate` and `body_rate`.
    trainable : policy of bool
        False freezes.
    random : policy of bool
        True starts at random, False at the initial weights.
    initialization : Initialization
        How the random layers are drawn.
    momentum, decay : float
        Of SGD; and of the schedule ``inverse_time``, a step. Adam's own numbers are Keras's defaults (0.9, 0.999,
        epsilon 1e-7), which the paper's experiments used.
    kernel_penalty : float
        This times the sum of squares of the convolutions' kernels joins the loss.
    batch_size : int
        Images a step.
    """

    name: str
    head_rate: float
    body_rate: float
    epochs: int
    source: str
    optimizer: str = "sgd"
    schedule: str = "inverse_time"
    augmentation: str = "none"
    loss_reduction: str = "mean"
    selection: str = "head_loss"
    deep_supervision: bool = False
    layer_rates: tuple[tuple[str, float], ...] = ()
    trainable: tuple[tuple[str, bool], ...] = (("*", True),)
    random: tuple[tuple[str, bool], ...] = (("head", True), ("*", False))
    initialization: Initialization = Initialization()
    momentum: float = 0.9
    decay: float = 1e-4
    kernel_penalty: float = 2e-4
    batch_size: int = 32

    def __post_init__(self) -> None:
        for field, choices in CHOICES.items():
            _require(self, field, getattr(self, field) in choices, f"be one of {', '.join(choices)}")
        for field in ("head_rate", "body_rate"):
            _require(self, field, _is_positive(getattr(self, field)), "be a finite number above 0")
        for pattern, rate in self.layer_rates:
            _require(self, "layer_rates", _is_positive(rate), f"have finite rates above 0, also for {pattern!r}")
        for field in ("epochs", "batch_size"):
            _require(self, field, _is_count(getattr(self, field)), "be an integer of at least 1")
        for field in ("decay", "kernel_penalty"):
            value = getattr(self, field)
            _require(self, field, _is_number(value) and value >= 0, "be a finite number of at least 0")
        holds = _is_number(self.momentum) and 0 <= self.momentum < 1
        _require(self, "momentum", holds, "be a number of at least 0 and below 1")

    @property
    def rates(self) -> tuple[tuple[str, float], ...]:
        """The learning rates as one policy."""
        return (*self.layer_rates, ("head", self.head_rate), ("*", self.body_rate))


def _is_positive(value: float) -> bool:
    return _is_number(value) and value > 0


def _is_count(value: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _require(recipe: Recipe, field: str, holds: bool, rule: str) -> None:
    if not holds:
        raise RecipeError(
            f"`{field}` of a recipe must {rule}. Received {getattr(recipe, field)!r} in recipe {recipe.name!r}. "
            f"Give another value, in Python by `dataclasses.replace(recipe, {field}=...)`."
        )


_TABLE_5 = "Table 5 of the paper"
_HIGH_LAYERS = (("low", False), ("*", True))

_ROWS = (
    Recipe("A", head_rate=0.01, body_rate=0.001, epochs=20, source=_TABLE_5),
    Recipe("B", head_rate=0.001, body_rate=0.0001, epochs=20, source=_TABLE_5),
    Recipe("C", head_rate=0.001, body_rate=0.001, epochs=20, source=_TABLE_5),
    Recipe("D", head_rate=0.001, body_rate=0.0001, epochs=20, deep_supervision=True, source=_TABLE_5),
    Recipe("E", head_rate=0.001, body_rate=0.001, epochs=20, deep_supervision=True, source=_TABLE_5),
    # The second fine-tuning of the paper's Tables 3 and 4.
    Recipe("F", head_rate=0.01, body_rate=0.01, epochs=20, source=_TABLE_5),
    # "50 unfrozen layers": conv2d0 … mixed3b keep their weights, the other 42 convolutions and the dense layer train.
    Recipe(
        "high_layers_from_scratch",
        head_rate=0.0001,
        body_rate=0.0001,
        epochs=200,
        optimizer="adam",
        schedule="constant",
        augmentation="small_transformation",
        trainable=_HIGH_LAYERS,
        random=_HIGH_LAYERS,
        initialization=Initialization(bias=0.2),
        source=_TABLE_5,
    ),
    Recipe(
        "from_scratch",
        head_rate=0.001,
        body_rate=0.001,
        epochs=200,
        schedule="googlenet",
        augmentation="random_crops",
        deep_supervision=True,
        random=(("*", True),),
        initialization=Initialization(bias=0.2),
        source=_TABLE_5,
    ),
    # Trains the small network of the demo from scratch in seconds; has nothing to do with the paper.
    Recipe(
        "demo",
        head_rate=0.001,
        body_rate=0.001,
        epochs=8,
        optimizer="adam",
        schedule="constant",
        random=(("*", True),),
        initialization=Initialization(kernel="HeNormal"),
        kernel_penalty=0.0,
        source="artlucid's demo, not the paper's",
    ),
)

RECIPES: Mapping[str, Recipe] = MappingProxyType({recipe.name: recipe for recipe in _ROWS})
"""The eight rows of Table 5, and the demo's own."""


def get(recipe: str | Recipe) -> Recipe:
    """Return a recipe by its name; a `Recipe` is returned as it is.

    Parameters
    ----------
    recipe : str or Recipe
        A key of `RECIPES`, or a recipe of your own.

    Returns
    -------
    Recipe

    Raises
    ------
    RecipeError
        If there is none of that name.

    Examples
    --------
    >>> get("A").rates
    (('head', 0.01), ('*', 0.001))
    """
    if isinstance(recipe, Recipe):
        return recipe
    if recipe not in RECIPES:
        nearest = difflib.get_close_matches(recipe, RECIPES, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise RecipeError(
            f"`recipe` must be one of {', '.join(RECIPES)}. Received {recipe!r}.{hint or ' Choose one of these.'}"
        )
    return RECIPES[recipe]


def to_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain JSON values, for a manifest.

    Examples
    --------
    >>> from_json(to_json(RECIPES["A"])) == RECIPES["A"]
    True
    """
    return dataclasses.asdict(recipe)


def from_json(content: Mapping[str, Any]) -> Recipe:
    """A recipe from a manifest; RecipeError if it is not one of this version."""
    try:
        fields = dict(content)
        for name in ("layer_rates", "trainable", "random"):
            fields[name] = tuple((pattern, value) for pattern, value in fields[name])
        return Recipe(**{**fields, "initialization": Initialization(**fields["initialization"])})
    except (KeyError, TypeError) as error:
        known = ", ".join(field.name for field in dataclasses.fields(Recipe))
        raise RecipeError(
            f"A recorded recipe must have the fields {known}. Received {content!r} ({error}). "
            "It was changed, or written by another version of artlucid."
        ) from error
