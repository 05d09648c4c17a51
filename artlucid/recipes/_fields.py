"""A recipe as one flat mapping, field by field, with ``initialization.kernel`` and ``initialization.bias``."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from artlucid.errors import RecipeError
from artlucid.recipes._recipe import Initialization, Recipe

PREFIX = "initialization."

FIELDS = (
    *(field.name for field in dataclasses.fields(Recipe) if field.name != "initialization"),
    *(f"{PREFIX}{field.name}" for field in dataclasses.fields(Initialization)),
)
"""Every name that a change or a file may give a value."""


def flat(content: Mapping[str, Any] | Recipe) -> dict[str, Any]:
    """One level of names; an `initialization` that is no table stays, for its rule to refuse."""
    fields = dict(dataclasses.asdict(content) if isinstance(content, Recipe) else content)
    inner = fields.get("initialization")
    if isinstance(inner, Initialization):
        inner = dataclasses.asdict(inner)
    if isinstance(inner, Mapping):
        del fields["initialization"]
        fields |= {f"{PREFIX}{name}": value for name, value in inner.items()}
    return fields


def build(fields: Mapping[str, Any]) -> Recipe:
    """The recipe of a flat mapping that has every required field."""
    inner = {name.removeprefix(PREFIX): value for name, value in fields.items() if name.startswith(PREFIX)}
    outer = {name: value for name, value in fields.items() if not name.startswith(PREFIX)}
    return Recipe(**{"initialization": Initialization(**inner), **outer})


def check_known(names: Iterable[str], what: str) -> None:
    """Refuse a name that is no field, with the nearest ones.

    Raises
    ------
    RecipeError
        That begins with `what`.
    """
    unknown = [name for name in names if name not in (*FIELDS, "initialization")]
    if unknown:
        hints = "".join(_hint(name) for name in unknown)
        raise RecipeError(
            f"{what} must name fields of a recipe. Received {', '.join(map(repr, unknown))}.{hints} "
            f"The fields are {', '.join(FIELDS)}."
        )


def _hint(name: str) -> str:
    nearest = difflib.get_close_matches(name, FIELDS, n=2)
    return f" For {name!r}, did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
