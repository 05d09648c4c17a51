"""Speed of the extraction of all layers beside plain `predict`, in turns in one run; beside one pass a layer; memory.

    python benchmarks/activations.py --weights bvlc_googlenet.npz --data rasta:/data/peopleart_styles
    python benchmarks/activations.py --memory --out /tmp/activations-memory

Cost: with the weights of BVLC ten minutes on two cores that do nothing else, of which `--part` does one part;
`--memory` three, and 0.4 GB of disk.
Expected: at least 0.90 of the images a second of `predict`, from files and on arrays; at least 5 times as fast as one
pass a layer; a peak of memory for 20,000 images at most 60 MB above that for 1,000, most of it the images' names. Exit
code 0 if that holds.

Both read the same images from the cache of decoded images, or take the same arrays; both run in float32 without XLA,
which on the CPU loses oneDNN's convolutions; the extraction also writes its file and flushes it to the disk.
"""

import argparse
import dataclasses
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LEAST_OF_PREDICT = 0.9
LEAST_OF_PASSES = 5
MOST_MEMORY = 60
PARTS = ("files", "arrays", "passes")
NAMES = (1_000, 20_000)
DRAWN = 50


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", help="of the network: whatever `artlucid info` takes")
    parser.add_argument("--data", help="images: whatever `artlucid info` takes")
    parser.add_argument("--split", default="test")
    parser.add_argument("--images", type=int, default=512, help="a turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--part", choices=PARTS, action="append", help="again for several; by default all")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--out", type=Path, help="a new folder for the images of --memory; it is removed afterwards")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    return parser.parse_args()


def use_threads(threads: int) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def speed(options: argparse.Namespace) -> int:
    """Print how fast the extraction is, part by part."""
    use_threads(options.threads)
    from artlucid import activations, datasets, models
    from artlucid.activations._extraction._request import request
    from artlucid.inputs import Batches, open_cache

    network = models.load(options.weights)
    network.keras_model.compile(jit_compile=False)
    split = datasets.load(options.data).split(options.split)
    # Whole batches, which an array of batches needs.
    n_images = min(options.images, len(split)) // options.batch_size * options.batch_size
    split = split.select(range(n_images))
    settings = activations.Options(batch_size=options.batch_size)
    asked = request(network, split, settings)
    unlabelled = dataclasses.replace(split, labels=None)

    def batches():
        return Batches(unlabelled, size=asked.size, batch_size=options.batch_size, cache=open_cache()).in_order()

    print(f"{n_images} images of {asked.size} pixels, batches of {options.batch_size}, {options.threads} threads")
    limit(network, asked.size)
    parts = {
        "files": lambda: beside_predict("from files", network, asked, settings, batches, options.turns),
        "arrays": lambda: beside_predict("on arrays", network, asked, settings, in_memory(batches()), options.turns),
        "passes": lambda: passes(network, asked, next(iter(batches()))),
    }
    held = [parts[part]() for part in options.part or PARTS]
    return 0 if all(held) else 1


def in_memory(batches) -> Callable:
    """The same batches as one array, which is cut at no cost."""
    import numpy as np
    import tensorflow as tf

    array = np.stack([batch.numpy() for batch in batches])
    options = tf.data.Options()
    # An iterator that is tuned ends only when its tuner next wakes up, after 0.01, 0.02, … 5.12, 10.24 s.
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_tensor_slices(array).prefetch(2).with_options(options)
    return lambda: dataset


def limit(network, size: int) -> None:
    """Print what the arithmetic of a forward pass alone would take, if it ran as a large matrix product does."""
    import tensorflow as tf

    side = 4096
    factor = tf.random.stateless_normal((side, side), [0, 0])
    product = tf.function(lambda: tf.reduce_sum(factor @ factor))
    rate = 2 * side**3 / fastest(lambda: product().numpy(), 5) / 1e9
    operations = gigaflops(network, size)
    print(
        f"a forward pass takes {operations:.2f} GFLOP; at the {rate:.0f} GFLOP/s of a matrix product of "
        f"{side} x {side} that is {rate / operations:.1f} images/s",
        flush=True,
    )


def gigaflops(network, size: int) -> float:
    """Two operations a product of the convolutions and the classifier, for one image."""
    import keras

    outputs = [layer.output for layer in network.keras_model.layers if hasattr(layer, "kernel")]
    kernels = [layer.kernel.shape for layer in network.keras_model.layers if hasattr(layer, "kernel")]
    shapes = keras.Model(network.keras_model.input, outputs).compute_output_shape((1, size, size, 3))
    return sum(
        2 * math.prod(kernel) * math.prod(shape[1:-1]) / 1e9 for kernel, shape in zip(kernels, shapes, strict=True)
    )


