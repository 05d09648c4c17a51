"""The pages of the documentation, and the blocks of code on them."""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

# Examples and pages that are made are no pages of their own.
MADE = ("generated", "_build", "examples")

NOT_RUN = re.compile(r"<!-- not run: (.+?) -->", re.DOTALL)

# Listings that are no code: what a file holds, what a command shows.
LISTINGS = ("", "text")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes
    ----------
    line : int
        Of its opening fence, from 1 on.
    language : str
        What stands behind the fence: `python`, `console`, `sh`, `toml`, or nothing.
    code : str
    reason : str or None
        Why it is not run, from a comment `<!-- not run: … -->` above it.
    file : str or None
        The name of the file that the text above last spoke of, for a block that is a file.
    """

    line: int
    language: str
    code: str
    reason: str | None
    file: str | None


def pages():
    """Every page that is written by hand, by the path that tests call it by."""
    found = {path.relative_to(ROOT).as_posix(): path for path in PAGES}
    return {name: path for name, path in found.items() if not set(MADE) & set(Path(name).parts)}


def blocks_of(page):
    """All blocks of a page in their order, but for directives of Sphinx and listings."""
    found = []
    reason = file = None
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            # A comment holds for the next block, also over further comments.
            reason = _reason(token.content) or reason
            continue
        if token.type == "inline":
            file = _file_spoken_of(token.content) or file
        if token.type == "fence" and not token.info.startswith("{") and token.info not in LISTINGS:
            found.append(Block(token.map[0] + 1, token.info.strip(), token.content, reason, file))
        if token.content:
            reason = None
    return found


def commands_of(block):
    """The commands of a block for a terminal: what follows `$`, or in a script every line."""
    joined = re.sub(r"\\\n\s*", "", block.code)
    lines = [line.strip() for line in joined.splitlines()]
    if block.language == "console":
        return [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line and not line.startswith("#")]


def _reason(comment):
    found = NOT_RUN.search(comment)
    return found and " ".join(found[1].split())


def _file_spoken_of(text):
    names = re.findall(r"`(\w+\.toml)`", text)
    return names[-1] if names else None
