import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
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


@pytest.fixture(scope="session", autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep decoded images out of the user's own cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARTLUCID_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def own_level_of_log() -> Iterator[None]:
    """Leave the log as it was: the command line, which many tests call, sets its level for the whole process."""
    logger = logging.getLogger("artlucid")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.fixture
def expect_refusal() -> Callable[..., AbstractContextManager[None]]:
    """Expect an error that says the rule, then what was received, then what to do."""

    @contextmanager
    def expect(rule: str, received: str, advice: str, *, kind: type[Exception]) -> Iterator[None]:
        with pytest.raises(kind) as caught:
            yield
        message = str(caught.value)
        before, word, after = message.partition("Received")
        assert rule in before, message
        assert word, message
        assert received in after, message
        assert advice in after[after.index(received) + len(received) :], message

    return expect


@pytest.fixture(scope="module")
def tiny() -> Iterator[None]:
    """Put the architecture `tiny`, which trains in a second, among the known ones."""
    from finetune import small

    with pytest.MonkeyPatch.context() as patch:
        small.register_tiny(patch)
        yield


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Three classes of small drawn images, for reading only."""
    from finetune import small

    return small.draw_dataset(tmp_path_factory.mktemp("data"))
