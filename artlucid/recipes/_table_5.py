"""Table 5 of the paper as data: how each mode trains.

What the table leaves open (momentum, decay, penalty, batch size, the choice of the best epoch) stands
beside it, from the scripts of the paper's experiments. The text of the table spells the letter of
mode C in Cyrillic; the keys here are ASCII.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from artlucid.errors import RecipeError
from artlucid.recipes._recipe import Initialization, Recipe

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
