"""
Several things that one channel looks for
=========================================

Cells of Lucid's notebook on diversity, with only the imports changed.

Command::

    python examples/lucid_diversity.py

Cost: six minutes on two cores; the weights (50 MB) are downloaded at the first time.

Expected: four pictures of one channel twice; with the diversity term they differ more from one another.
"""

import artlucid.models as models
import artlucid.visualize.objectives as objectives
import artlucid.visualize.param as param
import artlucid.visualize.render as render

model = models.InceptionV1()

# %%
# A batch without diversity: four times much the same
alike = render.render_vis(model, objectives.channel("mixed5a_pre_relu", 9), lambda: param.image(128, batch=4))

# %%
# Pushed apart in style at one layer
different = objectives.channel("mixed5a_pre_relu", 9) - 1e2 * objectives.diversity("mixed5a")
diverse = render.render_vis(model, different, lambda: param.image(128, batch=4))

# %%
# From one channel to another, drawn in the same place
way = objectives.channel_interpolate("mixed4a_pre_relu", 476, "mixed4a_pre_relu", 460)
between = render.render_vis(model, way + 0.1 * objectives.alignment("mixed4a"), lambda: param.image(128, batch=4))
