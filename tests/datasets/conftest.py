from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from PIL import Image

from artlucid.errors import DataError


@pytest.fixture
def refused() -> Callable[..., AbstractContextManager[None]]:
    """Expect a DataError that says the rule, then what was received, then what to do."""

    @contextmanager
    def expect(rule: str, received: str, advice: str) -> Iterator[None]:
        with pytest.raises(DataError) as caught:
            yield
        message = str(caught.value)
        before, word, after = message.partition("Received")
        assert rule in before, message
        assert word, message
        assert received in after, message
        assert advice in after[after.index(received) + len(received) :], message

    return expect


@pytest.fixture
def draw() -> Callable[..., Path]:
    """Write a small image of one colour, its folders included."""

    def write(path: Path, colour: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (colour, colour, colour)).save(path)
        return path

    return write
