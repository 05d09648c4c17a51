"""Of what an image is made: Lucid's parameterizations, with its names, signatures and defaults.

Each function makes its variables with `tf.Variable` and returns a tensor, so that sums of several are parameterizations
too. Lucid's older names `naive`, `laplacian_pyramid` and `sample_bilinear` are here other names of `pixel_image`,
`laplacian_pyramid_image` and `bilinearly_sampled_image`, without a warning.
"""

from artlucid.visualize.param import color, images, lowres, random, spatial, unit_balls
from artlucid.visualize.param.color import to_valid_rgb
from artlucid.visualize.param.cppn import cppn
from artlucid.visualize.param.images import grayscale_image_rgb, image
from artlucid.visualize.param.lowres import lowres_tensor
from artlucid.visualize.param.random import image_sample
from artlucid.visualize.param.resize_bilinear_nd import resize_bilinear_nd
from artlucid.visualize.param.spatial import (
    bilinearly_sampled_image,
    fft_image,
    laplacian_pyramid,
    laplacian_pyramid_image,
    naive,
    pixel_image,
    rfft2d_freqs,
    sample_bilinear,
)
from artlucid.visualize.param.unit_balls import unit_ball_L2, unit_ball_L_inf

__all__ = [
    "bilinearly_sampled_image",
    "color",
    "cppn",
    "fft_image",
    "grayscale_image_rgb",
    "image",
    "image_sample",
    "images",
    "laplacian_pyramid",
    "laplacian_pyramid_image",
    "lowres",
    "lowres_tensor",
    "naive",
    "pixel_image",
    "random",
    "resize_bilinear_nd",
    "rfft2d_freqs",
    "sample_bilinear",
    "spatial",
    "to_valid_rgb",
    "unit_ball_L2",
    "unit_ball_L_inf",
    "unit_balls",
]
