import numpy as np
import pytest
from activations.plain import hand_made

from artlucid import activations, models


@pytest.fixture(scope="session")
def mini():
    return models.load("none", architecture="mini")


@pytest.fixture(scope="session")
def cache(mini, data, tmp_path_factory):
    """Of twelve images in batches of 5; for reading only."""
    path = tmp_path_factory.mktemp("cache") / "before.h5"
    made = activations.extract(mini, data.test, out=path, options=activations.Options(batch_size=5))
    yield made
    made.close()


@pytest.fixture(scope="session")
def dotted(tmp_path_factory):
    """Black squares of 8 pixels without classes: two white dots in the first, nothing in the second."""
    first = np.zeros((8, 8, 3), np.uint8)
    first[2, 5] = first[3, 1] = 255
    return hand_made(tmp_path_factory.mktemp("dotted"), [first, np.zeros_like(first)])


@pytest.fixture(scope="module")
def small_network(tiny):
    """A network of two convolutions that takes images of 32 pixels."""
    return models.load("none", architecture="tiny", seed=0)
