"""A cache that is filled where there is no room for all of it; started by `test_resume_cache.py`.

    python full_disk.py FILE

prints what went wrong when the disk was full, and goes on when there is room again.
"""

import resource
import signal
import sys
from pathlib import Path

import numpy as np
from cache_kills import IMAGES, MANIFEST, N_IMAGES, fill, rows

from artlucid import activations
from artlucid.activations._part import part_of
from artlucid.activations._writer import begin
from artlucid.errors import OutputError


def main():
    path = Path(sys.argv[1])
    begin(path, MANIFEST, IMAGES)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (part_of(path).stat().st_size // 2, unlimited[1]))
    try:
        fill(path)
    except OutputError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    fill(path)
    with activations.open(path) as cache:
        found = np.concatenate([cache["a"], cache["b"]], axis=1)
    print(np.array_equal(found, rows(slice(N_IMAGES)).means))


if __name__ == "__main__":
    main()
