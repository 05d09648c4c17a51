"""
Figure 8: further mid-level channels
====================================

As Figure 1, for the channels that kept the fewest of their images, one a layer.

Command: python examples/figure_08.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores), a comparison, and eight pictures of
2,048 updates (minutes each on two cores). With --quick, on drawn images, minutes.

Expected: `paper/figures/figure8.png`; and the ten lowest overlaps.
"""

from _paper import compared, reproduced

made = reproduced("figure8")

# %%
# Which channels
# --------------
# The lowest overlap in the middle of the network.
channels = compared(made, "imagenet-to-A").channels
print(
    channels[channels["group"] == "mid"].nsmallest(10, "overlap_100")[["layer", "channel", "overlap_100", "classes_b"]]
)
