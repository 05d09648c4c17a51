"""Policies: ordered (pattern, value) pairs over the layers of a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from artlucid.architectures import Architecture
from artlucid.errors import RecipeError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Resolved(Generic[Value]):
    """What a policy came to.

    Attributes
    ----------
    name : str
        What the values are: ``rates``, ``trainable``, ``random``.
    values : dict
        The value of each layer with weights, in graph order.
    matches : list of dict
        For each pattern the value and the layers that it decided, as the manifest records it.
    """

    name: str
    values: dict[str, Value]
    matches: list[dict[str, Any]]


def resolve(
    name: str, policy: Sequence[tuple[str, Value]], architecture: Architecture, *, auxiliary: bool = False
) -> Resolved[Value]:
    """Decide the value of every layer with weights: the first pattern that matches it wins.

    Raises
    ------
    RecipeError
        If a layer is left over, or a pattern matches no layer at all.
    """
    layers = architecture.weight_layers(auxiliary=auxiliary)
    values: dict[str, Value] = {}
    matches = []
    for pattern, value in policy:
        selected = architecture.select(pattern, auxiliary=auxiliary)
        if not selected:
            raise RecipeError(
                f"Every pattern of the policy `{name}` must match a layer. Received {pattern!r}, which matches none of "
                f"{architecture}. Use head, low, mid, high, convolutions, or a pattern such as 'mixed4*'."
            )
        decided = [layer for layer in selected if layer not in values]
        values |= dict.fromkeys(decided, value)
        matches.append({"pattern": pattern, "value": value, "layers": decided})
    uncovered = [layer for layer in layers if layer not in values]
    if uncovered:
        raise RecipeError(
            f"The policy `{name}` must cover every layer. Received {list(policy)}, which leaves out "
            f"{', '.join(uncovered[:6])}{', …' if len(uncovered) > 6 else ''} of {architecture}. "
            "Add a last pattern ('*', value)."
        )
    return Resolved(name, {layer: values[layer] for layer in layers}, matches)
