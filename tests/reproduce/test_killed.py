"""Wherever a reproduction is killed, started again it ends with the bytes of one that was never stopped."""

import os
import shutil

import pytest
from reproduce import miniature

from artlucid import reproduce

pytestmark = [
    pytest.mark.reproduction,
    pytest.mark.filterwarnings("ignore::artlucid.errors.RunWarning", "ignore::artlucid.errors.DataWarning"),
]

ITEMS = ("table1", "figure6", "figure7")
STAGES = ("", "runs", "scores", "comparisons", "pictures", "figures")
"""When the folder is copied: in the middle of the second write after this part of it came into being."""


@pytest.fixture(scope="module")
def killed(narrow, drawn, tmp_path_factory):
    """Results of a whole reproduction, and what it would have left if it had been killed at each stage."""
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        kept = keep_each_stage(folder, patch)
        reproduce.reproduce(ITEMS, out=folder / "paper", settings=miniature.settings(drawn))
    (folder / "paper").rename(folder / "whole")
    return folder, kept


def keep_each_stage(folder, patch):
    """Copy the folder at each stage, with the file that is being written half written."""
    seen, kept, fsync = dict.fromkeys(STAGES, 0), {}, os.fsync

    def keeping(descriptor):
        for stage in STAGES:
            seen[stage] += (folder / "paper" / stage).exists()
            # What stands in the folder at its first write of all is that one file.
            if stage not in kept and seen[stage] == (2 if stage else 1):
                kept[stage] = shutil.copytree(folder / "paper", folder / f"at-{stage or 'begin'}", symlinks=True)
                for part in kept[stage].rglob(".*.part"):
                    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
        fsync(descriptor)

    patch.setattr(os, "fsync", keeping)
    return kept


def test_every_stage_left_something(killed):
    _, kept = killed
    assert set(kept) == set(STAGES)
    assert {path.suffix for path in kept[""].iterdir() if path.name != ".lock"} == {".part"}


def test_killed_at_its_first_write_it_begins_anew(killed, drawn):
    _, kept = killed
    planned = reproduce.plan(ITEMS, out=kept[""], settings=miniature.settings(drawn))
    assert not any(step.done for step in planned.steps)


@pytest.mark.parametrize("stage", STAGES[1:])
def test_started_again_it_ends_with_the_same_bytes(stage, killed, drawn):
    folder, kept = killed
    left = kept[stage].rename(folder / "paper")
    try:
        planned = reproduce.plan(ITEMS, out=left, settings=miniature.settings(drawn))
        assert not all(step.done for step in planned.steps)
        reproduce.reproduce(ITEMS, out=left, settings=miniature.settings(drawn))
        assert miniature.results(left) == miniature.results(folder / "whole")
        assert not [part for part in left.rglob(".*.part") if "pictures" not in part.parts]
    finally:
        left.rename(folder / f"done-{stage}")
