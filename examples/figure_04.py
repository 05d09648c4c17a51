"""
Figure 4: mid-level channels from scratch
=========================================

Behind pretrained low layers, training from scratch makes structured detectors; from random weights alone it does
less so.

Command: python examples/figure_04.py --rasta rasta:/data/wikipaintings_full

Cost: two trainings from scratch (200 epochs, some three days each on two cores), two comparisons, and eight
pictures. With --quick, on drawn images, minutes.

Expected: `paper/figures/figure4.png`. This is for the eye.
"""

from _paper import compared, reproduced

made = reproduced("figure4")

# %%
# Which channels
# --------------
# The lowest entropy of the network that was trained from scratch behind pretrained low layers.
channels = compared(made, "high-from-start").channels
print(channels[channels["group"] == "mid"].nsmallest(10, "entropy_b")[["layer", "channel", "entropy_b", "classes_b"]])
