import os
from pathlib import Path

import pytest

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the real data and weights."""
    if not (folder := os.environ.get("ARTLUCID_DATA")):
        pytest.skip("ARTLUCID_DATA is not set: it names the folder with the real data and weights.")
    if not Path(folder).is_dir():
        pytest.skip(f"ARTLUCID_DATA is not a folder: {folder}.")
    return Path(folder)
