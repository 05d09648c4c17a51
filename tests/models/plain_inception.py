"""InceptionV1 once more, typed from the published descriptions in plain TensorFlow: truth for what is built here."""

import numpy as np
import tensorflow as tf

# 1x1, 3x3 bottleneck, 3x3, 5x5 bottleneck, 5x5, pool reduce.
INCEPTION5H = {
    "mixed3a": (64, 96, 128, 16, 32, 32),
    "mixed3b": (128, 128, 192, 32, 96, 64),
    "mixed4a": (192, 96, 204, 16, 48, 64),
    "mixed4b": (160, 112, 224, 24, 64, 64),
    "mixed4c": (128, 128, 256, 24, 64, 64),
    "mixed4d": (112, 144, 288, 32, 64, 64),
    "mixed4e": (256, 160, 320, 32, 128, 128),
    "mixed5a": (256, 160, 320, 48, 128, 128),
    "mixed5b": (384, 192, 384, 48, 128, 128),
}
BVLC = INCEPTION5H | {"mixed4a": (192, 96, 208, 16, 48, 64), "mixed5a": (256, 160, 320, 32, 128, 128)}
WIDTHS = {
    "inception5h": INCEPTION5H,
    "bvlc": BVLC,
    "gonthier": INCEPTION5H,
    "mini": {block: tuple(width // 4 for width in widths) for block, widths in INCEPTION5H.items()},
}
STEM = {"inception5h": (64, 64, 192), "bvlc": (64, 64, 192), "gonthier": (64, 64, 192), "mini": (16, 16, 48)}
BRANCHES = ("1x1", "3x3_bottleneck", "3x3", "5x5_bottleneck", "5x5", "pool_reduce")
SIDES = {"1x1": 1, "3x3_bottleneck": 1, "3x3": 3, "5x5_bottleneck": 1, "5x5": 5, "pool_reduce": 1}

# Channel order, means in that order.
PREPROCESS = {
    "inception5h": ("RGB", (117, 117, 117)),
    "bvlc": ("BGR", (104, 117, 123)),
    "gonthier": ("BGR", (103.939, 116.779, 123.68)),
    "mini": ("RGB", (117, 117, 117)),
}
# Depth radius, bias, alpha, beta.
LRN = {
    "inception5h": (5, 2.0, 1e-4, 0.5),
    "bvlc": (2, 1.0, 2e-5, 0.75),
    "gonthier": (2, 2.0, 2e-5, 0.5),
    "mini": (5, 2.0, 1e-4, 0.5),
}
SYMMETRIC = {"inception5h": False, "bvlc": True, "gonthier": True, "mini": False}
CLASSES = {"inception5h": 1008, "bvlc": 1000, "gonthier": 1008, "mini": 1000}
VARIANTS = tuple(WIDTHS)

CONVOLUTIONS = ("conv2d0", "conv2d1", "conv2d2", *(f"{block}_{branch}" for block in BVLC for branch in BRANCHES))


def shapes(variant, classes):
    """The shape of every array without auxiliary heads, worked out from the widths."""
    first, second, third = STEM[variant]
    kernels = {"conv2d0": (7, 7, 3, first), "conv2d1": (1, 1, first, second), "conv2d2": (3, 3, second, third)}
    channels = third
    for block, widths in WIDTHS[variant].items():
        one, three_bottleneck, three, five_bottleneck, five, pool_reduce = widths
        inputs = (channels, channels, three_bottleneck, channels, five_bottleneck, channels)
        for branch, depth, width in zip(BRANCHES, inputs, widths, strict=True):
            kernels[f"{block}_{branch}"] = (SIDES[branch], SIDES[branch], depth, width)
        channels = one + three + five + pool_reduce
    kernels["logits"] = (channels, classes)
    both = {}
    for layer, shape in kernels.items():
        both |= {f"{layer}/kernel": shape, f"{layer}/bias": shape[-1:]}
    return both


def draw(variant, classes, seed=0):
    """Random arrays of a size that keeps activations in range."""
    generator = np.random.default_rng(seed)
    drawn = {}
    for name, shape in shapes(variant, classes).items():
        scale = np.sqrt(2 / np.prod(shape[:-1])) if name.endswith("kernel") else 0.1
        drawn[name] = generator.normal(0, scale, shape).astype(np.float32)
    return drawn


def padding(size, window, stride, symmetric):
    """What comes before and after one side of an image."""
    if symmetric:
        return window // 2, window // 2
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def convolution(x, kernel, bias, stride, symmetric):
    pads = [padding(size, kernel.shape[0], stride, symmetric) for size in x.shape[1:3]]
    return tf.nn.conv2d(tf.pad(x, [(0, 0), *pads, (0, 0)]), kernel, stride, "VALID") + bias


def maximum(x, stride, symmetric):
    """A 3x3 maximum; Caffe's ceil mode takes windows that begin inside and hang over the lower right."""
    pads = [padding(size, 3, stride, False) for size in x.shape[1:3]]
    if symmetric and stride == 2:
        pads = [(0, -(-(size - 3) // 2) * 2 + 3 - size) for size in x.shape[1:3]]
    padded = tf.pad(x, [(0, 0), *pads, (0, 0)], constant_values=-np.inf)
    return tf.nn.max_pool2d(padded, 3, stride, "VALID")


def compute(images, arrays, variant, *, auxiliary=False, activation=tf.nn.softmax):
    """Every tensor by Lucid's name, from RGB in 0 … 255."""
    order, means = PREPROCESS[variant]
    radius, bias, alpha, beta = LRN[variant]
    symmetric = SYMMETRIC[variant]
    tensors = {"preprocess": (images[..., ::-1] if order == "BGR" else images) - np.asarray(means, np.float32)}

    def convolve(name, x, stride=1):
        kernel, offset = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        tensors[f"{name}_pre_relu"] = convolution(x, kernel, offset, stride, symmetric)
        tensors[name] = tf.nn.relu(tensors[f"{name}_pre_relu"])
        return tensors[name]

    def keep(name, x):
        tensors[name] = x
        return x

    def normalize(name, x):
        return keep(name, tf.nn.local_response_normalization(x, radius, bias, alpha, beta))

    def classify(name, predictions, x):
        tensors[name] = x @ arrays[f"{name}/kernel"] + arrays[f"{name}/bias"]
        tensors[predictions] = activation(tensors[name])

    x = keep("maxpool0", maximum(convolve("conv2d0", tensors["preprocess"], 2), 2, symmetric))
    x = convolve("conv2d2", convolve("conv2d1", normalize("localresponsenorm0", x)))
    x = normalize("localresponsenorm1", x)
    pools = {"mixed3a": "maxpool1", "mixed4a": "maxpool4", "mixed5a": "maxpool10"}
    for block in WIDTHS[variant]:
        if block in pools:
            x = keep(pools[block], maximum(x, 2, symmetric))
        ends = (
            convolve(f"{block}_1x1", x),
            convolve(f"{block}_3x3", convolve(f"{block}_3x3_bottleneck", x)),
            convolve(f"{block}_5x5", convolve(f"{block}_5x5_bottleneck", x)),
            convolve(f"{block}_pool_reduce", keep(f"{block}_pool", maximum(x, 1, symmetric))),
        )
        x = keep(block, tf.concat(ends, 3))
        linear = [tensors[f"{block}_{branch}_pre_relu"] for branch in ("1x1", "3x3", "5x5", "pool_reduce")]
        keep(f"{block}_pre_relu", tf.concat(linear, 3))
    classify("logits", "predictions", keep("avgpool0", tf.reduce_mean(x, (1, 2))))
    for index, block in enumerate(("mixed4a", "mixed4d") if auxiliary else ()):
        x = keep(f"head{index}_pool", tf.nn.avg_pool2d(tensors[block], 5, 3, "VALID"))
        x = convolve(f"head{index}_bottleneck", x)
        flat = tf.reshape(x, (len(images), -1))
        name = f"nn{index}"
        tensors[f"{name}_pre_relu"] = flat @ arrays[f"{name}/kernel"] + arrays[f"{name}/bias"]
        x = keep(name, tf.nn.relu(tensors[f"{name}_pre_relu"]))
        classify(f"head{index}_logits", f"head{index}_predictions", x)
    return {name: np.asarray(tensor) for name, tensor in tensors.items()}
