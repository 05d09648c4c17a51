"""
Figure 10: high-level channels before and after
===============================================

The channels of Figure 3, with what they looked for in ImageNet's network. In the paper such channels change more than
those of lower layers do.

Command::

    python examples/figure_10.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA, a comparison (an hour), and eight pictures of 2,048 updates (a minute or two
each); 18 hours on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure10.png``, to be judged by eye; and by how much the class entropy of the last layers
fell.
"""

from _paper import compared, reproduced

made = reproduced("figure10")

# %%
# By how much classes were concentrated
# -------------------------------------
# Entropy after less before, over all channels of a layer: below 0 where images are of fewer classes than before.
channels = compared(made, "imagenet-to-A").channels.query("group == 'high'")
change = (channels["entropy_b"] - channels["entropy_a"]).groupby(channels["layer"]).describe()
print(change[["count", "25%", "50%", "75%"]].to_string(float_format="%+.3f"))
