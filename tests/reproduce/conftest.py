import pytest
from reproduce import miniature

from artlucid import reproduce


@pytest.fixture(scope="session")
def narrow():
    with pytest.MonkeyPatch.context() as patch:
        miniature.register(patch)
        yield


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """Styles and icons, for reading only."""
    return miniature.draw(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="session")
def made(narrow, drawn, tmp_path_factory):
    """A finished rehearsal of one training each; for reading only."""
    out = tmp_path_factory.mktemp("made") / "paper"
    return reproduce.reproduce(miniature.ITEMS, out=out, settings=miniature.settings(drawn))
