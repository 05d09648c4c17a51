"""The public names are those of ``public_names.txt``, which ``python -m tests.test_public_names`` writes anew."""

from importlib import import_module
from pathlib import Path

import pytest

import artlucid

SNAPSHOT = Path(__file__).with_name("public_names.txt")


def names_of(module: str) -> list[str]:
    return [f"{module}.{name}" for name in sorted(import_module(f"artlucid.{module}").__all__)]


@pytest.mark.parametrize("module", artlucid.__all__)
def test_public_names_are_those_of_the_snapshot(module):
    expected = {line for line in SNAPSHOT.read_text().splitlines() if line.split(".")[0] == module}
    found = set(names_of(module))
    assert found == expected, (
        f"Missing: {sorted(expected - found)}. New: {sorted(found - expected)}. "
        "If that is meant, say so in CHANGELOG.md and run `python -m tests.test_public_names` in the repository."
    )


@pytest.mark.parametrize("module", artlucid.__all__)
def test_public_names_exist_once(module):
    public = getattr(artlucid, module)
    assert len(set(public.__all__)) == len(public.__all__)
    assert [name for name in public.__all__ if not hasattr(public, name)] == []


def test_snapshot_names_public_modules_only():
    assert {line.split(".")[0] for line in SNAPSHOT.read_text().splitlines()} <= set(artlucid.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        artlucid.nonsense  # noqa: B018


def test_dir_lists_public_modules():
    assert set(artlucid.__all__) <= set(dir(artlucid))


if __name__ == "__main__":
    SNAPSHOT.write_text("".join(f"{name}\n" for module in artlucid.__all__ for name in names_of(module)))
