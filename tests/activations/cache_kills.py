"""A cache that is filled by a process which is killed, again and again; started by `test_resume_cache.py`.

    python cache_kills.py FOLDER

kills a writer before each of its writes and flushes in turn, goes on with what is left, and prints what went wrong.
Processes are forked, which they may be, because nothing here needs TensorFlow.
"""

import os
import signal
import sys
from pathlib import Path

import h5py
import numpy as np

from artlucid import activations
from artlucid.activations._part import part_of
from artlucid.activations._writer import Images, Rows, Writer, begin

LAYERS = [
    {"name": "a", "n_channels": 3, "height": 4, "width": 5},
    {"name": "b", "n_channels": 2000, "height": 300, "width": 2},
]
MANIFEST = {"layers": LAYERS, "blocks": []}
N_IMAGES, A_BLOCK = 20, 8
IMAGES = Images([f"{index}.png" for index in range(N_IMAGES)], None, (), {})


def rows(span):
    generator = np.random.default_rng(0)
    means, maxima = generator.random((2, N_IMAGES, 2003), np.float32)
    places = generator.integers(0, 20, (N_IMAGES, 2003))
    return Rows(means[span], maxima[span], places[span])


def fill(path):
    if not part_of(path).exists():
        begin(path, MANIFEST, IMAGES)
    writer = Writer(path)
    try:
        while writer.finished < N_IMAGES:
            writer.write(rows(slice(writer.finished, min(writer.finished + A_BLOCK, N_IMAGES))))
        writer.finish()
    finally:
        writer.close()


def in_a_fork(work):
    process = os.fork()
    if process == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def kill_at(number):
    """Let the process die before the n-th time that something is written or flushed."""
    count = 0

    def watched(original):
        def counting(*arguments):
            nonlocal count
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(*arguments)

        return counting

    places = ((h5py.Dataset, "__setitem__"), (os, "fsync"), (h5py.AttributeManager, "modify"), (os, "replace"))
    for owner, name in places:
        setattr(owner, name, watched(getattr(owner, name)))


def main():
    folder, number = Path(sys.argv[1]), 0
    while True:
        number += 1
        path = folder / f"{number}.h5"

        def killed(path=path, number=number):
            kill_at(number)
            fill(path)

        status = in_a_fork(killed)
        if status != -signal.SIGKILL:
            break
        if path.exists():
            print(f"{number}: named before it was finished")
        fill(path)
        with activations.open(path) as cache:
            expected = rows(slice(None))
            found = np.concatenate([cache["a"], cache["b"]], axis=1)
            maxima = np.concatenate([cache.maximum("a"), cache.maximum("b")], axis=1)
            if not (np.array_equal(found, expected.means) and np.array_equal(maxima, expected.maxima)):
                print(f"{number}: other values")
        if leftovers := [left.name for left in folder.iterdir() if left.name != path.name]:
            print(f"{number}: leftovers {leftovers}")
        path.unlink()
    print(f"killed {number - 1} times, then status {status}")


if __name__ == "__main__":
    main()
