"""Speed of feature visualization beside the original Lucid and Lucent, in turns in one run; quality of the pictures.

    python benchmarks/visualize.py --weights bvlc_googlenet.npz --torch-python torch/bin/python
    python benchmarks/visualize.py --weights bvlc_googlenet.npz --quality
    python benchmarks/visualize.py --weights bvlc_googlenet.npz --memory
    python benchmarks/visualize.py --weights bvlc_googlenet.npz --operations

Cost: about four minutes on two cores that do nothing else; `--quality` ten, the others one. Lucent takes an environment
of its own: `pip install torch==2.14.1 torchvision==0.29.1 torch-lucent`; without `--torch-python` it is left out.
Expected: artlucid's fastest precision at 0.36 of the original's time a step and channel or less where the processor has
AVX512-BF16, float32 at 0.65 or less; a mean final objective of at least 0.98 of the original's.

All render `mixed4d_3x3_pre_relu` at 224 px with the standard transformations: the original one channel after the
other, as it does, artlucid and Lucent 16 in a batch. The original runs under the same TensorFlow as artlucid; Lucent's
network has random weights, which cost the same. They take turns of a few steps, so that what else the machine does
falls on all.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

LAYER = "mixed4d_3x3_pre_relu"
FIRST = 40
SIZE = 224
WARM = 24
"""Steps before anything is timed: the first ones are others, and each size of what is seen is prepared once."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", help="of the network: whatever `artlucid info` takes")
    parser.add_argument("--torch-python", help="a Python that has torch and lucent")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--steps", type=int, default=12, help="a turn; the original makes as many for each channel of 4"
    )
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--quality", action="store_true", help="final objectives beside the original's")
    parser.add_argument("--memory", action="store_true", help="memory of 64 channels, and the time to the first step")
    parser.add_argument("--operations", action="store_true", help="where the time of a step goes")
    parser.add_argument("--updates", type=int, default=512, help="of --quality")
    parser.add_argument("--channels", type=int, default=16, help="of --quality")
    parser.add_argument("--worker", choices=(*WORKERS, "quality"), help=argparse.SUPPRESS)
    return parser.parse_args()


def use_threads(threads: int) -> None:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def artlucid_steps(options: argparse.Namespace, precision: str) -> Callable[[int], int]:
    """A batch as `visualize.channels` makes it."""
    use_threads(options.threads)
    renderer = begun_renderer(options, precision, options.batch_size)

    def steps(number: int) -> int:
        for _ in range(number):
            renderer.update()
        return number * options.batch_size

    return steps


def begun_renderer(options: argparse.Namespace, precision: str, number: int):
    from artlucid import models
    from artlucid.environment import resolve_precision
    from artlucid.visualize import Options
    from artlucid.visualize._batch import BatchRenderer
    from artlucid.visualize._channel import channels_of
    from artlucid.visualize._settings import Settings, checked

    network = models.load(options.weights)
    settings = Settings(10**6, (SIZE, SIZE), 0, Options(), resolve_precision(precision))
    renderer = BatchRenderer(checked(network, settings))
    renderer.begin(network, channels_of(network, [f"{LAYER}:{FIRST}-{FIRST + number - 1}"]))
    return renderer


def lucid_steps(options: argparse.Namespace) -> Callable[[int], int]:
    """The original's own loop, a channel at a time."""
    use_threads(options.threads)
    import tensorflow as tf

    from artlucid import models
    from artlucid.export import lucid

    original = lucid.original().optvis
    model = lucid.model(models.load(options.weights))
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default(), session.as_default():
        T = original.render.make_vis_T(
            model,
            original.objectives.channel(LAYER, FIRST),
            lambda: original.param.image(SIZE, SIZE),
            None,
            None,
            relu_gradient_override=True,
        )
        session.run(tf.compat.v1.global_variables_initializer())
        fetched = [T("loss"), T("vis_op")]

    def steps(number: int) -> int:
        for _ in range(number * CHANNELS_A_TURN):
            session.run(fetched)
        return number * CHANNELS_A_TURN

    return steps


CHANNELS_A_TURN = 4
"""The original's steps take long enough for a turn to have fewer of them."""


