"""Where in the input the windows of a layer stand."""

from __future__ import annotations

from collections.abc import Mapping

from artlucid.architectures._records import Architecture, AveragePool, Concatenation, Convolution, Layer, MaxPool


def windows(architecture: Architecture, layer: str) -> tuple[int, float]:
    """How far the windows of a layer's positions are apart, and where their middles are.

    Parameters
    ----------
    architecture : Architecture
    layer : str
        Of the backbone.

    Returns
    -------
    stride : int
        In pixels of the input.
    offset : float
        The middle of the window of position p is at ``(p + 0.5) * stride + offset`` pixels, where the input's sides are
        multiples of the stride. Each pool that halves a map pads it at its end alone, which moves the middles.

    Examples
    --------
    >>> from artlucid.architectures import get
    >>> windows(get("bvlc"), "conv2d0"), windows(get("inception5h"), "conv2d0"), windows(get("inception5h"), "mixed5b")
    ((2, -0.5), (2, 0.5), (32, 15.5))
    """
    layers = {one.name: one for one in architecture.backbone}
    stride, offset = 1, 0.0
    for one in reversed(_path(layers, layer)):
        if isinstance(one, Convolution | MaxPool | AveragePool) and one.stride > 1:
            size = one.kernel_size if isinstance(one, Convolution) else one.size
            symmetric = isinstance(one, Convolution) and architecture.padding == "symmetric"
            before = size // 2 if symmetric else (size - one.stride) // 2
            offset += stride * ((size - one.stride) / 2 - before)
            stride *= one.stride
    return stride, offset


def _path(layers: Mapping[str, Layer], layer: str) -> list[Layer]:
    """The layers from one back to the input, through the first branch of each block: all have the same middles."""
    found = []
    while layer in layers:
        one = layers[layer]
        found.append(one)
        layer = one.sources[0] if isinstance(one, Concatenation) else one.source
    return found
