"""An extraction that ended early goes on, and gives the bits that it would have given."""

import dataclasses
import itertools
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from activations import plain

from artlucid import activations, environment
from artlucid.activations import _writer
from artlucid.activations._extraction import _extract, _pooled, _request
from artlucid.datasets.images import DECODER
from artlucid.errors import ActivationsError

OPTIONS = activations.Options(batch_size=2, cache=False)


class StoppedError(Exception):
    """What ends the work."""


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(_extract, "IMAGES_A_BLOCK", 4)


@pytest.fixture
def computed(monkeypatch):
    """How many images the network was run on, call by call."""
    counts = []
    run = _pooled.Pooled.__call__
    monkeypatch.setattr(
        _pooled.Pooled, "__call__", lambda self, images: counts.append(len(images)) or run(self, images)
    )
    return counts


def stop_after(monkeypatch, blocks):
    """Let the work end after so many blocks are written."""
    write = _writer.Writer.write
    written = []

    def limited(self, rows):
        if len(written) == blocks:
            raise StoppedError
        written.append(len(rows))
        write(self, rows)

    monkeypatch.setattr(_writer.Writer, "write", limited)


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_goes_on_at_the_block(blocks, small_network, data, tmp_path, small_blocks, computed, monkeypatch):
    out = tmp_path / "x.h5"
    with monkeypatch.context() as patch, pytest.raises(StoppedError):
        stop_after(patch, blocks)
        activations.extract(small_network, data.test, out=out, options=OPTIONS)
    assert not out.exists() and out.with_name("x.h5.part").exists()
    with pytest.raises(ActivationsError, match=r"x\.h5\.part.*goes on there"):
        activations.open(out)
    with pytest.raises(ActivationsError, match=f"with {4 * blocks} of 12 images"):
        activations.open(out.with_name("x.h5.part"))
    computed.clear()
    activations.extract(small_network, data.test, out=out, options=OPTIONS).close()
    assert sum(computed) == 12 - 4 * blocks
    whole = tmp_path / "whole.h5"
    activations.extract(small_network, data.test, out=whole, options=OPTIONS).close()
    resumed, expected = plain.content(out), plain.content(whole)
    assert resumed.keys() == expected.keys()
    for name, values in expected.items():
        assert np.array_equal(resumed[name], values), name
    assert not list(tmp_path.glob("*.part*"))


def test_batches_side_by_side_in_their_order(small_network, data, tmp_path, monkeypatch):
    one_by_one, side_by_side = tmp_path / "x.h5", tmp_path / "y.h5"
    with monkeypatch.context() as patch:
        patch.setattr(_extract, "AT_A_TIME", 1)
        activations.extract(small_network, data.test, out=one_by_one, options=OPTIONS).close()
    run, calls, another = _pooled.Pooled.__call__, itertools.count(), threading.Event()

    def held_up(self, images):
        # The first ends after another has begun.
        assert next(calls) or another.wait(timeout=20)
        another.set()
        return run(self, images)

    monkeypatch.setattr(_pooled.Pooled, "__call__", held_up)
    activations.extract(small_network, data.test, out=side_by_side, options=OPTIONS).close()
    expected = plain.content(one_by_one)
    for name, values in plain.content(side_by_side).items():
        assert np.array_equal(values, expected[name]), name


def test_what_was_computed_before_a_failure_is_kept(small_network, data, tmp_path, small_blocks, monkeypatch):
    run, calls = _pooled.Pooled.__call__, itertools.count()

    def failing(self, images):
        if next(calls) >= 5:
            raise StoppedError
        return run(self, images)

    out = tmp_path / "x.h5"
    monkeypatch.setattr(_pooled.Pooled, "__call__", failing)
    with pytest.raises(StoppedError):
        activations.extract(small_network, data.test, out=out, options=OPTIONS)
    with pytest.raises(ActivationsError, match="with 8 of 12 images"):
        activations.open(out.with_name("x.h5.part"))


def test_finished_ones_are_taken_as_they_are(small_network, data, tmp_path, computed):
    out = tmp_path / "x.h5"
    activations.extract(small_network, data.test, out=out, options=OPTIONS).close()
    before, number = out.stat().st_mtime_ns, len(computed)
    # The batch size matters to the last bits only.
    other = dataclasses.replace(OPTIONS, batch_size=3)
    assert len(activations.extract(small_network, data.test, out=out, options=other)) == 12
    assert (out.stat().st_mtime_ns, len(computed)) == (before, number)


@pytest.fixture
def unfinished(small_network, data, tmp_path, small_blocks):
    """Four of twelve images are done."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(StoppedError):
        stop_after(patch, 1)
        activations.extract(small_network, data.test, out=tmp_path / "x.h5", options=OPTIONS)
    return tmp_path / "x.h5"


@pytest.mark.parametrize("what", ["batch size", "decoding", "threads"])
def test_unfinished_ones_only_with_the_same_bits(what, unfinished, small_network, data, monkeypatch, expect_refusal):
    options, sides = OPTIONS, f"{what} was {DECODER}, asked for another Pillow"
    if what == "batch size":
        options, sides = dataclasses.replace(OPTIONS, batch_size=3), "batch size was 2, asked for 3"
    elif what == "decoding":
        monkeypatch.setattr(_request, "DECODER", "another Pillow")
    else:
        monkeypatch.setattr(environment, "threads", lambda: {"intra_op": 99})
        sides = "asked for intra_op 99"
    with expect_refusal("as it was begun", sides, "remove this file", kind=ActivationsError):
        activations.extract(small_network, data.test, out=unfinished, options=options)
    assert unfinished.with_name("x.h5.part").exists()


def test_killed_at_every_write(tmp_path):
    script = Path(__file__).with_name("cache_kills.py")
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    # Six datasets, two flushes with the count between them, three blocks; the beginning and the end.
    assert int(re.fullmatch(r"killed (\d+) times, then status 0", line)[1]) == 3 * (6 + 3) + 3


def test_full_disk_while_it_is_filled(tmp_path):
    script = Path(__file__).with_name("full_disk.py")
    done = subprocess.run([sys.executable, script, tmp_path / "x.h5"], capture_output=True, text=True, check=True)
    refusal, same = done.stdout.splitlines()
    assert refusal.startswith(
        f"{tmp_path / 'x.h5'} must be writable, on a disk with room for it. Received: File too large. "
    )
    assert "extract again" in refusal and same == "True"
    assert done.stderr == ""
