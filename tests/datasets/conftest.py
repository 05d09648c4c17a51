from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from artlucid.errors import DataError


@pytest.fixture
def refused(expect_refusal) -> Callable[..., AbstractContextManager[None]]:
    """Expect a DataError of three parts."""
    return partial(expect_refusal, kind=DataError)


@pytest.fixture
def draw() -> Callable[..., Path]:
    """Write a small image of one colour, its folders included."""

    def write(path: Path, colour: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (colour, colour, colour)).save(path)
        return path

    return write
