"""
Figure 1: mid-level channels before and after
=============================================

What channels in the middle look for in ImageNet's network and after RASTA, with the images that fire them most.
Some turn to something else.

Command: python examples/figure_01.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores), a comparison, and eight pictures of
2,048 updates (minutes each on two cores). With --quick, on drawn images, minutes.

Expected: `paper/figures/figure1.png`; and what the same channels share.
"""

from _paper import compared, reproduced

made = reproduced("figure1")

# %%
# Which channels
# --------------
# Those that the paper's text and scripts name. Others, one a layer, stand in Figure 8.
channels = compared(made, "imagenet-to-A").channels
print(
    channels[channels["layer"].str.startswith("mixed4d_")].nsmallest(10, "overlap_100")[
        ["layer", "channel", "overlap_100"]
    ]
)
