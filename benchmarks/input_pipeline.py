"""What images cost: large files at reduced scale, the pipeline alone, and an epoch of training with it.

    python benchmarks/input_pipeline.py --data rasta:../shared/data/peopleart_styles \
        --originals ../shared/data/originals --out /tmp/input-pipeline

Cost: three minutes on two free cores, a gigabyte of memory and 0.4 GB of disk.
Expected: the originals decode at least 3 times faster than in full and then resized; an epoch from the warm cache takes
at most 1.05 times the time of one on arrays in memory. Exit code 0 if both hold, else 1.

Every figure is the least of several rounds in which the candidates take turns, because other work on the machine only
ever adds. Of the epochs both clocks are shown: that on the wall, and that of the processors this process used; the
second is what remains to be compared where others keep the machine busy.
"""

import argparse
import functools
import math
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Read by TensorFlow when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from artlucid import datasets, environment, models
from artlucid.inputs import AUGMENTATIONS, Batches, ImageCache
from artlucid.models._precision import in_precision

SIZE = 224
SIDES = (224, 256)
FASTER = 3.0
DEARER = 1.05

Seconds = tuple[float, float]
"""On the wall, and of the processors."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="as `artlucid finetune` takes it")
    parser.add_argument("--originals", type=Path, required=True, help="a folder of large JPEGs")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the cache; it is removed afterwards")
    parser.add_argument("--images", type=int, default=256, help="of the training split, in an epoch")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def timed(work: Callable[[], Any]) -> Seconds:
    wall, processors = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processors


def least(candidates: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Seconds]:
    """The least seconds of each candidate, which take turns."""
    measured: dict[str, list[Seconds]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            measured[name].append(timed(work))
    return {name: tuple(map(min, zip(*seconds, strict=True))) for name, seconds in measured.items()}


def in_full(path: Path, side: int) -> np.ndarray:
    """Decode everything, then resize."""
    with Image.open(path) as image:
        width, height = ((2 * length * side + min(image.size)) // (2 * min(image.size)) for length in image.size)
        return np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def peak_signal_to_noise(image: np.ndarray, other: np.ndarray) -> float:
    """In decibels; infinite for the same pixels."""
    error = np.square(image.astype(float) - other).mean()
    return 10 * math.log10(255**2 / error) if error else math.inf


def decoding(folder: Path, rounds: int) -> float:
    """The ratio of large files decoded in full to the same at reduced scale, the lowest of the sizes."""
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".jpg")
    ratios = []
    for side in SIDES:
        full = functools.partial(in_full, side=side)
        reduced = functools.partial(datasets.read_image, shorter_side=side)
        works = {"full": lambda read=full: [*map(read, paths)], "reduced": lambda read=reduced: [*map(read, paths)]}
        seconds = {name: processors for name, (_, processors) in least(works, rounds).items()}
        ratios.append(seconds["full"] / seconds["reduced"])
        quality = [peak_signal_to_noise(full(path), reduced(path)) for path in paths]
        print(
            f"{len(paths)} originals, shorter side {side}: {seconds['full'] / len(paths) * 1e3:.1f} ms each in full, "
            f"{seconds['reduced'] / len(paths) * 1e3:.1f} ms at reduced scale, {ratios[-1]:.2f} times faster; "
            f"peak signal to noise between the two at least {min(quality):.1f} dB",
            flush=True,
        )
    return min(ratios)


def pipeline_alone(split: datasets.Split, out: Path, rounds: int) -> None:
    """Print what an image costs without a network: decoded, decoded and kept, from the cache."""
    for name in AUGMENTATIONS:
        cache = ImageCache(out / name)

        def epoch(cache: ImageCache | None = cache, name: str = name) -> None:
            made = Batches(split, size=SIZE, batch_size=32, cache=cache)
            for _ in made.shuffled(seed=0, epochs=range(1), augmentation=name):
                pass

        cold = timed(epoch)
        costs = {"kept": cold, **least({"decoded": lambda epoch=epoch: epoch(None), "from the cache": epoch}, rounds)}
        shown = (f"{kind} {processors / len(split) * 1e3:.2f}" for kind, (_, processors) in costs.items())
        print(f"the pipeline alone, {name}: {', '.join(shown)} ms of a processor an image", flush=True)


def training(split: datasets.Split, options: argparse.Namespace) -> float:
    """The ratio of an epoch from the warm cache to one on arrays in memory."""
    precision = environment.resolve_precision(options.precision)
    model = network(precision.policy)
    cache = ImageCache(options.out / "training")
    make = functools.partial(Batches, split, size=SIZE, batch_size=options.batch_size, n_classes=model.output_shape[-1])
    warm, decoded = make(cache=cache), make()
    images, labels = (np.concatenate(parts) for parts in zip(*warm.in_order().as_numpy_iterator(), strict=True))
    fit = functools.partial(model.fit, epochs=1, verbose=0, shuffle=False)
    works = {
        "arrays in memory": lambda: fit(in_memory(images, labels, options.batch_size)),
        "warm cache": lambda: fit(warm.shuffled(seed=0, epochs=range(1))),
        "decoded anew": lambda: fit(decoded.shuffled(seed=0, epochs=range(1))),
    }
    least(works, 1)  # builds the training function, and fills what is cached by the system
    seconds = least(works, options.rounds)
    wall, processors = seconds["arrays in memory"]
    for name, (own_wall, own_processors) in seconds.items():
        print(
            f"training, {precision.used}, batches of {options.batch_size}, {name}: {len(split) / own_wall:.1f} "
            f"images/s, {own_wall / wall:.3f} of arrays in memory; {own_processors / len(split) * 1e3:.1f} ms of a "
            f"processor an image, {own_processors / processors:.3f}",
            flush=True,
        )
    return seconds["warm cache"][0] / wall


def in_memory(images: np.ndarray, labels: np.ndarray, batch_size: int) -> tf.data.Dataset:
    """Batches that nobody decodes; not tuned, as those of `inputs` are not, because a tuned iterator ends late."""
    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    slices = tf.data.Dataset.from_tensor_slices((images, labels))
    return slices.batch(batch_size).prefetch(2).with_options(untuned)


def network(policy: str) -> keras.Model:
    """InceptionV1 with a head of 1000 classes, at random: its speed does not depend on its weights."""
    model = in_precision(models.load("none", architecture="bvlc"), policy).keras_model
    model.compile(keras.optimizers.SGD(1e-4, momentum=0.9), keras.losses.CategoricalCrossentropy(), jit_compile=False)
    return model


def main() -> int:
    options = arguments()
    if options.out.exists():
        raise SystemExit(f"--out must be a new folder. Received {options.out}.")
    train = datasets.load(options.data).train
    generator = np.random.default_rng(0)
    split = train.select(generator.choice(len(train), min(options.images, len(train)), replace=False))
    try:
        faster = decoding(options.originals, options.rounds)
        pipeline_alone(split, options.out, options.rounds)
        dearer = training(split, options)
    finally:
        shutil.rmtree(options.out, ignore_errors=True)
    print(f"originals {faster:.2f} times faster (goal {FASTER}), warm epoch {dearer:.3f} times memory (goal {DEARER})")
    return 0 if faster >= FASTER and dearer <= DEARER else 1


if __name__ == "__main__":
    sys.exit(main())
