"""
Figure 1: mid-level channels before and after
=============================================

What channels in the middle of the network look for before and after mode A, and the images that fire them most; green
frames are images that were among them before. In the paper some turn to another motif, such as drapery or mountains,
and others stay: mid-level layers adapt.

Command::

    python examples/figure_01.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA, a comparison (an hour), and eight pictures of 2,048 updates (a minute or two
each); 18 hours on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure1.png``, to be judged by eye; and how much channels of these layers kept in all,
against which the few that are shown can be held.
"""

from _paper import compared, reproduced

made = reproduced("figure1")

# %%
# Are these channels typical?
# ---------------------------
# The share of its hundred images that a channel kept, over all channels of each layer in the middle.
layers = compared(made, "imagenet-to-A").layers.query("analysed and group == 'mid'")
columns = ["layer", "overlap_100_quartile_1", "overlap_100_median", "overlap_100_quartile_3", "overlap_100_chance"]
print(layers[columns].to_string(index=False, float_format="%.2f"))