def lucent_steps(options: argparse.Namespace) -> Callable[[int], int]:
    """Lucent's pieces in the loop of its `render_vis`."""
    import torch
    from lucent.modelzoo.inceptionv1.InceptionV1 import InceptionV1
    from lucent.optvis import objectives, param, render, transform

    torch.set_num_threads(options.threads)
    model = InceptionV1(pretrained=False).eval()
    number = options.batch_size
    parameters, image = param.image(SIZE, batch=number)
    optimizer = torch.optim.Adam(parameters, lr=5e-2)
    transforms = transform.compose([*transform.standard_transforms, transform.preprocess_inceptionv1()])
    hook = render.hook_model(model, image)
    layer = LAYER.replace("_pre_relu", "_pre_relu_conv")
    objective = objectives.Objective.sum(
        [objectives.channel(layer, FIRST + index, batch=index) for index in range(number)]
    )

    def steps(count: int) -> int:
        for _ in range(count):
            optimizer.zero_grad()
            model(transforms(image()))
            objective(hook).backward()
            optimizer.step()
        return count * number

    return steps


WORKERS = {
    "Lucid": lucid_steps,
    "artlucid, float32": lambda options: artlucid_steps(options, "float32"),
    "artlucid, fastest": lambda options: artlucid_steps(options, "auto"),
    "Lucent": lucent_steps,
}


def work(options: argparse.Namespace) -> None:
    """Answer each line, a number of steps, with the milliseconds of one step of one channel."""
    steps = WORKERS[options.worker](options)
    steps(WARM)
    print("ready", flush=True)
    for line in sys.stdin:
        begun = time.perf_counter()
        made = steps(int(line))
        print(json.dumps((time.perf_counter() - begun) * 1000 / made), flush=True)


class Worker:
    """One of them in a process of its own, which waits while the others have their turns."""

    def __init__(self, python: str, name: str, options: argparse.Namespace) -> None:
        words = [python, str(Path(__file__).resolve()), "--worker", name, "--threads", str(options.threads)]
        words += ["--batch-size", str(options.batch_size), "--weights", str(options.weights)]
        self.name = name
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if self._line() != "ready":
            raise SystemExit(f"{name} does not run under {python}: call it with --worker '{name}' to see why.")

    def milliseconds(self, steps: int) -> float:
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


