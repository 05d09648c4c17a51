"""
Figure 5: similarity by layer
=============================

CKA of seven pairs of networks, layer by layer. It falls with depth between a network and what became of it; fine-
tuned networks are nearest to each other.

Command: python examples/figure_05.py --rasta rasta:/data/wikipaintings_full

Cost: for each seed two trainings of 20 epochs and two from scratch (200 epochs, some three days each on two cores),
and seven comparisons. With --quick, on drawn images, minutes.

Expected: `paper/figures/figure5.png`; and the debiased values, which say more where images are few.
"""

from _paper import compared, reproduced

made = reproduced("figure5")

# %%
# With few images
# ---------------
# The figure is the paper's, of plain CKA. The debiased one does not rise with the number of channels.
layers = compared(made, "imagenet-to-A").layers
print(layers[layers["analysed"]][["layer", "cka", "cka_debiased", "cka_floor"]].to_string(index=False))
