"""What is done to an image before the network sees it, so that what it shows does not depend on single pixels.

Lucid's transformations, with its names, signatures and defaults: each function gives a transformation, a callable from
a batch of images to a batch of images. Its random numbers come from the seed and the step of the visualization, one
draw for the whole batch.
"""

from artlucid.visualize.transform._alpha import collapse_alpha_random
from artlucid.visualize.transform._borders import crop_or_pad_to, pad
from artlucid.visualize.transform._combine import compose, describe, per_image
from artlucid.visualize.transform._geometry import jitter, random_rotate, random_scale
from artlucid.visualize.transform._gradient import normalize_gradient

__all__ = [
    "collapse_alpha_random",
    "compose",
    "crop_or_pad_to",
    "describe",
    "jitter",
    "normalize_gradient",
    "pad",
    "per_image",
    "random_rotate",
    "random_scale",
    "standard_transforms",
]

standard_transforms = [
    pad(12, mode="constant", constant_value=0.5),
    jitter(8),
    random_scale([1 + (step - 5) / 50.0 for step in range(11)]),
    random_rotate([*range(-10, 11), 0, 0, 0, 0, 0]),
    jitter(4),
]
"""Lucid's: a 224 px image comes out with 212 to 260 pixels a side."""
