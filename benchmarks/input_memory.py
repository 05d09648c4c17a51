"""The memory of the input pipeline over epochs, with few and with many file names.

    python benchmarks/input_memory.py --out /tmp/input-memory

Cost: four minutes on two cores, 0.3 GB of disk for 82,000 names (hard links to a few drawn images; a file system that
counts them takes as many).
Expected: a line for 2,000 and for 80,000 names; from half of the way on neither grows by more than 30 MB, and the
larger one takes at most 100 MB more, its names and labels among them. Exit code 0 if that holds, else 1.

Each number of names is measured in a process of its own, after every 2,000 images of one training: an epoch of the
smaller split, a stretch of one of the larger.
"""

import argparse
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

NAMES = (2_000, 80_000)
CLASSES = 25
BATCH_SIZE = 32
DRAWN = 50
GROWTH = 30
MORE = 100


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder for the names; it is removed afterwards")
    parser.add_argument("--stretches", type=int, default=12, help="of 2,000 images")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    return parser.parse_args()


def draw(folder: Path, names: int) -> None:
    """Make a training and a validation split of so many names in RASTA's layout."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    drawn = [folder / "drawn" / f"{index}.jpg" for index in range(DRAWN)]
    drawn[0].parent.mkdir(parents=True)
    for path in drawn:
        coarse = Image.fromarray(generator.integers(0, 256, (12, 16, 3)).astype(np.uint8))
        coarse.resize((400, 300), Image.Resampling.BICUBIC).save(path)
    for index in range(names):
        split = "val" if index < 2 * CLASSES else "train"
        place = folder / "data" / f"wikipaintings_{split}" / f"style-{index % CLASSES:02d}"
        place.mkdir(parents=True, exist_ok=True)
        os.link(drawn[index % DRAWN], place / f"some-artist_some-painting-of-some-length-{index:06d}.jpg")


def resident() -> float:
    """Megabytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(folder: Path, stretches: int) -> None:
    """Print the megabytes after each stretch."""
    from artlucid import datasets
    from artlucid.inputs import Batches, ImageCache

    train = datasets.load(f"rasta:{folder / 'data'}").train
    cache = ImageCache(folder / "cache")
    made = Batches(train, size=224, batch_size=BATCH_SIZE, n_classes=CLASSES, cache=cache)
    batches = iter(made.shuffled(seed=0, epochs=range(stretches)))
    for _ in range(stretches):
        for _ in itertools.islice(batches, NAMES[0] // BATCH_SIZE):
            pass
        print(f"{resident():.1f}", flush=True)


def measured(options: argparse.Namespace, names: int) -> list[float]:
    folder = options.out / str(names)
    draw(folder, names)
    command = [sys.executable, __file__, "--out", str(folder), "--measure", "yes"]
    command += ["--stretches", str(options.stretches)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    shutil.rmtree(folder)
    return [float(line) for line in done.stdout.split()]


def main() -> int:
    options = arguments()
    if options.measure:
        measure(options.out, options.stretches)
        return 0
    if options.out.exists():
        raise SystemExit(f"--out must be a new folder. Received {options.out}.")
    try:
        found = {names: measured(options, names) for names in NAMES}
    finally:
        shutil.rmtree(options.out, ignore_errors=True)
    for names, megabytes in found.items():
        print(f"{names:>6} names, MB after every 2,000 images: {', '.join(f'{value:.0f}' for value in megabytes)}")
    growth = max(megabytes[-1] - megabytes[len(megabytes) // 2] for megabytes in found.values())
    few, many = (found[names][-1] for names in NAMES)
    print(f"growth in the second half {growth:.0f} MB, {NAMES[1]:,} names take {many - few:.0f} MB more")
    return 0 if growth <= GROWTH and many - few <= MORE else 1


if __name__ == "__main__":
    sys.exit(main())
