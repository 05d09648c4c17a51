"""What each part of the fast path buys: the same step with one part left out at a time, and other batch sizes.

    python benchmarks/visualize_parts.py --weights bvlc_googlenet.npz

Cost: about four minutes on two cores that do nothing else.
Expected: a table of the time a step and channel of each, as a ratio to the whole, in turns of single steps in one run.

`mixed4d_3x3_pre_relu` at 224 px with the standard transformations, in the fastest precision, 16 channels in a batch.
"""

import argparse
import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from unittest import mock

import tensorflow as tf

from artlucid import models, visualize
from artlucid.environment import resolve_precision
from artlucid.visualize import _own_channels, _side_by_side
from artlucid.visualize._batch import BatchRenderer
from artlucid.visualize._channel import channels_of
from artlucid.visualize._fast import _layers, _means, _operations
from artlucid.visualize._optimization import REDIRECTED_STEPS
from artlucid.visualize._settings import Settings, checked

LAYER = "mixed4d_3x3_pre_relu"
SIZE = 224
BATCH_SIZES = (32, 8, 4, 2, 1)
WARM = 30


def first_convolution(inputs, kernel, bias, spread, *, symmetric, relu):
    """With the gradient that TensorFlow gives it."""
    side = kernel.shape[0]
    padding = [[0, 0], [side // 2] * 2, [side // 2] * 2, [0, 0]]
    padded, rule = (tf.pad(inputs, padding), "VALID") if symmetric else (inputs, "SAME")
    outputs = tf.nn.bias_add(tf.nn.conv2d(padded, kernel, 2, rule), bias)
    return tf.nn.relu(outputs) if relu else outputs


def normalization(inputs, constants):
    """Differentiated operation by operation."""
    channels = tf.range(inputs.shape[-1])
    near = tf.abs(channels[:, None] - channels[None, :]) <= constants.depth_radius
    band = tf.cast(near, inputs.dtype)[None, None] * tf.cast(constants.alpha, inputs.dtype)
    energy = tf.nn.conv2d(tf.square(inputs), band, 1, "SAME") + tf.cast(constants.bias, inputs.dtype)
    return inputs * _operations._inverse_power(energy, constants.beta)


def alone(layers) -> Iterator[tuple[str, ...]]:
    """Every convolution by itself."""
    return ((layer.name,) for layer in layers if isinstance(layer, _layers.Convolution))


def patched(module, name: str, value) -> Callable[[], contextlib.AbstractContextManager]:
    return lambda: mock.patch.object(module, name, value)


PARTS = {
    "the whole": contextlib.nullcontext,
    "the plain network, float32": patched(_own_channels, "path_to", lambda network, layer: None),
    "in float32": contextlib.nullcontext,
    "a batch in one part": patched(_means, "CHAINS", 1),
    "transformations image by image": patched(_side_by_side, "WHATEVER_THE_CHANNELS", ()),
    "each 1x1 convolution by itself": patched(_layers, "_groups", alone),
    "all channels of the layer": patched(_layers.Path, "wants_own_kernels", property(lambda self: False)),
    "TensorFlow's gradient of the first convolution": patched(_operations, "first_convolution", first_convolution),
    "normalization differentiated op by op": patched(_operations, "normalization", normalization),
    "redirected ReLUs in every step": contextlib.nullcontext,
}


def begun(weights: str, number: int, part: str) -> Callable[[], object]:
    """A step of a batch, compiled with a part left out."""
    network = models.load(weights)
    precision = resolve_precision("float32" if "float32" in part else "auto")
    renderer = BatchRenderer(checked(network, Settings(10**6, (SIZE, SIZE), 0, visualize.Options(), precision)))
    with PARTS.get(part, contextlib.nullcontext)():
        renderer.begin(network, channels_of(network, [f"{LAYER}:40-{39 + number}"]))
        for _ in range(REDIRECTED_STEPS + 1):
            renderer.update()
    optimizer = renderer._optimizer
    if "redirected" in part:
        optimizer._steps[False] = optimizer._steps[True]
    for _ in range(WARM):
        renderer.update()
    return renderer.update


def compare(steps: dict[str, tuple[Callable[[], object], int]], turns: int) -> dict[str, list[float]]:
    """Milliseconds of a step and channel, in turns; all see images of the same sizes."""
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(turns):
        for name, (step, number) in steps.items():
            begun = time.perf_counter()
            step()
            found[name].append((time.perf_counter() - begun) * 1000 / number)
    return found


def show(found: dict[str, list[float]], whole: str) -> None:
    for name, values in found.items():
        ratios = [value / first for value, first in zip(values, found[whole], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:<48} {statistics.median(values):>7.2f}  {middle:>6.3f}  {low:.3f} … {high:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--weights", required=True, help="of the network: whatever `artlucid info` takes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=25)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    print(f"{'without, or otherwise':<48} {'ms':>7}  {'ratio':>6}  quartiles")
    show(compare({part: (begun(options.weights, 16, part), 16) for part in PARTS}, options.turns), "the whole")
    sizes = {"a batch of 16": (begun(options.weights, 16, ""), 16)}
    sizes |= {f"a batch of {size}": (begun(options.weights, size, ""), size) for size in BATCH_SIZES}
    show(compare(sizes, options.turns), "a batch of 16")


if __name__ == "__main__":
    main()
