"""
Figure 5: similarity by layer
=============================

CKA of seven pairs of networks, layer by layer, on RASTA's test images. In the paper it falls with depth, fine-tuned
networks are closest to each other, and those from scratch are far from where they began.

Command::

    python examples/figure_05.py --rasta rasta:/data/wikipaintings_full

Cost: for each of two seeds two trainings of 20 epochs of RASTA and two of 200, and thirteen comparisons in all (an
hour each); a month on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure5.png``, seven curves; from ImageNet to mode A they fall from about 1, to a mean of
0.77 in the paper.
"""

from _paper import compared, reproduced

made = reproduced("figure5")

# %%
# How much of it is due to few images?
# ------------------------------------
# The figure has plain CKA, as the paper does. It rises with the number of channels; the debiased one does not. The
# floor is what features that have nothing in common would have.
layers = compared(made, "imagenet-to-A").layers.query("analysed")
columns = ["layer", "cka", "cka_floor", "cka_debiased", "cka_debiased_floor"]
print(layers[columns].to_string(index=False, float_format="%.2f"))
