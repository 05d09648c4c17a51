"""The kinds of things that can be described: a table, in which the first that recognizes something describes it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from artlucid.errors import ArtlucidError
from artlucid.info import _activations, _comparison, _data, _network, _pictures, _recipe, _run
from artlucid.info._options import Facts, Options

__all__ = ["KINDS", "Kind", "as_text", "describe"]


@dataclass(frozen=True)
class Kind:
    """One kind of thing.

    Attributes
    ----------
    takes : str
        How one is named, for the error that meets what is of no kind.
    recognizes : callable
        Whether something is of this kind, from its name or its type.
    describe : callable
        From it and `Options` to its facts, plain JSON values.
    as_text : callable
        From these facts to lines for a terminal.
    """

    takes: str
    recognizes: Callable[[Any], bool]
    describe: Callable[[Any, Options], Facts]
    as_text: Callable[[Facts], list[str]]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "run": Kind("RUN, RUN@initial, … or its run.json", _run.recognizes, _run.describe, _run.as_text),
        "recipe": Kind("FILE.toml, or a recipe by its name", _recipe.recognizes, _recipe.describe, _recipe.as_text),
        "dataset": Kind(f"DATA: {_data.SPELLINGS}", _data.recognizes, _data.describe, _data.as_text),
        "comparison": Kind(_comparison.SPELLINGS, _comparison.recognizes, _comparison.describe, _comparison.as_text),
        "activations": Kind(
            _activations.SPELLINGS, _activations.recognizes, _activations.describe, _activations.as_text
        ),
        "pictures": Kind(_pictures.SPELLINGS, _pictures.recognizes, _pictures.describe, _pictures.as_text),
        "network": Kind(f"MODEL: {_network.SPELLINGS}", _network.recognizes, _network.describe, _network.as_text),
    }
)
"""Every kind, by the name that its facts carry as ``kind``."""


def describe(thing: Any, *, architecture: str | None = None, layers: bool = False) -> Facts:
    """Say what something is, how it was made, and what it consists of.

    Nothing is changed and nothing downloaded; only a drawn dataset that never was drawn is drawn.

    Parameters
    ----------
    thing : str, path, Run, Network, keras.Model, Dataset or Recipe
        A run directory or its ``run.json``, ``RUN@initial``; a specification of data; a weights file or another model;
        a recipe by its name, or its TOML file; the folder of a comparison, a cache of activations, a folder of pictures
        or their index, finished or not. A path comes before the name of a recipe.
    architecture : str, optional
        A variant, where weights leave it open.
    layers : bool
        Whether every layer of a network, or of a cache of activations, is listed.

    Returns
    -------
    dict
        Plain JSON values, ``kind`` first, a key of `KINDS`. Of a run and of an export: ``lineage``, a list that begins
        with the run itself, goes back from each training to the one before, and ends with the first weights.

    Raises
    ------
    ArtlucidError
        If it is of no kind that is known, or if it is damaged.

    Examples
    --------
    >>> facts = describe("F")
    >>> facts["kind"], facts["recipe"]["head_rate"]
    ('recipe', 0.01)
    """
    for name, kind in KINDS.items():
        if kind.recognizes(thing):
            return {"kind": name, **kind.describe(thing, Options(architecture, layers))}
    raise ArtlucidError(
        f"What is described must be of a known kind. Received {str(thing)!r}, {_seen(thing)}. Name one of:\n"
        + "\n".join(f"  {name:11} {kind.takes}" for name, kind in KINDS.items())
    )


def _seen(thing: Any) -> str:
    if not isinstance(thing, str | os.PathLike):
        return f"a {type(thing).__name__}"
    if os.path.isdir(thing):
        images = f"for the images in it write `folder:{os.fspath(thing)}`"
        return f"a folder without a run, a comparison or pictures in it ({images})"
    return "a file of another kind" if os.path.exists(thing) else "which does not exist"


def as_text(facts: Facts) -> str:
    """What `describe` found, in lines of at most 100 characters where names allow it.

    Parameters
    ----------
    facts : dict

    Returns
    -------
    str

    Examples
    --------
    >>> print(as_text(describe("F")).splitlines()[1])
    head_rate              0.01
    """
    return "\n".join(KINDS[facts["kind"]].as_text(facts))
