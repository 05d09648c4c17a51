"""What must hold of the repository as a whole."""

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import artlucid

ROOT = Path(__file__).parent.parent
MAXIMAL_BYTES = 600 * 1024
HOME_FOLDER = re.compile(rb"(?<![\w.])/(root|home|Users)/\w")
SETUP_COMMAND = re.compile(r"^<!-- (\w+): begin -->\n```sh\n(.+?)\n```\n<!-- \1: end -->$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What git has or would add."""
    if not (ROOT / ".git").exists():
        pytest.skip("This is not a git checkout.")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_is_large(files):
    assert [str(path) for path in files if path.stat().st_size > MAXIMAL_BYTES] == []


def test_no_file_names_a_home_folder(files):
    assert [str(path) for path in files if HOME_FOLDER.search(path.read_bytes())] == []


def test_readme_has_two_set_up_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = dict(SETUP_COMMAND.findall(readme))
    assert list(commands) == ["demo", "tests"]
    assert readme.count("```sh\n") == 2
    assert "artlucid demo" in commands["demo"]
    assert "-m pytest" in commands["tests"]


def test_one_version_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)[1]
    assert {version("artlucid"), citation["version"], newest} == {artlucid.__version__}


def test_citation_names_the_paper():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["references"][0]["identifiers"][0]["value"] == "arXiv:2011.02727"
