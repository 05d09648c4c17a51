"""What must hold of the pages and examples before any of their code runs."""

import ast
import re
import shlex

import pytest
from documentation.pages import LISTINGS, NOT_RUN, ROOT, blocks_of, commands_of, pages
from documentation.quick import SUBSTITUTIONS

PAGES = pages()
BLOCKS = {name: blocks_of(path) for name, path in PAGES.items()}
RUN = [(name, block) for name, blocks in BLOCKS.items() for block in blocks if block.reason is None]
EXAMPLES = sorted((ROOT / "examples").glob("[!_]*.py"))

LANGUAGES = {"python", "console", "sh", "toml"}


def test_every_block_is_of_a_language_that_the_tests_run():
    others = {(name, block.line, block.language) for name, block in RUN if block.language not in LANGUAGES}
    assert others == set(), f"Run it, mark it as not run, or make it one of {LISTINGS}."


def test_every_command_is_one_of_artlucid():
    commands = [
        (name, block.line, line)
        for name, block in RUN
        if block.language in ("console", "sh")
        for line in commands_of(block)
    ]
    assert len(commands) > 20
    assert [command for command in commands if shlex.split(command[2])[0] != "artlucid"] == []


def test_what_a_terminal_shows_begins_with_a_command():
    shown = [(name, block) for name, block in RUN if block.language == "console"]
    assert [(name, block.line) for name, block in shown if not block.code.startswith("$ ")] == []


@pytest.mark.parametrize("name", PAGES)
def test_what_is_not_run_says_so_above_a_block(name):
    marks = NOT_RUN.findall(PAGES[name].read_text(encoding="utf-8"))
    reasons = [block.reason for block in BLOCKS[name] if block.reason is not None]
    assert [" ".join(mark.split()) for mark in marks] == reasons
    # A word is no reason.
    assert all(len(reason.split()) > 1 for reason in reasons)


def test_nothing_is_substituted_that_no_page_says():
    text = "".join(block.code for _, block in RUN)
    assert [said for said in SUBSTITUTIONS if said not in text] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example_says_its_command_its_cost_and_what_to_expect(path):
    title, line, *_ = (said := ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))).splitlines()
    assert line == "=" * len(title), "The gallery takes the title of the example from there."
    assert f"Command::\n\n    python examples/{path.name}" in said
    assert re.search(r"^Cost: .+", said, re.MULTILINE) and re.search(r"^Expected: .+", said, re.MULTILINE)
