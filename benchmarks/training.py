"""Training speed beside torchvision's GoogLeNet: images a second in float32 and bfloat16, in turns in one run.

    python benchmarks/training.py --torch-python torch/bin/python

Cost: about five minutes on two cores that do nothing else; an environment of its own for PyTorch, `pip install
torch==2.14.1 torchvision==0.29.1` (5.5 GB). Without `--torch-python` only artlucid is measured.
Expected: a table of medians with quartiles, and the ratio artlucid / torchvision, above 1 for both precisions.

Both train on the same arrays in memory, 224 x 224, with SGD and momentum, on as many threads. torchvision's network has
no auxiliary heads, channels last, its own random weights; its batch normalization stands against artlucid's local
response normalization and L2 penalty. The two take turns of a few steps, so that what else the machine does falls on
both.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CLASSES = 16
SIZE = 224
PRECISIONS = ("float32", "bfloat16")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--torch-python", help="a Python that has torch and torchvision")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6, help="a turn")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--worker", choices=("artlucid", "torchvision"), help=argparse.SUPPRESS)
    parser.add_argument("--precision", choices=PRECISIONS, help=argparse.SUPPRESS)
    return parser.parse_args()


def artlucid_steps(options: argparse.Namespace) -> Callable[[int], None]:
    """Mode A on BVLC's architecture by Keras's `fit`, as `finetune.fit` calls it."""
    import numpy as np
    import tensorflow as tf

    from artlucid import architectures, environment, recipes
    from artlucid.finetune._network import build_network, compile_network, resolve_policies
    from artlucid.finetune._supervision import supervise

    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    recipe, architecture = recipes.get("A"), architectures.get("bvlc")
    policies = resolve_policies(recipe, architecture)
    model = build_network(
        recipe,
        architecture,
        classes=CLASSES,
        activation="softmax",
        policies=policies,
        seed=0,
        dtype=environment.PRECISIONS[options.precision],
    )
    supervision = supervise(recipe, architecture, task="single_label", classes=CLASSES)
    rates = policies.rates.values
    compile_network(model, recipe, architecture, supervision=supervision, rates=rates, steps_per_epoch=100)
    images = np.random.default_rng(0).integers(0, 256, (options.batch_size, SIZE, SIZE, 3)).astype(np.float32)
    labels = np.eye(CLASSES, dtype=np.float32)[np.arange(options.batch_size) % CLASSES]
    untuned = tf.data.Options()
    untuned.autotune.enabled = False  # as `inputs` has it: a tuned iterator ends late
    batches = tf.data.Dataset.from_tensors((images, labels)).repeat().with_options(untuned)
    return lambda steps: model.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)


def torchvision_steps(options: argparse.Namespace) -> Callable[[int], None]:
    """GoogLeNet of torchvision by the loop of PyTorch's own examples."""
    import torch
    import torchvision

    torch.set_num_threads(options.threads)
    model = torchvision.models.googlenet(weights=None, aux_logits=False, num_classes=CLASSES, init_weights=False)
    model = model.train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    images = torch.randn(options.batch_size, 3, SIZE, SIZE).to(memory_format=torch.channels_last)
    labels = torch.arange(options.batch_size) % CLASSES
    half = options.precision == "bfloat16"

    def steps(number: int) -> None:
        for _ in range(number):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                loss = torch.nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()

    return steps


WORKERS = {"artlucid": artlucid_steps, "torchvision": torchvision_steps}


def work(options: argparse.Namespace) -> None:
    """Answer each line, a number of steps, with their seconds."""
    steps = WORKERS[options.worker](options)
    steps(3)
    print("ready", flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        steps(int(line))
        print(json.dumps(time.perf_counter() - begun), flush=True)


class Worker:
    """One of the two in a process of its own, which waits while the other has its turn."""

    def __init__(self, python: str, name: str, precision: str, options: argparse.Namespace) -> None:
        words = [python, str(Path(__file__).resolve()), "--worker", name, "--precision", precision]
        words += ["--batch-size", str(options.batch_size), "--threads", str(options.threads)]
        self.name = name
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if self._line() != "ready":
            raise SystemExit(f"{name} does not run under {python}: call it with --worker {name} to see why.")

    def seconds(self, steps: int) -> float:
        """Let it make some steps."""
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return float(self._line())

    def close(self) -> None:
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()

    def _line(self) -> str:
        return self.process.stdout.readline().strip()


def measure(precision: str, options: argparse.Namespace) -> dict[str, list[float]]:
    """Images a second of every turn, by worker."""
    workers = [Worker(sys.executable, "artlucid", precision, options)]
    if options.torch_python:
        workers.append(Worker(options.torch_python, "torchvision", precision, options))
    speeds: dict[str, list[float]] = {worker.name: [] for worker in workers}
    for _ in range(options.turns):
        for worker in workers:
            speeds[worker.name].append(options.steps * options.batch_size / worker.seconds(options.steps))
    for worker in workers:
        worker.close()
    return speeds


def main() -> None:
    options = arguments()
    if options.worker:
        work(options)
        return
    print(f"batch {options.batch_size}, {options.threads} threads, {options.turns} turns of {options.steps} steps")
    print(f"{'precision':<10} {'library':<12} {'images/s':>9}  quartiles")
    for precision in PRECISIONS:
        speeds = measure(precision, options)
        for name, values in speeds.items():
            low, middle, high = statistics.quantiles(values, n=4)
            print(f"{precision:<10} {name:<12} {middle:>9.1f}  {low:.1f} … {high:.1f}")
        if len(speeds) == 2:
            ratios = [ours / theirs for ours, theirs in zip(*speeds.values(), strict=True)]
            middle = statistics.median(ratios)
            print(f"{precision:<10} {'ratio':<12} {middle:>9.2f}  {min(ratios):.2f} … {max(ratios):.2f}")


if __name__ == "__main__":
    main()
