"""Parameterizations as a notebook writes them, run with Lucid's `param` (Python 3.7 too) and with ours."""

import numpy as np


def textured(param, tensorflow):
    """A texture of a variable, looked up at places beyond its edges too."""
    texture = param.spatial.pixel_image([5, 7, 3])
    places = np.random.RandomState(9).uniform(-0.5, 1.5, (6, 4, 2)).astype("float32")
    return param.spatial.bilinearly_sampled_image(texture + 0.0, tensorflow.constant(places))


def shared(param, tensorflow):
    """What the images of a batch have in common, and what each has alone."""
    own = param.fft_image([2, 8, 6, 3])
    return param.to_valid_rgb(own + param.lowres_tensor([2, 8, 6, 3], [1, 4, 3, 3]), decorrelate=True)


# Name → the function, whose values depend on Lucid's `param`, and on `tensorflow` where it needs a constant.
CASES = {
    "image": lambda param, _: param.image(8),
    "image_odd": lambda param, _: param.image(7),
    "image_wide": lambda param, _: param.image(11, 6),
    "image_high": lambda param, _: param.image(w=6, h=9),
    "image_batch": lambda param, _: param.image(6, 5, batch=3),
    "image_alpha": lambda param, _: param.image(6, 4, alpha=True),
    "image_correlated": lambda param, _: param.image(5, decorrelate=False),
    "image_pixels": lambda param, _: param.image(5, 8, batch=2, fft=False),
    "image_pixels_alpha": lambda param, _: param.image(5, 4, fft=False, alpha=True, decorrelate=False),
    "image_channels": lambda param, _: param.image(6, 5, batch=2, channels=5),
    "image_channels_pixels": lambda param, _: param.image(6, 5, fft=False, channels=1),
    "image_112": lambda param, _: param.image(112)[:, ::16, ::16],
    "grayscale_image_rgb": lambda param, _: param.grayscale_image_rgb(6, 7, batch=2),
    "fft_image": lambda param, _: param.fft_image([2, 7, 9, 2]),
    "fft_image_decay": lambda param, _: param.fft_image([1, 6, 8, 3], decay_power=1.5),
    "pixel_image": lambda param, _: param.spatial.pixel_image([2, 4, 5, 3]) + 0.0,
    "laplacian_pyramid_image": lambda param, _: param.spatial.laplacian_pyramid_image((2, 12, 9, 3), n_levels=3),
    "lowres_tensor": lambda param, _: param.lowres_tensor([2, 9, 8, 3], [1, 3, 5, 2]),
    "lowres_tensor_offset": lambda param, _: param.lowres_tensor(
        [1, 9, 8, 3], [1, 3, 4, 3], offset=[0, True, 3, False]
    ),
    "lowres_tensor_offset_all": lambda param, _: param.lowres_tensor([4, 8, 8, 4], [2, 2, 4, 2], offset=True),
    "lowres_tensor_smaller": lambda param, _: param.lowres_tensor([1, 4, 5, 3], [1, 9, 8, 3]),
    "to_valid_rgb": lambda param, _: param.to_valid_rgb(param.fft_image([1, 6, 6, 3])),
    "to_valid_rgb_cut": lambda param, _: param.to_valid_rgb(param.fft_image([1, 6, 6, 3]), sigmoid=False),
    "to_valid_rgb_cut_decorrelated": lambda param, _: param.to_valid_rgb(
        param.fft_image([1, 7, 6, 3]), decorrelate=True, sigmoid=False
    ),
    "shared": shared,
    "bilinearly_sampled_image": textured,
    "image_sample": lambda param, _: param.image_sample([2, 6, 7, 3], sd=0.3),
    "image_sample_decay": lambda param, _: param.image_sample([1, 5, 6, 3], decorrelate=False, sd=0.3, decay_power=2),
    "cppn": lambda param, _: param.cppn(6, num_layers=3, num_hidden_channels=5),
    "cppn_normalized": lambda param, _: param.cppn(
        7, batch=2, num_output_channels=4, num_hidden_channels=6, num_layers=2, normalize=True
    ),
    "unit_ball_L2_inside": lambda param, _: param.unit_balls.unit_ball_L2([2]),
    "unit_ball_L2_outside": lambda param, _: param.unit_balls.unit_ball_L2([3, 4]),
    "unit_ball_L2_far_outside": lambda param, _: param.unit_balls.unit_ball_L2([2, 3, 4]),
    "unit_ball_L_inf": lambda param, _: param.unit_balls.unit_ball_L_inf([4, 5, 6]),
    "unit_ball_L_inf_plain": lambda param, _: param.unit_balls.unit_ball_L_inf([4, 5, 6], precondition=False),
}


def numbers(name, shapes, scale=0.5):
    """Values for the variables of a case (or its random draws), then weights for its gradient; float32."""
    seed = sorted(CASES).index(name)
    state = np.random.RandomState(seed)
    return [state.normal(scale=scale, size=shape).astype("float32") for shape in shapes]
