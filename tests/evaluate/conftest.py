import pytest
from evaluate import networks
from finetune import small


@pytest.fixture(scope="session")
def objects(tmp_path_factory):
    """Four classes, several or none an image; for reading only. Evaluating warns: no test image has ruins."""
    return networks.draw_objects(tmp_path_factory.mktemp("objects"))


@pytest.fixture(scope="module")
def pair(tiny):
    """Two networks of the classes of `data`."""
    return [networks.network_for(small.CLASS_NAMES, seed=seed, source=f"network-{seed}") for seed in (0, 1)]


@pytest.fixture(scope="module")
def pair_of_objects(tiny):
    """Two networks of the classes of `objects`."""
    return [
        networks.network_for(networks.OBJECTS, seed=seed, activation="sigmoid", source=f"network-{seed}")
        for seed in (0, 1)
    ]
