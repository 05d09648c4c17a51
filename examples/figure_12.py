"""
Figure 12: the end from scratch, before and after
=================================================

Mid-level channels behind low layers that were pretrained and frozen: noise before, structure after.

Command: python examples/figure_12.py --rasta rasta:/data/wikipaintings_full

Cost: a training from scratch (200 epochs, some three days each on two cores), a comparison, and eight pictures.
With --quick, on drawn images, minutes.

Expected: `paper/figures/figure12.png`. This is for the eye.
"""

from _paper import compared, reproduced

made = reproduced("figure12")

# %%
# Which channels
# --------------
# The lowest entropy after the training.
channels = compared(made, "high-from-start").channels
print(channels[channels["group"] == "mid"].nsmallest(10, "entropy_b")[["layer", "channel", "entropy_b", "classes_b"]])
