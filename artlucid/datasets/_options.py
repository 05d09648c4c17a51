"""The options of a specification, spelled as those of an address: `iconart:PATH?split_seed=3`."""

import os
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from urllib.parse import parse_qsl, urlencode

from artlucid.errors import DataError

SEPARATOR = "?"


def spelled(kind: str, path: os.PathLike[str], options: Mapping[str, tuple[object, object]]) -> str:
    """Spell a specification, with those options that are not the default.

    >>> from pathlib import Path
    >>> spelled("iconart", Path("/data"), {"split_seed": (3, 0), "validation": (0.1, 0.1)})
    'iconart:/data?split_seed=3'
    """
    given = {name: os.fsencode(str(value)) for name, (value, default) in options.items() if value != default}
    query = urlencode(given, safe=b"/")
    return f"{kind}:{os.fspath(path)}{SEPARATOR if query else ''}{query}"


def parsed(where: str, known: Mapping[str, Callable[[str], object]]) -> tuple[str, dict[str, object]]:
    """Take a specification's options apart from its path.

    Parameters
    ----------
    where : str
        What follows the kind.
    known : mapping of str to callable
        Each option that the kind has, and what reads its value.

    Returns
    -------
    path : str
        All of `where` if what follows its last `?` is no option, for file names may hold one.
    options : dict

    Raises
    ------
    DataError
        If an option is unknown, with the nearest name, given twice, or its value cannot be read.

    Examples
    --------
    >>> parsed("/data?split_seed=3", {"split_seed": int})
    ('/data', {'split_seed': 3})
    """
    path, mark, query = where.rpartition(SEPARATOR)
    if not mark or not (query.partition("=")[0] in known or _is_meant(where, path, query)):
        return where, {}
    options: dict[str, object] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        try:
            if name in options:
                raise ValueError("given twice")
            options[name] = known[name](value)
        except (KeyError, ValueError) as error:
            names = ", ".join(f"{option}=…" for option in known) or "none for this kind of data"
            raise DataError(
                f"The options behind `?` must be {names}, each once. Received {name}={value} in {where!r}. "
                f"{_advice(name, known)}"
            ) from error
    return path, options


def _is_meant(where: str, path: str, query: str) -> bool:
    """Say whether what is none of the known options was meant as one: only the path before it exists."""
    return "=" in query and _exists(path) and not _exists(where)


def _exists(path: str) -> bool:
    return os.path.exists(os.path.expanduser(path))


def _advice(name: str, known: Collection[str]) -> str:
    nearest = [] if name in known else get_close_matches(name, known, n=1)
    return f"Did you mean {nearest[0]}=…?" if nearest else "Correct it, or leave it out."
