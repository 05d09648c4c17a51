"""
Figure 15: class entropy by layer, from scratch
===============================================

Training from scratch gathers classes in the last layers too.

Command: python examples/figure_15.py --rasta rasta:/data/wikipaintings_full

Cost: two trainings from scratch (200 epochs, some three days each on two cores) and two comparisons. With --quick,
on drawn images, minutes.

Expected: `paper/figures/figure15.png`; and the means by layer.
"""

from _paper import compared, reproduced

made = reproduced("figure15")

# %%
# In figures
# ----------
for pairing in ("high-from-start", "scratch-from-start"):
    layers = compared(made, pairing).layers
    print(pairing)
    print(layers[layers["analysed"]][["layer", "entropy_b_mean", "entropy_b_chance"]].to_string(index=False))
