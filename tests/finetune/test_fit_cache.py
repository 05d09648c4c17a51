"""A training with a cache of decoded images: the same bits, and a record of what happened to it."""

import json
import logging
import warnings

import pytest
from finetune import small
from typer.testing import CliRunner

from artlucid import cli
from artlucid.errors import DataError, DataWarning, OutputError
from artlucid.inputs import View

pytestmark = pytest.mark.usefixtures("tiny")

# 36 images of training and 12 of validation, in two epochs.
SEEN = 2 * (36 + 12)


def entries(folder):
    return sorted(folder.rglob("*.rgb"))


def test_same_bits_without_cold_and_warm(data, tmp_path, monkeypatch):
    without = small.train(data, tmp_path / "without", cache=False)
    cold = small.train(data, tmp_path / "cold", cache=tmp_path / "cache")
    monkeypatch.setattr(View, "read", lambda self, path: pytest.fail("It was decoded."))
    warm = small.train(data, tmp_path / "warm", cache=str(tmp_path / "cache"))
    assert small.bits(without) == small.bits(cold) == small.bits(warm)
    assert without.state["cache"] is None
    recorded = cold.state["cache"]
    assert (recorded["folder"], recorded["notices"]) == (str(tmp_path / "cache"), [])
    # The second epoch begins to be read while the last images of the first are still being kept.
    assert recorded["found"] + recorded["added"] == SEEN and recorded["added"] >= len(entries(tmp_path / "cache")) == 48
    assert (warm.state["cache"]["found"], warm.state["cache"]["added"]) == (SEEN, 0)


def test_resumed_with_another_cache(data, tmp_path):
    whole = small.train(data, tmp_path / "whole", cache=False)
    run = small.train(data, tmp_path / "run", recipe=small.RECIPE, cache=tmp_path / "one")
    state = json.loads((run.path / "state.json").read_text())
    (run.path / "state.json").write_text(json.dumps({**state, "status": "running"}))
    resumed = small.train(data, tmp_path / "run", resume=True, cache=tmp_path / "other", architecture=None)
    assert small.bits(resumed) == small.bits(whole)
    assert resumed.state["cache"]["folder"] == str(tmp_path / "other")


def test_full_cache_is_told_and_recorded(data, tmp_path):
    with pytest.warns(DataWarning, match="limit of 20000 bytes is reached"):
        run = small.train(data, tmp_path / "run", cache=tmp_path / "cache", cache_limit=20_000)
    (notice,) = run.state["cache"]["notices"]
    assert "limit of 20000 bytes" in notice
    assert 0 < len(entries(tmp_path / "cache")) <= 20_000 // (32 * 32 * 3 + 28)


@pytest.mark.parametrize(
    ("options", "error"), [({"cache": "file"}, OutputError), ({"cache": 3}, DataError), ({"cache_limit": 0}, DataError)]
)
def test_unusable_cache_is_refused_before_anything_is_written(options, error, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(error, match="cache"):
        small.train(data, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


@pytest.fixture
def messages_as_before(monkeypatch):
    """The command line sets the messages of its process; here they are put back."""
    logger = logging.getLogger("artlucid")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def command(data, out, *more):
    settings = ("--weights", "none", "--architecture", "tiny", "--batch-size", "12", "--epochs", "1", "--quiet")
    arguments = ("finetune", data.specification, "--out", out, "--precision", "float32", *settings, *more)
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.mark.usefixtures("messages_as_before")
@pytest.mark.filterwarnings("default:nothing more is added")
def test_command_line(data, tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path / "own"))
    assert command(data, tmp_path / "a", "--no-cache").exit_code == 0
    assert not (tmp_path / "own" / "decoded").exists()
    assert command(data, tmp_path / "b", "--cache", tmp_path / "cache", "--cache-limit", "0.00002").exit_code == 0
    assert 0 < len(entries(tmp_path / "cache")) <= 6
    assert command(data, tmp_path / "c").exit_code == 0
    assert len(entries(tmp_path / "own" / "decoded")) == 48


@pytest.mark.usefixtures("messages_as_before")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cache", "cache", "--no-cache"), "One of `--cache` and `--no-cache`"),
        (("--cache-limit", "0"), "positive integer of bytes. Received 0"),
        (("--cache-limit", "nan"), "`--cache-limit` must be a number of gigabytes"),
    ],
)
def test_command_line_refuses(options, message, data, tmp_path):
    done = command(data, tmp_path / "run", *options)
    assert done.exit_code == 2
    assert message in done.stderr
