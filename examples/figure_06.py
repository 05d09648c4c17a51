"""
Figure 6: overlap and class entropy by layer
============================================

How many of their hundred images channels keep, and to how few classes these belong, before and after mode A. Both
fall towards the last layers.

Command: python examples/figure_06.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores) and a comparison. With --quick, on drawn
images, minutes.

Expected: `paper/figures/figure6-overlap.png` and `figure6-entropy.png`; and the means beside what chance gives.
"""

from _paper import compared, reproduced

made = reproduced("figure6")

# %%
# Beside chance
# -------------
# Two sets drawn at random share some images too, and are of few classes if there are few.
layers = compared(made, "imagenet-to-A").layers
columns = ["layer", "overlap_100_mean", "overlap_100_chance", "entropy_a_mean", "entropy_b_mean", "entropy_b_chance"]
print(layers[layers["analysed"]][columns].to_string(index=False))
