import shutil
from collections.abc import Iterator

import pytest
from finetune import shelf, small

from artlucid import runs
from artlucid.runs import Run


@pytest.fixture(scope="session")
def tiny() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        small.register_tiny(patch)
        yield


@pytest.fixture(scope="session")
def finished(tiny, data, tmp_path_factory) -> Run:
    """A finished run that kept its epochs; for reading only."""
    return small.train(data, tmp_path_factory.mktemp("finished") / "run", keep_epochs=True)


@pytest.fixture(scope="session")
def svm(tiny, data, tmp_path_factory) -> Run:
    """A finished run with support vector machines; for reading only."""
    return shelf.train(data, tmp_path_factory.mktemp("svm") / "run", head=shelf.SVM)


@pytest.fixture
def copied(finished, tmp_path) -> Run:
    """A copy of the finished run, to be damaged."""
    shutil.copytree(finished.path, tmp_path / "copy")
    return runs.open_run(tmp_path / "copy")