def fastest(run: Callable, times: int) -> float:
    """Seconds of the fastest of so many calls, after one that is not counted."""
    run()
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def beside_predict(name: str, network, asked, settings, batches: Callable, turns: int) -> bool:
    """Print the images a second of both, and their ratio turn by turn."""
    from artlucid.activations._extraction import _extract
    from artlucid.activations._writer import Writer

    def predict() -> float:
        begun = time.perf_counter()
        network.keras_model.predict(batches(), verbose=0)
        return time.perf_counter() - begun

    def extract() -> float:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "turn.h5"
            _extract._begin(path, asked, settings)
            begun = time.perf_counter()
            writer = Writer(path)
            for _ in _extract.computed_and_written(writer, asked.pooled, batches()):
                pass
            writer.finish()
            return time.perf_counter() - begun

    # The first turn traces the graphs and fills the cache.
    predict()
    extract()
    seconds: dict[str, list[float]] = {"predict": [], "extract": []}
    for turn in range(turns):
        for run in (predict, extract) if turn % 2 else (extract, predict):
            seconds[run.__name__].append(run())
    for which, taken in seconds.items():
        print(f"{which} {name}: {quartiles([len(asked.split) / one for one in taken], 1)} images/s")
    ratios = [plain / ours for plain, ours in zip(seconds["predict"], seconds["extract"], strict=True)]
    print(f"of predict {name}: {quartiles(ratios, 3)}, {turns} turns", flush=True)
    return statistics.median(ratios) >= LEAST_OF_PREDICT


def quartiles(values: list[float], digits: int) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.{digits}f} ({low:.{digits}f} … {high:.{digits}f})"


def passes(network, asked, images) -> bool:
    """Print how long one pass for each layer takes, by a network that ends there, beside one pass for all."""
    from artlucid.activations._extraction._pooled import Pooled

    together = fastest(lambda: asked.pooled(images), 3)
    names = [layer.name for layer in asked.pooled.layers]
    names += [block["name"] for block in asked.manifest["blocks"]]
    alone = {}
    for name in names:
        pooled = Pooled(network, [name], asked.size, len(images))
        alone[name] = fastest(lambda pooled=pooled: pooled(images), 1)
    ratio = sum(alone.values()) / together
    print(
        f"one pass for each of {len(names)} layers takes {sum(alone.values()):.1f} s for {len(images)} images, from "
        f"{min(alone.values()):.2f} to {max(alone.values()):.2f} s; one for all {together:.2f} s: {ratio:.1f} times",
        flush=True,
    )
    return ratio >= LEAST_OF_PASSES


def draw(folder: Path, names: int) -> None:
    """Make a folder of so many images without classes."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    drawn = [folder / "drawn" / f"{index}.jpg" for index in range(DRAWN)]
    drawn[0].parent.mkdir(parents=True)
    for path in drawn:
        coarse = Image.fromarray(generator.integers(0, 256, (6, 8, 3)).astype(np.uint8))
        coarse.resize((64, 48), Image.Resampling.BICUBIC).save(path)
    (folder / "data" / "test").mkdir(parents=True)
    (folder / "data" / "train").mkdir()
    os.link(drawn[0], folder / "data" / "train" / "one.jpg")
    for index in range(names):
        os.link(
            drawn[index % DRAWN], folder / "data" / "test" / f"some-artist_some-painting-of-some-length-{index:06d}.jpg"
        )


def measure(folder: Path, threads: int) -> None:
    """Print the largest memory of an extraction, in megabytes."""
    import resource

    use_threads(threads)
    from artlucid import activations, datasets, models

    test = datasets.load(f"folder:{folder / 'data'}").test
    network = models.load("none", architecture="mini")
    options = activations.Options(size=32, cache=False)
    cache = activations.extract(network, test, out=folder / "cache.h5", options=options)
    print(f"{len(cache)} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}")


def memory(options: argparse.Namespace) -> int:
    """Print the largest memory for few and for many images, each in a process of its own."""
    import shutil

    if options.out is None or options.out.exists():
        raise SystemExit(f"--out must be a new folder. Received {options.out}.")
    found = {}
    try:
        for names in NAMES:
            folder = options.out / str(names)
            draw(folder, names)
            command = [sys.executable, __file__, "--measure", str(folder), "--threads", str(options.threads)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            images, megabytes = done.stdout.split()[-2:]
            found[int(images)] = float(megabytes)
            shutil.rmtree(folder)
    finally:
        shutil.rmtree(options.out, ignore_errors=True)
    for images, megabytes in found.items():
        print(f"{images:>6} images: {megabytes:.0f} MB at most")
    few, many = (found[names] for names in NAMES)
    print(f"{NAMES[1]:,} images take {many - few:.0f} MB more")
    return 0 if many - few <= MOST_MEMORY else 1


def main() -> int:
    options = arguments()
    if options.measure:
        measure(Path(options.measure), options.threads)
        return 0
    if options.memory:
        return memory(options)
    if not options.weights or not options.data:
        raise SystemExit("--weights and --data are needed.")
    return speed(options)


if __name__ == "__main__":
    sys.exit(main())
