import pytest
from finetune import small
from reproduce import miniature

from artlucid import reproduce


@pytest.fixture(scope="session")
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        small.register_tiny(patch)
        yield


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """Styles and icons, for reading only."""
    return miniature.draw(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="session")
def made(tiny, drawn, tmp_path_factory):
    """A finished rehearsal of one training each; for reading only."""
    out = tmp_path_factory.mktemp("made") / "paper"
    return reproduce.reproduce(miniature.ITEMS, out=out, settings=miniature.settings(drawn))
