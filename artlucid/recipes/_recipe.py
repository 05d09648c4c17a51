"""What a recipe is: its fields, and the rule of each."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from artlucid.errors import RecipeError

KERNEL_INITIALIZERS = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")
"""How kernels may be drawn, by the names of Keras's classes."""


def shown(value: Any, most: int = 200) -> str:
    """A value for an error, cut where it is long."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"


def _is_number(value: Any) -> bool:
    """Whether it is a number that a float can hold; neither NaN nor infinity nor a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


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
                f"Received {shown(self.kernel)} and {shown(self.bias)}. Choose among these."
            )
        object.__setattr__(self, "bias", float(self.bias))


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

    Raises
    ------
    RecipeError
        If a value is of another type or out of range. An integer counts as the float of that value.
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
        for field, rule in RULES.items():
            if not rule.holds(getattr(self, field)):
                raise RecipeError(
                    f"`{field}` of a recipe must {rule.text}. Received {shown(getattr(self, field))} in recipe "
                    f"{shown(self.name)}. Give another, in Python by `dataclasses.replace(recipe, {field}=...)`, "
                    f"on the command line by `--set {field}=...`."
                )
            object.__setattr__(self, field, rule.plain(getattr(self, field)))

    @property
    def rates(self) -> tuple[tuple[str, float], ...]:
        """The learning rates as one policy."""
        return (*self.layer_rates, ("head", self.head_rate), ("*", self.body_rate))


@dataclass(frozen=True)
class Rule:
    """What a field must be: a test, the words for it, and what makes one form of several spellings."""

    holds: Callable[[Any], bool]
    text: str
    plain: Callable[[Any], Any] = lambda value: value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_not_negative(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_fraction(value: Any) -> bool:
    return _is_number(value) and 0 <= value < 1


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _one_of(choices: tuple[str, ...]) -> Rule:
    return Rule(lambda value: value in choices, f"be one of {', '.join(choices)}")


def _policy_of(holds: Callable[[Any], bool], text: str, plain: Callable[[Any], Any]) -> Rule:
    """Of an ordered list of pairs, as TOML and JSON have them too."""

    def is_pair(pair: Any) -> bool:
        return isinstance(pair, list | tuple) and len(pair) == 2 and _is_text(pair[0]) and holds(pair[1])

    return Rule(
        lambda policy: isinstance(policy, list | tuple) and all(map(is_pair, policy)),
        f"be a list of [pattern, {text}], in which the first match wins",
        lambda policy: tuple((pattern, plain(value)) for pattern, value in policy),
    )


_RATE = Rule(_is_positive, "be a finite number above 0", float)
_AMOUNT = Rule(_is_not_negative, "be a finite number of at least 0", float)
_COUNT = Rule(_is_count, "be an integer of at least 1")
_TEXT = Rule(_is_text, "be a text that is not empty")
_TRUTHS = _policy_of(_is_truth, "true or false", bool)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "name": _TEXT,
        "head_rate": _RATE,
        "body_rate": _RATE,
        "epochs": _COUNT,
        "source": _TEXT,
        **{field: _one_of(choices) for field, choices in CHOICES.items()},
        "deep_supervision": Rule(_is_truth, "be true or false"),
        "layer_rates": _policy_of(_is_positive, "finite rate above 0", float),
        "trainable": _TRUTHS,
        "random": _TRUTHS,
        "initialization": Rule(
            lambda value: isinstance(value, Initialization), "be an `Initialization`, a table of kernel and bias"
        ),
        "momentum": Rule(_is_fraction, "be a number of at least 0 and below 1", float),
        "decay": _AMOUNT,
        "kernel_penalty": _AMOUNT,
        "batch_size": _COUNT,
    }
)
"""The rule of every field of a `Recipe`."""


def to_json(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain JSON values, for a manifest.

    Examples
    --------
    >>> from artlucid.recipes import RECIPES
    >>> from_json(to_json(RECIPES["A"])) == RECIPES["A"]
    True
    """
    return dataclasses.asdict(recipe)


def from_json(content: Mapping[str, Any]) -> Recipe:
    """A recipe from a manifest; RecipeError if it is not one of this version."""
    try:
        return Recipe(**{**content, "initialization": Initialization(**content["initialization"])})
    except (KeyError, TypeError) as error:
        known = ", ".join(field.name for field in dataclasses.fields(Recipe))
        raise RecipeError(
            f"A recorded recipe must have the fields {known}. Received {content!r} ({error}). "
            "It was changed, or written by another version of artlucid."
        ) from error
