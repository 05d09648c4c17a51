"""
Figure 10: high-level channels before and after
===============================================

The channels of Figure 3 in ImageNet's network too.

Command: python examples/figure_10.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores), a comparison, and eight pictures of
2,048 updates (minutes each on two cores). With --quick, on drawn images, minutes.

Expected: `paper/figures/figure10.png`; and by how much the entropy of these layers fell.
"""

from _paper import compared, reproduced

made = reproduced("figure10")

# %%
# By how much
# -----------
channels = compared(made, "imagenet-to-A").channels
high = channels[channels["group"] == "high"]
print((high["entropy_b"] - high["entropy_a"]).groupby(high["layer"], sort=False).describe().round(3))
