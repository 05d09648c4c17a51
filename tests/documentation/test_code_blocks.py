"""Every block of code on every page of the documentation runs, on drawn images and the network `mini`."""

import os
import shlex
import tomllib
from pathlib import Path

import pytest
from documentation.pages import blocks_of, commands_of, pages
from documentation.quick import LAST_WORDS, substituted
from typer.testing import CliRunner

from artlucid import cli

PAGES = pages()
WITH_BLOCKS = [name for name, path in PAGES.items() if any(block.reason is None for block in blocks_of(path))]

# What artlucid warns of, such as few images, is part of what the pages show.
pytestmark = [
    pytest.mark.documentation,
    pytest.mark.filterwarnings("ignore::artlucid.errors.DataWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning"),
    pytest.mark.filterwarnings("ignore::artlucid.errors.VisualizationWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def run_python(block, namespace):
    # Blank lines put the code where it stands on the page, for what a traceback shows.
    code = "\n" * block.line + substituted(block.code)
    exec(compile(code, "<page>", "exec"), namespace)


def run_commands(block, namespace):
    for command in commands_of(block):
        _, *words = shlex.split(os.path.expandvars(substituted(command)), comments=True)
        result = CliRunner().invoke(cli.app, [*words, *LAST_WORDS.get(words[0], ())])
        assert result.exit_code == 0, f"{command}\n{result.output}{result.exception!r}"


def run_toml(block, namespace):
    assert block.file, "A block of TOML is a file that the text above names."
    tomllib.loads(block.code)
    Path(block.file).write_text(block.code, encoding="utf-8")


LANGUAGES = {"python": run_python, "console": run_commands, "sh": run_commands, "toml": run_toml}


@pytest.mark.parametrize("name", WITH_BLOCKS)
def test_all_blocks_of_a_page(name, work):
    namespace = {"__name__": "__main__"}
    ran = 0
    blocks = blocks_of(PAGES[name])
    for block in blocks:
        if block.reason is None:
            try:
                LANGUAGES[block.language](block, namespace)
            except (Exception, SystemExit) as error:
                error.add_note(f"{name}, line {block.line}")
                raise
            ran += 1
    assert ran == sum(block.reason is None for block in blocks) > 0
