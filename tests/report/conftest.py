"""A page that was made up, and a browser to look at it."""

from __future__ import annotations

import os
import shutil

import pytest
from report import fabricated

from artlucid import report

SIZES = {"wide": (1920, 1080), "middle": (1024, 768), "phone": (360, 740)}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A comparison of three models; for reading only."""
    return fabricated.make(tmp_path_factory.mktemp("fabricated"))


@pytest.fixture(scope="session")
def pictures(made, tmp_path_factory):
    """Folders of optimized images of the three models; for reading only."""
    folder = tmp_path_factory.mktemp("pictures")
    channels = [("mixed4d_3x3", channel) for channel in range(40)] + [fabricated.DEAD]
    for place in range(3):
        fabricated.add_pictures(folder / str(place), made, place, channels)
    return folder


@pytest.fixture(scope="session")
def page(made, pictures, tmp_path_factory):
    """The page of it; for reading only."""
    out = tmp_path_factory.mktemp("written") / "a page"
    return report.write(made.path, out=out, options=report.Options(pictures=[pictures]))


@pytest.fixture(scope="session")
def browser():
    """Chromium, as Debian has it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed.")
    path = os.environ.get("ARTLUCID_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("There is no chromium: install Debian's, or set ARTLUCID_CHROMIUM to its path.")
    with playwright.sync_playwright() as started:
        # As root, which CI is, Chromium has no sandbox; it only opens files that these tests wrote.
        opened = started.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


def lost(asked):
    """Whether a file did not come, though nobody left the page meanwhile."""
    return asked.failure != "net::ERR_ABORTED"


@pytest.fixture
def look(browser, request):
    """Open a page as a reader would; whatever goes wrong in it, or leaves the disk, fails the test."""
    contexts, wrong = [], []

    def open_page(path, at="", size="wide", scheme="light"):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(20_000)
        tab.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("requestfailed", lambda asked: wrong.append(f"{asked.url} {asked.failure}") if lost(asked) else None)
        tab.on(
            "request",
            lambda asked: None if asked.url.startswith(("file:", "data:", "blob:")) else wrong.append(asked.url),
        )
        tab.goto(f"{path.as_uri()}{at}")
        tab.wait_for_selector("html[data-ready]", state="attached")
        return tab

    open_page.wrong = wrong
    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []
