"""A recipe with some fields changed, and how a changed one is told from the one of the table."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from artlucid.errors import RecipeError
from artlucid.recipes._fields import FIELDS, build, check_known, flat
from artlucid.recipes._recipe import Recipe, shown
from artlucid.recipes._table_5 import RECIPES

DESCRIPTIVE = ("name", "source")
"""Fields that say what a recipe is, and change nothing of a training."""


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """A recipe with other values in some fields, which its `source` then names.

    Parameters
    ----------
    recipe : Recipe
    changes : mapping of str to object
        A value by the name of its field; ``initialization.bias`` and ``initialization.kernel`` stand alone or
        together as a mapping under ``initialization``.

    Returns
    -------
    Recipe
        A row of `RECIPES` keeps its name, by which `label` finds what was changed. Any other recipe gets the changes
        into its name, unless they name it.

    Raises
    ------
    RecipeError
        If there is no such field, with the nearest ones; or by the field's rule.

    Examples
    --------
    >>> slow = changed(RECIPES["A"], {"head_rate": 0.005})
    >>> slow.name, slow.head_rate, slow.body_rate
    ('A', 0.005, 0.001)
    >>> slow.source
    'Table 5 of the paper, with head_rate=0.005'
    """
    given, before = flat(changes), flat(recipe)
    check_known(given, "`changes` of a recipe")
    made = build({**before, **given})
    spelled = _spelled(_differences(flat(made), before))
    if not spelled:
        return made
    name = recipe.name if recipe.name in RECIPES else f"{recipe.name} ({spelled})"
    return build({**flat(made), "name": name, "source": f"{recipe.source}, with {spelled}", **_described(given)})


def differences(recipe: Recipe) -> dict[str, Any]:
    """In what a recipe differs from the row of `RECIPES` whose name it has.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    dict of str to object
        As `changed` takes it: ``changed(RECIPES[recipe.name], differences(recipe))`` trains like `recipe`. Empty for a
        row as it stands, and for a name that is no row's.

    Examples
    --------
    >>> differences(changed(RECIPES["A"], {"epochs": 5, "momentum": 0.9}))
    {'epochs': 5}
    """
    row = RECIPES.get(recipe.name)
    return {} if row is None else _differences(flat(recipe), flat(row))


def label(recipe: Recipe) -> str:
    """The name of a recipe for a table of results, where a changed row must not pass for the row.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    str
        The name, with the `differences` behind it if there are any, however they came in.

    Examples
    --------
    >>> label(RECIPES["A"])
    'A'
    >>> label(changed(RECIPES["A"], {"epochs": 5, "initialization.bias": 0.2}))
    'A (epochs=5, initialization.bias=0.2)'
    """
    spelled = _spelled(differences(recipe))
    return f"{recipe.name} ({spelled})" if spelled else recipe.name


def parse_changes(texts: Iterable[str]) -> dict[str, Any]:
    """Read changes from the command line's ``FIELD=VALUE``.

    Parameters
    ----------
    texts : iterable of str
        Each value as in TOML; a text that is one word needs no quotes.

    Returns
    -------
    dict of str to object
        For `changed`.

    Raises
    ------
    RecipeError
        If one has no ``=``, an unknown or repeated field, or a value that is none of TOML's.

    Examples
    --------
    >>> parse_changes(["head_rate=0.005", "optimizer=adam", 'trainable=[["low", false], ["*", true]]'])
    {'head_rate': 0.005, 'optimizer': 'adam', 'trainable': [['low', False], ['*', True]]}
    """
    changes: dict[str, Any] = {}
    for text in texts:
        field, equals, value = (part.strip() for part in text.partition("="))
        if not equals or field in changes:
            raise RecipeError(
                f"`--set` must be FIELD=VALUE, each field once. Received {shown(text)}"
                f"{' after another value for the same field' if field in changes else ''}. "
                "Write `--set head_rate=0.005 --set optimizer=adam`, for example."
            )
        check_known([field], "`--set`")
        changes[field] = _parsed(field, value)
    return changes


def _parsed(field: str, text: str) -> Any:
    try:
        content = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # not only TOML's own errors: digits beyond number, brackets without end
        content = {}
    if list(content) == ["value"]:  # behind a line end another field could follow
        return content["value"]
    if re.fullmatch(r"[^\W\d][\w.-]*", text):
        return text
    raise RecipeError(
        f'The value of `--set {field}=…` must be a word or a value as in TOML: 0.005, true, "a text", '
        f'[["low", false], ["*", true]]. Received {shown(text)}. Put the whole between single quotes, so that the '
        "shell leaves it as it is."
    )


def _differences(fields: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {field: fields[field] for field in FIELDS if field not in DESCRIPTIVE and fields[field] != other[field]}


def _described(given: Mapping[str, Any]) -> dict[str, Any]:
    return {field: given[field] for field in DESCRIPTIVE if field in given}


def _spelled(fields: Mapping[str, Any]) -> str:
    """As `--set` takes them; JSON's spelling of these values is TOML's too."""
    return ", ".join(
        f"{field}={value if isinstance(value, str) else json.dumps(value)}" for field, value in fields.items()
    )
