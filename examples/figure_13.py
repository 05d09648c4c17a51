"""
Figure 13: from scratch, before and after
=========================================

The same where nothing was pretrained.

Command: python examples/figure_13.py --rasta rasta:/data/wikipaintings_full

Cost: a training from scratch (200 epochs, some three days each on two cores), a comparison, and eight pictures.
With --quick, on drawn images, minutes.

Expected: `paper/figures/figure13.png`. This is for the eye.
"""

from _paper import compared, reproduced

made = reproduced("figure13")

# %%
# Which channels
# --------------
# The lowest entropy after the training.
channels = compared(made, "scratch-from-start").channels
print(channels[channels["group"] == "mid"].nsmallest(10, "entropy_b")[["layer", "channel", "entropy_b", "classes_b"]])