def speed(options: argparse.Namespace) -> None:
    """Print milliseconds a step and channel, and the ratio to the original's turn by turn."""
    names = [name for name in WORKERS if name != "Lucent" or options.torch_python]
    workers = [Worker(options.torch_python if name == "Lucent" else sys.executable, name, options) for name in names]
    turns: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.turns):
        for worker in workers:
            turns[worker.name].append(worker.milliseconds(options.steps))
    for worker in workers:
        worker.close()
    print(f"{LAYER}, {SIZE} px, batch {options.batch_size} (Lucid 1), {options.threads} threads, {processor()}")
    print(f"{'':<18} {'ms a step and channel':>22}  {'of Lucid':>9}  quartiles")
    for name, values in turns.items():
        ratios = [ours / theirs for ours, theirs in zip(values, turns["Lucid"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:<18} {statistics.median(values):>22.2f}  {middle:>9.3f}  {low:.3f} … {high:.3f}")


def processor() -> str:
    from artlucid import environment

    found = environment.processor()
    return f"{found['name']} ({', '.join(found['flags']) or 'no bfloat16'})"


def quality(options: argparse.Namespace) -> None:
    """Print the objectives of finished pictures, all scored in float32 by the original's own graph, same draws."""
    use_threads(options.threads)
    import numpy as np

    from artlucid import models, visualize

    network = models.load(options.weights)
    names = [f"{LAYER}:{number}" for number in range(FIRST, FIRST + options.channels)]
    sets = {
        label: visualize.channels(network, names, steps=options.updates, size=SIZE, options=visualize.Options(**chosen))
        for label, chosen in {
            "Lucid": {"engine": "lucid"},
            "artlucid, float32": {"precision": "float32"},
            "artlucid, fastest": {"precision": "auto"},
        }.items()
    }
    scores = {label: scores_by_lucid(network, names, images) for label, images in sets.items()}
    print(f"{LAYER}:{FIRST} … {FIRST + options.channels - 1}, {options.updates} updates, {SIZE} px")
    print(f"{'':<18} {'mean':>8} {'of Lucid':>9} {'least':>7} {'most':>7}  (channels: ratio to Lucid's picture)")
    for label, values in scores.items():
        ratios = values / scores["Lucid"]
        print(
            f"{label:<18} {values.mean():>8.2f} {values.mean() / scores['Lucid'].mean():>9.3f} "
            f"{ratios.min():>7.3f} {ratios.max():>7.3f}  {np.round(ratios, 2).tolist()}"
        )


def scores_by_lucid(network, names, images, draws: int = 64):
    """The mean of each image's channel over so many draws of the original's standard transformations."""
    import numpy as np
    import tensorflow as tf

    from artlucid.export import lucid

    original = lucid.original().optvis
    model, scores = lucid.model(network), np.empty(len(names))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.set_random_seed(0)
        shown = tf.compat.v1.placeholder(tf.float32, [1, SIZE, SIZE, 3])
        seen = original.transform.compose(original.transform.standard_transforms)(shown)
        T = original.render.import_model(model, seen, shown)
        means = tf.reduce_mean(T(LAYER), [0, 1, 2])
        for index, image in enumerate(images):
            number = int(names[index].rpartition(":")[2])
            # The draws go on from one picture to the next: their mean over many is what is compared.
            values = [session.run(means, {shown: image[None]})[number] for _ in range(draws)]
            scores[index] = np.mean(values)
    return scores


def memory(options: argparse.Namespace) -> None:
    """Print the largest memory of 64 channels at once and in batches, and the seconds to the first step."""
    for batch_size in (16, 64):
        words = [sys.executable, "-c", MEMORY, options.weights, str(batch_size), str(options.threads)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        found = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
        print(f"64 channels in batches of {batch_size}: {found.strip().splitlines()[-1]}")


MEMORY = f"""
import resource, sys, time
from pathlib import Path
import tensorflow as tf
weights, batch_size, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
from artlucid import models, visualize
from artlucid.visualize._batch import BatchRenderer
network = models.load(weights)
first, update = [], BatchRenderer.update
def timed(self):
    value = update(self)
    first.append(time.perf_counter())
    return value
BatchRenderer.update = timed
begun = time.perf_counter()
visualize.channels(network, ["{LAYER}:0-63"], steps=20, size={SIZE},
                   options=visualize.Options(batch_size=batch_size))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"{{peak:.2f}} GiB at most; first step after {{first[0] - begun:.1f}} s, "
      f"first one that is not redirected within {{first[17] - begun:.1f}} s")
"""


def operations(options: argparse.Namespace) -> None:
    """Print where the time of a step goes, by kind of operation."""
    use_threads(options.threads)
    import collections
    import glob
    import tempfile

    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    renderer = begun_renderer(options, "auto", options.batch_size)
    for _ in range(WARM + 20):
        renderer.update()
    steps = 10
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder, tf.profiler.experimental.ProfilerOptions(host_tracer_level=3))
        begun = time.perf_counter()
        for _ in range(steps):
            renderer.update()
        wall = (time.perf_counter() - begun) * 1000 / steps / options.batch_size
        tf.profiler.experimental.stop()
        (path,) = glob.glob(f"{folder}/**/*.xplane.pb", recursive=True)
        space = xplane_pb2.XSpace.FromString(Path(path).read_bytes())
    kinds: collections.Counter[str] = collections.Counter()
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name, _, kind = plane.event_metadata[event.metadata_id].name.rpartition(":")
                # Of operations, not of the executor's own functions.
                if name and not name.endswith(":") and kind[:1] in "_ABCDEFGHIJKLMNOPQRSTUVWXYZ":
                    kinds[kind.partition("#")[0]] += event.duration_ps / 1e9 / steps / options.batch_size
    total = sum(kinds.values())
    print(f"{wall:.2f} ms a step and channel; {total:.2f} ms of operations, two of which run at a time")
    for kind, milliseconds in kinds.most_common(22):
        print(f"{kind:<36} {milliseconds:>7.3f} ms  {milliseconds / total:>6.1%}")


def main() -> None:
    options = arguments()
    if options.worker:
        work(options)
        return
    if not options.weights:
        raise SystemExit("--weights is needed: a file such as bvlc_googlenet.npz.")
    chosen = [task for task in (quality, memory, operations) if getattr(options, task.__name__)]
    for task in chosen or [speed]:
        task(options)


if __name__ == "__main__":
    main()
