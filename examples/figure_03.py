"""
Figure 3: high-level channels after RASTA
=========================================

Channels of the last layers after mode A, each with the images that fire them most. In the paper these images are
largely of one style: high-level layers concentrate classes. Its channels are not named; here they are those of the
lowest class entropy, one a layer.

Command::

    python examples/figure_03.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA, a comparison (an hour), and four pictures of 2,048 updates (a minute or two
each); 18 hours on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure3.png``, to be judged by eye; and ten such channels with their three most frequent
classes.
"""

from _paper import compared, reproduced

made = reproduced("figure3")

# %%
# The most concentrated channels
# ------------------------------
# Entropy 0 is one class, 1 all classes alike. Training images: a network may have learnt their labels by heart.
channels = compared(made, "imagenet-to-A").channels.query("group == 'high'")
print(channels.nsmallest(10, "entropy_b")[["layer", "channel", "entropy_b", "classes_b"]].to_string(index=False))
