"""Speed and memory of the measures of similarity, beside plain matrix products, and torch_cka.

    python benchmarks/similarity.py
    python benchmarks/similarity.py --torch-python torch/bin/python
    python benchmarks/similarity.py --statistics

Cost: about two minutes on two cores that do nothing else, 3 GiB of memory and 3 GiB of disk; `--statistics` another
two. torch_cka takes an environment of its own: `pip install torch torch-cka`; without `--torch-python` it is left out.
Expected: linear CKA of two files of 17,000 x 1024 within 1.5 times the three matrix products, at least three times
faster than the n x n form at 8,000 images; the top 100 of 7,000 channels over 80,000 images with less than 1 GiB;
torch_cka's value for one batch of all images that of the debiased estimate.

Times are medians of turns that all take, one after the other, so that what else the machine does falls on all.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

CHANNELS = 1024
IMAGES, IMAGES_OF_GRAM, IMAGES_OF_TORCH, BATCH = 17_000, 8_000, 2_048, 256
TOP_SHAPE = (80_000, 7_000)
GIB = 2**30


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--torch-python", help="a Python that has torch and torch_cka")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--statistics", action="store_true", help="the time of intervals and floors too")
    parser.add_argument("--images", type=int, default=TOP_SHAPE[0], help="of the top images")
    parser.add_argument("--worker", choices=list(WORKERS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def draw_features(path: Path, n_images: int) -> None:
    """Write two sets with something in common, as a cache holds them."""
    import h5py

    generator = np.random.default_rng(0)
    common = generator.normal(size=(n_images, CHANNELS)).astype(np.float32)
    with h5py.File(path, "w") as file:
        for name in ("a", "b"):
            own = generator.normal(size=(n_images, CHANNELS)).astype(np.float32)
            file[name] = np.maximum(common + own, 0)


def medians(works: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Seconds of each, in turns, after one that does not count."""
    seconds = {name: [] for name in works}
    for turn in range(turns + 1):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(values) for name, values in seconds.items()}


def three_products(a: np.ndarray, b: np.ndarray) -> None:
    """What CKA cannot do without. NumPy takes half the operations for the two that are symmetric."""
    for first, second in ((a, a), (b, b), (a, b)):
        first.T @ second


def cka_of_images(a: np.ndarray, b: np.ndarray) -> float:
    """The n x n form."""
    grams = []
    for array in (a, b):
        centred = array - array.mean(axis=0)
        grams.append(centred @ centred.T)
    products = [np.vdot(grams[i], grams[j]) for i, j in ((0, 1), (0, 0), (1, 1))]
    return products[0] / np.sqrt(products[1] * products[2])


def time_cka(options: argparse.Namespace, folder: Path) -> None:
    import h5py

    from artlucid import metrics

    draw_features(folder / "features.h5", IMAGES)
    with h5py.File(folder / "features.h5") as file:
        single = file["a"][:], file["b"][:]
        double = [array.astype(np.float64) for array in single]
        names = "linear_cka of files", "linear_cka in memory", "three products", "three products in float32"
        found = medians(
            {
                names[0]: lambda: metrics.linear_cka(file["a"], file["b"]),
                names[1]: lambda: metrics.linear_cka(*single),
                names[2]: lambda: three_products(*double),
                names[3]: lambda: three_products(*single),
            },
            options.turns,
        )
        print(f"{IMAGES:,} x {CHANNELS}, float32 on disk, products in double precision")
        for name in names:
            print(f"  {name:34} {found[name]:6.2f} s   {found[name] / found[names[2]]:.2f} of three products")
        few = [array[:IMAGES_OF_GRAM] for array in single]
        wide = [array[:IMAGES_OF_GRAM] for array in double]
        found = medians(
            {"linear_cka": lambda: metrics.linear_cka(*few), "n x n": lambda: cka_of_images(*wide)}, options.turns
        )
        print(f"{IMAGES_OF_GRAM:,} x {CHANNELS}")
        print(f"  {'linear_cka':34} {found['linear_cka']:6.2f} s")
        print(f"  {'n x n form':34} {found['n x n']:6.2f} s   {found['n x n'] / found['linear_cka']:.1f} times as long")
        difference = abs(metrics.linear_cka(*few) - cka_of_images(*wide))
        print(f"  difference of the values           {difference:.0e}")
        if options.statistics:
            time_statistics(single)


