"""How notices and errors spell numbers, names and long lists."""

import os
from collections.abc import Sequence

SHOWN = 5
"""How many members of a list a message names."""


def count_of(number: int, noun: str) -> str:
    """Spell a number with its noun.

    >>> count_of(1, "file"), count_of(2, "file")
    ('1 file', '2 files')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(items: Sequence[str], separator: str = ", ") -> str:
    """Name the first members of a list and count the others, so that a message stays readable.

    >>> listed("abc"), listed("abcdefg", "; ")
    ('a, b, c', 'a; b; c; d; e; and 2 more')
    """
    rest = [f"and {len(items) - SHOWN} more"] if len(items) > SHOWN else []
    return separator.join([*items[:SHOWN], *rest])


def printable(name: str) -> str:
    r"""Spell a file's name so that it can be printed whatever its bytes are.

    >>> printable(os.fsdecode(b"na\xefve")), printable("naïve")
    ('na\\xefve', 'naïve')
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")
