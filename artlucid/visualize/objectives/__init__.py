"""What a visualization is to make high: Lucid's objectives, with its names, signatures and defaults.

An objective is a function from ``T`` to a tensor, where ``T(layer)`` gives the activations of a layer, shape (batch,
height, width, channels), ``T("input")`` the image before its transformations, and ``T("labels")`` the names of the
classes. Objectives can be added, subtracted, negated and multiplied; what they are made of stays as it is.
"""

from artlucid.visualize.objectives._activations import (
    channel,
    class_logit,
    deepdream,
    direction,
    direction_cossim,
    direction_neuron,
    neuron,
    tensor_direction,
)
from artlucid.visualize.objectives._batch import alignment, channel_interpolate, diversity
from artlucid.visualize.objectives._input import (
    L1,
    L2,
    blur_alpha_each_step,
    blur_input_each_step,
    input_diff,
    penalize_boundary_complexity,
    penalty,
    total_variation,
)
from artlucid.visualize.objectives._objective import Objective, as_objective, handle_batch, wrap_objective

__all__ = [
    "L1",
    "L2",
    "Objective",
    "alignment",
    "as_objective",
    "blur_alpha_each_step",
    "blur_input_each_step",
    "channel",
    "channel_interpolate",
    "class_logit",
    "deepdream",
    "direction",
    "direction_cossim",
    "direction_neuron",
    "diversity",
    "handle_batch",
    "input_diff",
    "neuron",
    "penalize_boundary_complexity",
    "penalty",
    "tensor_direction",
    "total_variation",
    "wrap_objective",
]
