"""What figures call networks whose names in the tables are whole paths."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath


def short_names(models: Iterable[str]) -> dict[str, str]:
    """Name each network whose name is a whole path by its end, as long as it takes to tell all of them apart.

    Parameters
    ----------
    models : iterable of str
        Different names, as the tables have them.

    Returns
    -------
    dict of str to str
        In the same order.
    """
    parts = {model: PurePath(model).parts if PurePath(model).is_absolute() else (model,) for model in models}
    for length in range(1, max(map(len, parts.values()), default=1)):
        names = {model: str(PurePath(*of_model[-length:])) for model, of_model in parts.items()}
        if len(set(names.values())) == len(names):
            return names
    return {model: model for model in parts}
