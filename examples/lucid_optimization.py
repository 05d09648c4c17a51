"""
Feature visualization by optimization
=====================================

Cells of Lucid's tutorial, typed anew, with only the imports changed.

Command::

    python examples/lucid_optimization.py

Cost: five minutes on two cores; the weights (50 MB) are downloaded at the first time.

Expected: for each cell the step and the value of its objective; in a notebook the pictures too. The value of the second
cell rises from threshold to threshold; the picture without decorrelated colours and Fourier coefficients is noise.
"""

import artlucid.models as models
import artlucid.visualize.objectives as objectives
import artlucid.visualize.param as param
import artlucid.visualize.render as render
import artlucid.visualize.transform as transform

# %%
# A channel by its name
model = models.InceptionV1()

basic = render.render_vis(model, "mixed4a_pre_relu:476")

# %%
# A larger image, kept at several steps
larger = render.render_vis(model, "mixed4a_pre_relu:476", lambda: param.image(192), thresholds=(4, 64, 256))

# %%
# Objectives: a sum, a difference, a neuron
both = objectives.channel("mixed4a_pre_relu", 476) + objectives.channel("mixed4a_pre_relu", 465)
joint = render.render_vis(model, both)
less = objectives.channel("mixed4a_pre_relu", 476) - 0.5 * objectives.channel("mixed4a_pre_relu", 465)
without = render.render_vis(model, less)
single = render.render_vis(model, objectives.neuron("mixed4a_pre_relu", 476))

# %%
# Transformations of one's own, and none
jittered = [transform.pad(16), transform.jitter(8), transform.random_scale([0.95, 1.0, 1.05]), transform.jitter(4)]
robust = render.render_vis(model, "mixed4a_pre_relu:476", transforms=jittered)
fragile = render.render_vis(model, "mixed4a_pre_relu:476", transforms=[])

# %%
# Pixels in the place of decorrelated Fourier coefficients
noise = render.render_vis(model, "mixed4a_pre_relu:476", lambda: param.image(128, fft=False, decorrelate=False))
