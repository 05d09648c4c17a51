"""Names and reasons in Markdown, as they are."""

from __future__ import annotations

_SPECIAL = r"\|*_<>[]`&~$"
"""What marks emphasis, code, links, cells, formulas or HTML."""


def escaped(text: object) -> str:
    """A text in one line of Markdown that shows just its letters."""
    letters = "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in str(text))
    return " ".join(letters.split())
