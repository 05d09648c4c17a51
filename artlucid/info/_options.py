"""What a describer is told beside the thing itself, and what it gives; how it reads what files may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Facts = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """How much is said of a network, and of which variant it is.

    Attributes
    ----------
    architecture : str or None
    layers : bool
        Whether every layer is listed.
    """

    architecture: str | None = None
    layers: bool = False


def as_mapping(value: Any) -> Mapping[str, Any]:
    """What should be an object in a file from outside; an empty one if it is something else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """What should be a list in a file from outside; an empty one if it is something else."""
    return value if isinstance(value, list) else []
