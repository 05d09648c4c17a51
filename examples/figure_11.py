"""
Figure 11: the images of the channels of Figure 10
==================================================

The hundred training images that fire each of them most, before and after.

Command: python examples/figure_11.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores) and a comparison. With --quick, on drawn
images, minutes.

Expected: `paper/figures/figure11.png`; and the classes of these images.
"""

from _paper import compared, reproduced

made = reproduced("figure11")

# %%
# Which channels
# --------------
# The lowest entropy, with the classes before and after.
channels = compared(made, "imagenet-to-A").channels
print(channels[channels["group"] == "high"].nsmallest(10, "entropy_b")[["layer", "channel", "classes_a", "classes_b"]])
