"""How a network is trained: Table 5 of the paper as data, and recipes of one's own."""

from artlucid.recipes._changes import changed, differences, label, parse_changes
from artlucid.recipes._read import load
from artlucid.recipes._recipe import CHOICES, Initialization, Recipe, from_json, to_json
from artlucid.recipes._table_5 import RECIPES, get

__all__ = [
    "CHOICES",
    "RECIPES",
    "Initialization",
    "Recipe",
    "changed",
    "differences",
    "from_json",
    "get",
    "label",
    "load",
    "parse_changes",
    "to_json",
]
