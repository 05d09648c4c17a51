"""Speed of the extraction of all layers beside plain `predict`, in turns in one run; beside one pass a layer; memory.

    python benchmarks/activations.py --weights bvlc_googlenet.npz --data rasta:/data/peopleart_styles
    python benchmarks/activations.py --memory --out /tmp/activations-memory

Cost: with the weights of BVLC five minutes on two cores that do nothing else; `--memory` three, and 0.4 GB of disk.
Expected: at least 0.90 of the images a second of `predict`; at least 5 times as fast as one pass a layer; a peak of
memory for 20,000 images at most 60 MB above that for 1,000, most of it the images' names. Exit code 0 if that holds.

Both read the same images from the cache of decoded images, both run in float32 without XLA, which on the CPU loses
oneDNN's convolutions; the extraction also writes its file and flushes it to the disk.
"""

import argparse
import dataclasses
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LEAST_OF_PREDICT = 0.9
LEAST_OF_PASSES = 5
MOST_MEMORY = 60
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
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--out", type=Path, help="a new folder for the images of --memory; it is removed afterwards")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    return parser.parse_args()


def use_threads(threads: int) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def speed(options: argparse.Namespace) -> int:
    """Print the images a second of both, and their ratio turn by turn."""
    use_threads(options.threads)
    from artlucid import activations, datasets, models
    from artlucid.activations._extraction import _extract
    from artlucid.activations._extraction._request import request
    from artlucid.activations._writer import Writer
    from artlucid.inputs import Batches, open_cache

    network = models.load(options.weights)
    split = datasets.load(options.data).split(options.split)
    split = split.select(range(min(options.images, len(split))))
    unlabelled = dataclasses.replace(split, labels=None)
    settings = activations.Options(batch_size=options.batch_size)
    asked = request(network, split, settings)
    network.keras_model.compile(jit_compile=False)

    def predict() -> None:
        batches = Batches(unlabelled, size=asked.size, batch_size=options.batch_size, cache=open_cache())
        network.keras_model.predict(batches.in_order(), verbose=0)

    def extract() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "turn.h5"
            _extract._begin(path, asked, settings)
            begun = time.perf_counter()
            writer = Writer(path)
            _extract._fill(writer, asked, settings)
            writer.finish()
            turns["extract"].append(time.perf_counter() - begun)

    turns: dict[str, list[float]] = {"predict": [], "extract": []}
    for turn in range(options.turns + 1):
        begun = time.perf_counter()
        predict()
        turns["predict"].append(time.perf_counter() - begun)
        extract()
        if turn == 0:  # the first traces the graphs and fills the cache
            turns = {name: [] for name in turns}
    ratios = [plain / ours for plain, ours in zip(turns["predict"], turns["extract"], strict=True)]
    for name, seconds in turns.items():
        print(f"{name:<8} {len(split) / statistics.median(seconds):6.1f} images/s")
    low, middle, high = statistics.quantiles(ratios, n=4)
    best = min(turns["predict"]) / min(turns["extract"])
    print(f"of predict: {middle:.3f}, quartiles {low:.3f} … {high:.3f}; of the fastest turns {best:.3f}", flush=True)
    faster = passes(network, asked, split, options)
    return 0 if middle >= LEAST_OF_PREDICT and faster >= LEAST_OF_PASSES else 1


def passes(network, asked, split, options: argparse.Namespace) -> float:
    """Print how long one pass for each layer takes, on one batch, beside one pass for all."""
    import keras
    import numpy as np

    from artlucid import datasets, models
    from artlucid.inputs import centre_crop

    side = asked.size
    read = [datasets.read_image(split.path(index), shorter_side=side) for index in range(options.batch_size)]
    images = np.stack([centre_crop(image, side) for image in read]).astype(np.float32)

    def fastest(run) -> float:
        run(images)
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            run(images)
            times.append(time.perf_counter() - begun)
        return min(times)

    together, total = fastest(asked.pooled), 0.0
    names = [layer.name for layer in asked.pooled.layers]
    names += [block["name"] for block in asked.manifest["blocks"]]
    for name in names:
        output = models.layer_output(network, name)
        model = keras.Model(network.keras_model.input, keras.layers.GlobalAveragePooling2D()(output))
        model.compile(jit_compile=False)
        total += fastest(lambda batch, model=model: model.predict_on_batch(batch))
    ratio = total / together
    print(f"one pass for each of {len(names)} layers takes {ratio:.1f} times as long as one for all")
    return ratio


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
