"""
Figure 11: the images of the channels of Figure 10
==================================================

The hundred training images that fire each of these channels most, before and after mode A, with green frames around
those that stayed. After it they are of fewer styles.

Command::

    python examples/figure_11.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA and a comparison (an hour); 18 hours on two cores. With ``--quick``, on drawn
images, minutes.

Expected: ``paper/figures/figure11.png``, to be judged by eye; and the most frequent classes of these images.
"""

from _paper import compared, reproduced

made = reproduced("figure11")

# %%
# Of which classes
# ----------------
channels = compared(made, "imagenet-to-A").channels.query("group == 'high'").nsmallest(10, "entropy_b")
print(channels[["layer", "channel", "overlap_100", "classes_a", "classes_b"]].to_string(index=False))
