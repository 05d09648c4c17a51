"""Wherever a reproduction is killed, started again it ends with the bytes of one that was never stopped."""

import os
import shutil

import pytest
from reproduce import miniature

from artlucid import reproduce

pytestmark = pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning", "ignore::artlucid.errors.DataWarning")

ITEMS = ("table1", "table2", "figure5", "figure7")
WRITES = (1, 8, 40, 70, 100, 130)
"""When the folder is copied: in the middle of writing a file for the n-th time."""


@pytest.fixture(scope="module")
def killed(narrow, drawn, tmp_path_factory):
    """Results of a whole reproduction, and what it would have left if it had been killed in its writes."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        kept = keep_some_writes(folder, patch)
        reproduce.reproduce(ITEMS, out=folder / "paper", settings=miniature.settings(drawn))
    (folder / "paper").rename(folder / "whole")
    return folder, kept


def keep_some_writes(folder, patch):
    """Copy the folder at some writes, with the file half written, before it is in its place."""
    written, kept, fsync = [], {}, os.fsync

    def keeping(descriptor):
        written.append(descriptor)
        if len(written) in WRITES:
            kept[len(written)] = shutil.copytree(folder / "paper", folder / f"at-{len(written)}", symlinks=True)
            for part in kept[len(written)].rglob(".*.part"):
                part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
        fsync(descriptor)

    patch.setattr(os, "fsync", keeping)
    return kept


def test_what_was_left_is_of_every_stage(killed):
    _, kept = killed
    assert set(kept) == set(WRITES)
    folders = [{path.name for path in left.iterdir() if path.is_dir()} for left in kept.values()]
    assert folders[0] == set()
    assert {"runs", "scores", "comparisons", "pictures"} <= set.union(*folders)


@pytest.mark.parametrize("write", WRITES)
def test_started_again_it_ends_with_the_same_bytes(write, killed, drawn):
    folder, kept = killed
    left = kept[write].rename(folder / "paper")
    try:
        planned = reproduce.plan(ITEMS, out=left, settings=miniature.settings(drawn))
        assert not all(step.done for step in planned.steps)
        reproduce.reproduce(ITEMS, out=left, settings=miniature.settings(drawn))
        assert miniature.results(left) == miniature.results(folder / "whole")
        assert not [part for part in left.rglob(".*.part") if "pictures" not in part.parts]
    finally:
        left.rename(folder / f"done-{write}")
