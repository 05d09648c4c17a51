"""
Figure 17: the images of the channels of Figure 16
==================================================

The images of IconArt that fire them most, before and after IconArt.

Command: python examples/figure_17.py --rasta rasta:/data/wikipaintings_full --iconart iconart:/data/IconArt_v1

Cost: a training of mode A on RASTA (20 epochs: some 8 hours on two cores), one on IconArt (half an hour), and a
comparison. With --quick, on drawn images, minutes.

Expected: `paper/figures/figure17.png`; and the classes of these images.
"""

from _paper import compared, reproduced

made = reproduced("figure17")

# %%
# Which channels
# --------------
# With the classes of the images that fire them most.
channels = compared(made, "iconart-rasta-to-double").channels
print(channels[channels["group"] == "mid"].nsmallest(10, "overlap_100")[["layer", "channel", "classes_a", "classes_b"]])
