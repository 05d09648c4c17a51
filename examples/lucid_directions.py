"""
Directions in activation space
==============================

What two channels mean together, and a caricature; cells of Lucid's notebooks.

Command::

    python examples/lucid_directions.py

Cost: four minutes on two cores; the weights (50 MB) are downloaded at the first time.

Expected: pictures of a random direction, of a direction at one place, and of what an image has at a layer, exaggerated.

Typed anew from Lucid's notebooks on interpolations and on caricatures, with only the imports changed.
"""

import numpy as np
import tensorflow as tf

import artlucid.models as models
import artlucid.visualize.objectives as objectives
import artlucid.visualize.param as param
import artlucid.visualize.render as render

model = models.InceptionV1()

# %%
# A direction: any vector of a layer's channels
direction = np.random.RandomState(0).normal(size=528).astype("float32")
spread = render.render_vis(model, objectives.direction("mixed4d_pre_relu", direction))
focused = render.render_vis(model, objectives.direction_neuron("mixed4d_pre_relu", direction), lambda: param.image(128))


# %%
# A caricature: the first image of the batch is driven to what the second has at a layer
@objectives.wrap_objective()
def dot_compare(layer, cossim_pow=0):
    """The product of two images' activations, times a power of their cosine."""

    def inner(T):
        product = tf.reduce_sum(T(layer)[0] * T(layer)[1])
        length = tf.sqrt(tf.reduce_sum(T(layer)[1] ** 2))
        return product * (product / (1e-6 + length)) ** cossim_pow

    return inner


rows, columns = np.mgrid[0:128, 0:128] / 128
picture = np.stack([rows, columns, 0.5 + 0.5 * np.sin(20 * rows)], -1).astype("float32")
target = lambda: tf.concat([param.image(128), picture[None]], 0)
caricature = render.render_vis(model, dot_compare("mixed4c"), target)
