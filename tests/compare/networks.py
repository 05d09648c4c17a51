"""States of one small network, each changed in one known way."""

import dataclasses

import numpy as np

from artlucid import models
from artlucid.models._load import from_weights
from artlucid.models._network import weights_of

SHIFTED = "mixed4d_3x3"
CONSUMERS = ("mixed4e_1x1", "mixed4e_3x3_bottleneck", "mixed4e_5x5_bottleneck", "mixed4e_pool_reduce")
KILLED = ("mixed3a_3x3", 5)


def changed(network, source, **arrays):
    """The same network with other arrays, by names whose slashes are two underscores."""
    weights = weights_of(network)
    arrays = {name.replace("__", "/"): array for name, array in arrays.items()}
    return from_weights(dataclasses.replace(weights, arrays={**weights.arrays, **arrays}), source=source)


def with_red_and_blue_swapped(network):
    kernel = weights_of(network).arrays["conv2d0/kernel"]
    return changed(network, "swapped", conv2d0__kernel=kernel[:, :, ::-1])


def with_channels_shifted(network):
    """Each channel of a convolution moved on by one, and with it what takes them in: the predictions stay."""
    arrays = weights_of(network).arrays
    one, width = arrays["mixed4d_1x1/bias"].size, arrays[f"{SHIFTED}/bias"].size
    inside = slice(one, one + width)
    new = {f"{SHIFTED}__{part}": np.roll(arrays[f"{SHIFTED}/{part}"], 1, axis=-1) for part in ("kernel", "bias")}
    for name in CONSUMERS:
        kernel = arrays[f"{name}/kernel"].copy()
        kernel[:, :, inside] = np.roll(kernel[:, :, inside], 1, axis=2)
        new[f"{name}__kernel"] = kernel
    return changed(network, "shifted", **new)


def with_a_channel_killed(network):
    layer, channel = KILLED
    arrays = weights_of(network).arrays
    kernel, bias = arrays[f"{layer}/kernel"].copy(), arrays[f"{layer}/bias"].copy()
    kernel[..., channel], bias[channel] = 0, -1
    return changed(network, "killed", **{f"{layer}__kernel": kernel, f"{layer}__bias": bias})


def tiny(seed=0, source="tiny", **arrays):
    network = models.load("none", architecture="tiny", seed=seed)
    return changed(network, source, **arrays)
