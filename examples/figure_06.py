"""
Figure 6: overlap and class entropy by layer
============================================

How many of their hundred images the channels of each layer kept through mode A, and to how few classes these images
belong. In the paper both fall towards the last layers.

Command::

    python examples/figure_06.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 20 epochs of RASTA and a comparison (an hour); 18 hours on two cores. With ``--quick``, on drawn
images, minutes.

Expected: ``paper/figures/figure6-overlap.png`` and ``paper/figures/figure6-entropy.png``, boxes by layer; and the
means beside what chance gives.
"""

from _paper import compared, reproduced

made = reproduced("figure6")

# %%
# Beside chance
# -------------
# Two sets that are drawn at random share some images too, and a set of a hundred is of few classes where there are few.
layers = compared(made, "imagenet-to-A").layers.query("analysed")
columns = ["layer", "overlap_100_mean", "overlap_100_chance", "entropy_a_mean", "entropy_b_mean", "entropy_b_chance"]
print(layers[columns].to_string(index=False, float_format="%.3f"))
