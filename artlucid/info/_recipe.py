"""What a recipe says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from artlucid import recipes
from artlucid.info._options import Facts, Options
from artlucid.info._text import block
from artlucid.recipes import RECIPES, Recipe


def recognizes(thing: Any) -> bool:
    """A recipe, its file, or its name where no path has that name."""
    if not isinstance(thing, str | os.PathLike):
        return isinstance(thing, Recipe)
    return Path(thing).suffix.lower() == ".toml" or (str(thing) in RECIPES and not os.path.exists(thing))


def describe(thing: Any, options: Options) -> Facts:
    """All its fields, and in what it differs from the row whose name it has."""
    recipe = recipes.load(thing)
    return {
        "label": recipes.label(recipe),
        "differences": recipes.differences(recipe),
        "recipe": json.loads(json.dumps(recipes.to_json(recipe))),
    }


def as_text(facts: Facts) -> list[str]:
    """A line a field."""
    fields = {name: value for name, value in facts["recipe"].items() if name != "name"}
    initialization = fields.pop("initialization")
    fields |= {f"initialization.{name}": value for name, value in initialization.items()}
    return block([("recipe", facts["label"]), *((name, _spelled(value)) for name, value in fields.items())])


def _spelled(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "none" if value == [] else json.dumps(value)
