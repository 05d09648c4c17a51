"""
Figure 8: further mid-level channels
====================================

As Figure 1, for the channels in the middle that kept the fewest of their images, one a layer: where mid-level layers
adapted most.

Command::

    python examples/figure_08.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA, a comparison (an hour), and eight pictures of 2,048 updates (a minute or two
each); 18 hours on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure8.png``, to be judged by eye; and ten such channels with the classes of their images
before and after.
"""

from _paper import compared, reproduced

made = reproduced("figure8")

# %%
# What these channels turned to
# -----------------------------
channels = compared(made, "imagenet-to-A").channels.query("group == 'mid'").nsmallest(10, "overlap_100")
print(channels[["layer", "channel", "overlap_100", "classes_a", "classes_b"]].to_string(index=False))
