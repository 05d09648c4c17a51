"""Whatever write a run is killed in, resumed it ends with the bits of one that was never stopped."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from finetune import small

SCRIPT = Path(__file__).with_name("kills.py")
# Four files begin a run, each epoch writes five, two end it.
WRITES = 4 + 2 * 5 + 2


def killed(tmp_path, case, *writes):
    small.draw_dataset(tmp_path / "data")
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "data", tmp_path, case, *map(str, writes)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


# All writes, in two halves that can run side by side.
@pytest.mark.parametrize("writes", [range(1, 10), range(10, WRITES + 1)], ids=["begin", "end"])
def test_killed_in_any_write(writes, tmp_path):
    result, messages = killed(tmp_path, "sgd", *writes)
    assert result == {"writes": WRITES, "found": {}}, messages


# best.h5, last.h5 and the checkpoint of the second epoch: where optimizer and order of images must go on.
@pytest.mark.parametrize("case", ["adam", "bfloat16", "from_scratch"])
def test_killed_in_the_second_epoch(case, tmp_path):
    result, messages = killed(tmp_path, case, 10, 12)
    assert result == {"writes": WRITES, "found": {}}, messages


def test_disk_that_is_full_after_any_write(tmp_path):
    result, messages = killed(tmp_path, "sgd full", 1, 5, 11)
    assert result == {"writes": WRITES, "found": {}}, messages
