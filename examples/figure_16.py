"""
Figure 16: mid-level channels in four networks
==============================================

ImageNet, IconArt, RASTA, and RASTA followed by IconArt: filters that were learnt on RASTA serve IconArt again.

Command: python examples/figure_16.py --rasta rasta:/data/wikipaintings_full --iconart iconart:/data/IconArt_v1

Cost: a training of mode A on RASTA (20 epochs: some 8 hours on two cores), two on IconArt (half an hour each), a
comparison, and sixteen pictures. With --quick, on drawn images, minutes.

Expected: `paper/figures/figure16.png`. This is for the eye.
"""

from _paper import compared, reproduced

made = reproduced("figure16")

# %%
# Which channels
# --------------
# What IconArt changed most in the network of RASTA.
channels = compared(made, "iconart-rasta-to-double").channels
print(
    channels[channels["group"] == "mid"].nsmallest(10, "overlap_100")[["layer", "channel", "overlap_100", "classes_b"]]
)