def time_statistics(features: tuple[np.ndarray, np.ndarray]) -> None:
    from artlucid import metrics

    print(f"{IMAGES:,} x {CHANNELS}: cka_statistics")
    for name, settings in (
        ("plain and debiased", {}),
        ("with percentile intervals", {"resampling": metrics.Resampling(method="percentile")}),
        ("with BCa intervals", {"resampling": metrics.Resampling()}),
        ("with floors of 20 orders", {"permutations": metrics.Permutations(number=20)}),
    ):
        begun = time.perf_counter()
        metrics.cka_statistics(*features, **settings)
        print(f"  {name:34} {time.perf_counter() - begun:6.2f} s")


def draw_scores(path: Path, n_images: int) -> None:
    import h5py

    generator = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        scores = file.create_dataset("scores", (n_images, TOP_SHAPE[1]), np.float32)
        for start in range(0, n_images, 2000):
            rows = scores[start : start + 2000].shape
            scores[start : start + 2000] = np.maximum(generator.standard_normal(rows, np.float32), 0)


def top_images_of_file(options: argparse.Namespace) -> dict[str, float]:
    """In a process of its own, whose memory is that of this alone."""
    import h5py

    from artlucid import metrics

    found = {}
    for k in (100, 1000):
        with h5py.File(options.file) as file:
            begun = time.perf_counter()
            metrics.top_images(file["scores"], k)
            found[f"seconds {k}"] = time.perf_counter() - begun
            found[f"GiB {k}"] = most_memory()
    return found


def most_memory() -> float:
    """GiB of this process: what the system counts by `getrusage` is the parent's where that had more."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / GIB


def time_top_images(options: argparse.Namespace, folder: Path) -> None:
    draw_scores(folder / "scores.h5", options.images)
    command = [sys.executable, __file__, "--worker", "top_images", "--file", folder / "scores.h5"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"top images of {TOP_SHAPE[1]:,} channels over {options.images:,} images")
    for k in (100, 1000):
        print(f"  top {k:<30} {found[f'seconds {k}']:6.1f} s   {found[f'GiB {k}']:.2f} GiB in all, libraries included")


def torch_cka_of_file(options: argparse.Namespace) -> dict[str, float]:
    """Of networks that hand on the features as they are, in one batch of all images and in batches of 256."""
    import torch
    from torch_cka import CKA

    with np.load(options.file) as file:
        sets = [torch.utils.data.TensorDataset(torch.from_numpy(file[name])) for name in ("a", "b")]
    found = {}
    for batch_size in (IMAGES_OF_TORCH, BATCH):
        networks = [torch.nn.Sequential(torch.nn.Identity()) for _ in sets]
        measure = CKA(*networks, "a", "b", model1_layers=["0"], model2_layers=["0"])
        begun = time.perf_counter()
        measure.compare(*(torch.utils.data.DataLoader(features, batch_size=batch_size) for features in sets))
        found[f"seconds {batch_size}"] = time.perf_counter() - begun
        found[f"value {batch_size}"] = float(measure.export()["CKA"][0, 0])
    return found


def compare_with_torch(options: argparse.Namespace, folder: Path) -> None:
    from artlucid import metrics

    generator = np.random.default_rng(0)
    common, *own = generator.normal(size=(3, IMAGES_OF_TORCH, CHANNELS)).astype(np.float32)
    a, b = (np.maximum(common + one, 0) for one in own)
    np.savez(folder / "features.npz", a=a, b=b)
    command = [options.torch_python, __file__, "--worker", "torch_cka", "--file", folder / "features.npz"]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(f"{IMAGES_OF_TORCH:,} x {CHANNELS}, beside torch_cka")
    works = {
        IMAGES_OF_TORCH: lambda: metrics.linear_cka(a, b, debiased=True),
        BATCH: lambda: metrics.minibatch_cka(a, b, batch_size=BATCH, seed=None),
    }
    for batch_size, work in works.items():
        begun = time.perf_counter()
        value = work()
        seconds = time.perf_counter() - begun
        print(f"  batches of {batch_size:<7,} artlucid {value:.6f} in {seconds:5.2f} s", end="   ")
        print(f"torch_cka {found[f'value {batch_size}']:.6f} in {found[f'seconds {batch_size}']:5.2f} s")


WORKERS = {"top_images": top_images_of_file, "torch_cka": torch_cka_of_file}


def main() -> None:
    options = arguments()
    if options.worker:
        print(json.dumps(WORKERS[options.worker](options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        time_cka(options, Path(folder))
        if options.torch_python:
            compare_with_torch(options, Path(folder))
        time_top_images(options, Path(folder))


if __name__ == "__main__":
    main()
