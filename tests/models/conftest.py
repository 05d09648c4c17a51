from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from plain_inception import draw

from artlucid import architectures
from artlucid.errors import WeightsError
from artlucid.models._load import from_weights
from artlucid.models.weights._record import Weights

CLASSES = 5


@pytest.fixture(scope="session")
def arrays():
    """Arrays of `mini` with five classes, of a size that keeps activations in range."""
    return draw("mini", CLASSES)


@pytest.fixture
def weights(arrays):
    return Weights(arrays, architectures.get("mini"), ("bat", "cat", "ewe", "gnu", "hen"))


@pytest.fixture(scope="session")
def network(arrays):
    return from_weights(Weights(arrays, architectures.get("mini")), source="drawn")


@pytest.fixture(scope="session")
def images():
    return np.random.default_rng(1).uniform(0, 255, (2, 65, 78, 3)).astype(np.float32)


@pytest.fixture
def refused(expect_refusal) -> Callable[..., AbstractContextManager[None]]:
    """Expect an error of three parts, a WeightsError unless told otherwise."""

    def expect(rule: str, received: str, advice: str, kind: type[Exception] = WeightsError):
        return expect_refusal(rule, received, advice, kind=kind)

    return expect
