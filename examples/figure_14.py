"""
Figure 14: overlap by layer, from scratch
=========================================

Random networks and what was trained from them share few images, nearly as few as chance gives.

Command: python examples/figure_14.py --rasta rasta:/data/wikipaintings_full

Cost: two trainings from scratch (200 epochs, some three days each on two cores) and two comparisons. With --quick,
on drawn images, minutes.

Expected: `paper/figures/figure14.png`; and the means by layer.
"""

from _paper import compared, reproduced

made = reproduced("figure14")

# %%
# In figures
# ----------
for pairing in ("high-from-start", "scratch-from-start"):
    layers = compared(made, pairing).layers
    print(pairing)
    print(layers[layers["analysed"]][["layer", "overlap_100_mean", "overlap_100_chance"]].to_string(index=False))
