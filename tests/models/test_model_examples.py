"""The examples in the docstrings give what they say."""

import doctest
import importlib
import pkgutil

import pytest

from artlucid import architectures, models

MODULES = [
    module.name
    for package in (architectures, models)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", ["artlucid.architectures", *MODULES])
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
