"""
Figure 3: high-level channels after RASTA
=========================================

Channels of the last layers gather images of one class. The paper's channels are not named: here the lowest class
entropy, one a layer.

Command: python examples/figure_03.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores), a comparison, and four pictures of 2,048
updates. With --quick, on drawn images, minutes.

Expected: `paper/figures/figure3.png`; and the ten channels of the lowest entropy.
"""

from _paper import compared, reproduced

made = reproduced("figure3")

# %%
# Which channels
# --------------
# The lowest entropy, with the classes of the images that fire them most.
channels = compared(made, "imagenet-to-A").channels
print(channels[channels["group"] == "high"].nsmallest(10, "entropy_b")[["layer", "channel", "entropy_b", "classes_b"]])
