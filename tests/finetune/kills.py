"""Trainings that are killed, in processes of their own, and resumed; started by `test_kills.py`.

    python -m finetune.kills DATA FOLDER '{"CASE": [WRITE, ...], ...}'

kills a training of each CASE in the middle of each of the given writes and prints, as JSON, how many writes there are
and what went wrong. Processes are forked, so that TensorFlow is imported once.
"""

import contextlib
import dataclasses
import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path

import pytest
from finetune import small

from artlucid import datasets, recipes, runs
from artlucid.errors import OutputError
from artlucid.models.weights import _own

ADAM = dataclasses.replace(
    small.RECIPE, optimizer="adam", schedule="constant", head_rate=recipes.RECIPES["demo"].head_rate
)
CASES = {
    "sgd": {"recipe": small.RECIPE},
    "adam": {"recipe": ADAM},
    "bfloat16": {"recipe": small.RECIPE, "precision": "bfloat16"},
    "from_scratch": {
        "recipe": dataclasses.replace(recipes.RECIPES["from_scratch"], name="small", epochs=2, batch_size=8)
    },
}


def in_a_fork(work):
    """Wait for a forked process to do it; the exit status, negative for a signal."""
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def at_write(number, happening):
    """Let something happen when a file is written for the n-th time, before it is in its place."""
    written, fsync = [], os.fsync

    def counting(descriptor):
        written.append(descriptor)
        if len(written) == number:
            happening(descriptor)
        fsync(descriptor)

    os.fsync = counting
    return written


def kill_half_written(descriptor):
    os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)


def fill_the_disk(_):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if "logs" not in path.parts}


def complaints_about(out):
    """Whatever stands in its place must be whole."""
    found = []
    for path in out.rglob("*.h5"):
        if path.parent.name != "checkpoint":
            _own.read(path)
    if (out / "run.json").exists():
        state = runs.open_run(out).state
        done, kept = state["epochs_done"], len(runs.open_run(out).history)
        if kept < done:
            found.append(f"state.json counts {done} epochs, history.csv has {kept}")
        if state["status"] not in ("running", "failed", "finished"):
            found.append(f"status {state['status']}")
    return found


def compare(whole, out):
    different = [name for name, content in small.bits(whole).items() if small.bits(runs.open_run(out))[name] != content]
    if files(out) != files(whole.path):
        different.append(f"files {sorted(files(out) ^ files(whole.path))}")
    if runs.open_run(out).state["status"] != "finished":
        different.append("not finished")
    return different


def main():
    data, folder, wanted = datasets.folder(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    with pytest.MonkeyPatch.context() as patch:
        small.register_tiny(patch)
        print(json.dumps({case: killed(data, folder / case, case, wanted[case]) for case in wanted}))


def killed(data, folder, case, writes):
    options = CASES[case.removesuffix(" full")]

    def count():
        written = at_write(0, None)
        small.train(data, folder / "whole", **options)
        (folder / "writes").write_text(str(len(written)))

    assert in_a_fork(count) == 0
    whole, found = runs.open_run(folder / "whole"), {}
    for number in writes:
        found[number] = one(data, folder / f"at-{number}", number, options, whole, full=case.endswith(" full"))
    return {
        "writes": int((folder / "writes").read_text()),
        "found": {number: what for number, what in found.items() if what},
    }


def one(data, out, number, options, whole, *, full):
    def stopped():
        at_write(number, fill_the_disk if full else kill_half_written)
        with contextlib.suppress(OutputError) if full else contextlib.nullcontext():
            small.train(data, out, **options)
            os._exit(9)

    status = in_a_fork(stopped)
    if status != (0 if full else -signal.SIGKILL):
        return [f"ended with {status}"]
    leftover = [path.name for path in out.rglob(".*.part")]
    if len(leftover) != (0 if full else 1):
        return [f"leftovers {leftover}"]
    found = complaints_about(out)
    if (status := in_a_fork(lambda: small.train(data, out, resume=True, **options))) != 0:
        return [*found, f"resuming ended with {status}"]
    return [*found, *compare(whole, out)]


if __name__ == "__main__":
    main()
