"""A recipe from anything that names one: a row of the table, or a TOML file."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from pathlib import Path
from typing import Any

from artlucid.errors import RecipeError
from artlucid.recipes._fields import build, check_known, flat
from artlucid.recipes._recipe import Recipe, shown
from artlucid.recipes._table_5 import RECIPES, get

SUFFIX = ".toml"

MOST_BYTES = 2**16
"""A recipe with a rate of its own for every layer of InceptionV1 has a twentieth of this."""

REQUIRED = tuple(
    field.name
    for field in dataclasses.fields(Recipe)
    if field.default is dataclasses.MISSING and field.name not in ("name", "source")
)
"""What a file that begins with no row must give; a name and a source follow from the file's own name."""


def load(recipe: str | Path | Recipe) -> Recipe:
    r"""Load a recipe from anything that names one.

    Parameters
    ----------
    recipe : str, path or Recipe
        A key of `RECIPES`; the path of a ``.toml`` file with fields of `Recipe`, where ``base = "A"`` takes those that
        are left out from a row; or a recipe, which is returned as it is.

    Returns
    -------
    Recipe
        Of a file, its name without ``.toml`` is the recipe's, unless the file says otherwise.

    Raises
    ------
    RecipeError
        If there is no such row or file; if a file is not TOML, too large, has a field that a recipe lacks (the
        nearest are named), lacks one that it needs, or has a value against the field's rule.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "slow.toml")
    >>> _ = file.write_text('base = "A"\nhead_rate = 0.005\nlayer_rates = [["mixed5*", 0.002]]\n')
    >>> slow = load(file)
    >>> slow.name, slow.source, slow.rates
    ('slow', 'slow.toml, on A', (('mixed5*', 0.002), ('head', 0.005), ('*', 0.001)))
    """
    if isinstance(recipe, Recipe):
        return recipe
    if Path(recipe).suffix.lower() == SUFFIX:
        return _read(Path(recipe).expanduser())
    if str(recipe) not in RECIPES and os.path.isfile(recipe):
        raise RecipeError(
            f"A file with a recipe must end in {SUFFIX}. Received {str(recipe)!r}. Name it so, if it is TOML."
        )
    return get(str(recipe))


def _read(path: Path) -> Recipe:
    content = _parse(path)
    base = content.pop("base", None)
    check_known(flat(content), f"{path}: a file with a recipe")
    given = flat(content)
    inherited = {} if base is None else flat(_row(base, path))
    described = {"name": path.stem, "source": path.name if base is None else f"{path.name}, on {base}"}
    fields = {**inherited, **described, **given}
    missing = [field for field in REQUIRED if field not in fields]
    if missing:
        raise RecipeError(
            f"A file with a recipe must give {', '.join(REQUIRED)}, or a base. Received {path} without "
            f'{", ".join(missing)}. Add {"it" if len(missing) == 1 else "them"}, or begin with `base = "A"`.'
        )
    try:
        recipe = build(fields)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error
    return _with_its_own_name(recipe, base, path)


def _row(base: Any, path: Path) -> Recipe:
    if not isinstance(base, str):
        raise RecipeError(
            f"`base` of a file with a recipe must be one of {', '.join(RECIPES)}. Received {shown(base)} in {path}. "
            'Write `base = "A"`, for example.'
        )
    try:
        return get(base)
    except RecipeError as error:
        raise RecipeError(f"{path}, base: {error}") from error


def _with_its_own_name(recipe: Recipe, base: str | None, path: Path) -> Recipe:
    if recipe.name in RECIPES and recipe.name != base:
        raise RecipeError(
            f"A recipe must not take the name of a row that it is not made from. Received {recipe.name!r} in {path}, "
            f"with base {base!r}. Give it another `name`, or the file another one."
        )
    return recipe


def _parse(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers too long for Python, and brackets nested without end, too
        raise RecipeError(
            f"A file with a recipe must be TOML. Received {path}: {error}. "
            'Write lines such as `head_rate = 0.005`, and texts in quotes: `optimizer = "adam"`.'
        ) from error


def _text(path: Path) -> str:
    if not os.path.isfile(path):
        raise RecipeError(
            f"`recipe` must be one of {', '.join(RECIPES)}, or the path of a {SUFFIX} file. Received {str(path)!r}, "
            f"which {'is no file' if os.path.exists(path) else 'does not exist'}. "
            "Check the spelling and the current folder."
        )
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RecipeError(
            f"A file with a recipe must be readable. Received {path}: {error.strerror}. Change its rights."
        ) from error
    if len(content) > MOST_BYTES:
        raise RecipeError(
            f"A file with a recipe must have at most {MOST_BYTES} bytes. Received {path} with more. "
            "It is something else: choose another."
        )
    try:
        return content.decode("utf-8-sig")  # editors on Windows begin a file with a mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RecipeError(
            f"A file with a recipe must be in UTF-8. Received {path}, where line {line} holds the byte "
            f"0x{content[error.start]:02x}. Save it as UTF-8 in your editor."
        ) from error
