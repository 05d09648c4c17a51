"""The page with Lucid's names names each once, and each is where the page says, with Lucid's signature."""

import ast
import inspect
import re
from functools import reduce
from pathlib import Path

import pytest

from artlucid import visualize

PAGE = Path(__file__).parents[2] / "docs" / "lucid-names.md"
NAMES = dict(
    re.fullmatch(r"([\w.]+)(.*)", line).groups()
    for line in (Path(__file__).parent / "values" / "lucid_names.txt").read_text().splitlines()
)

# What these lack; the page says so.
LACKING = {"render.import_model": ["input_map"], "render.make_optimizer": ["args"]}


def rows():
    """First and second cell of each row about `optvis`, the names of a package in full."""
    tables = PAGE.read_text(encoding="utf-8").partition("## Beside optvis")[0]
    for line in tables.splitlines():
        if line.startswith("| `"):
            _, names, where, _ = line.split("|")
            package = re.match(r" `(\w+)", names).group(1)
            found = re.findall(r"`([\w.]+)(?:\(\))?`", names)
            yield [f"{package}.{name.rpartition('.')[2]}" for name in found if name != "objectives_util"], where


PLACES = {name: where for names, where in rows() for name in names}
HERE = [name for name, where in PLACES.items() if "not here" not in where]
WITH_SIGNATURE = [name for name in HERE if NAMES.get(name)]


def counterpart(name, where):
    """What the first place in a row's second cell has under this name."""
    place = re.search(r"`visualize\.([\w.]+)`", where).group(1).split(".")
    return reduce(getattr, [*place, name.partition(".")[2]], visualize)


def test_each_name_stands_once():
    listed = [name for names, _ in rows() for name in names]
    assert sorted(listed) == sorted(NAMES)


@pytest.mark.parametrize("name", HERE)
def test_each_name_is_where_the_page_says(name):
    assert counterpart(name, PLACES[name]) is not None


@pytest.mark.parametrize("name", WITH_SIGNATURE)
def test_signatures_are_lucids(name):
    names, defaults = parameters(NAMES[name])
    ours = inspect.signature(counterpart(name, PLACES[name])).parameters
    positional = [one.name for one in ours.values() if one.kind is not one.KEYWORD_ONLY]
    assert [one for one in names if one not in LACKING.get(name, [])] == positional[: len(names)]
    assert set(LACKING.get(name, [])).isdisjoint(ours)
    for argument in set(defaults) & set(positional):
        assert shown(ours[argument].default) == defaults[argument]


def parameters(signature):
    """Names of positional parameters, and the defaults of those that have one."""
    arguments = ast.parse(f"def f{signature}: pass").body[0].args
    names = [argument.arg for argument in (*arguments.args, arguments.vararg, arguments.kwarg) if argument]
    values = [one.id if isinstance(one, ast.Name) else ast.literal_eval(one) for one in arguments.defaults]
    last = len(arguments.args)
    return names, dict(zip(names[last - len(values) : last], values, strict=True))


def shown(default):
    return default.__name__ if inspect.isfunction(default) else default
