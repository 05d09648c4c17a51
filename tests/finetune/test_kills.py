"""Whatever write a run is killed in, resumed it ends with the bits of one that was never stopped."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from finetune import kills, small

TESTS = Path(__file__).parents[1]
# Four files begin a run, each epoch writes five, two end it.
WRITES = 4 + 2 * 5 + 2


@pytest.fixture(scope="module")
def killed(tiny, data, tmp_path_factory):
    """A run of each case, and what it would have left if it had been killed in the middle of each of its writes."""
    trained = {}

    def train(case):
        if case not in trained:
            folder = tmp_path_factory.mktemp(case)
            with pytest.MonkeyPatch.context() as patch:
                kept = keep_every_write(folder, patch)
                whole = small.train(data, folder / "whole", **kills.CASES[case])
            trained[case] = whole, kept
        return trained[case]

    return train


def keep_every_write(folder, patch):
    """Copy the run whenever a file of it is written, with that file half written, before it is in its place."""
    kept, fsync = [], os.fsync

    def keeping(descriptor):
        out = shutil.copytree(folder / "whole", folder / f"at-{len(kept) + 1}")
        (part,) = out.rglob(".*.part")
        os.truncate(part, part.stat().st_size // 2)
        # Of another process, as it would be.
        part.rename(part.with_name(part.name.replace(f".{os.getpid()}.", ".1.")))
        kept.append(out)
        fsync(descriptor)

    patch.setattr(os, "fsync", keeping)
    return kept


def complaints_after(killed, case, write, data, tmp_path):
    whole, kept = killed(case)
    assert len(kept) == WRITES
    out = shutil.copytree(kept[write - 1], tmp_path / "run")
    assert len(list(out.rglob(".*.part"))) == 1
    found = kills.complaints_about(out)
    small.train(data, out, resume=True, **kills.CASES[case])
    return [*found, *kills.compare(whole, out)]


@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_killed_in_any_write(write, killed, data, tmp_path):
    assert complaints_after(killed, "sgd", write, data, tmp_path) == []


# best.h5, last.h5 and the checkpoint of the second epoch: where optimizer and order of images must go on.
@pytest.mark.parametrize("write", [10, 12])
@pytest.mark.parametrize("case", ["adam", "bfloat16", "from_scratch"])
def test_killed_in_the_second_epoch(case, write, killed, data, tmp_path):
    assert complaints_after(killed, case, write, data, tmp_path) == []


@pytest.mark.processes
def test_processes_that_are_killed_and_disks_that_are_full(tmp_path):
    """In processes of their own, by a signal and by a limit of the system."""
    small.draw_dataset(tmp_path / "data")
    wanted = {"adam": [10, 12], "sgd full": [1, 5, 11]}
    done = subprocess.run(
        [sys.executable, "-m", "finetune.kills", tmp_path / "data", tmp_path, json.dumps(wanted)],
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {case: {"writes": WRITES, "found": {}} for case in wanted}, done.stderr
