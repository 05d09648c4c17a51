"""
Figure 15: class entropy by layer, from scratch
===============================================

To how few classes the images belong that fire channels most, after training from scratch, as a whole or behind
pretrained low layers. To be held against Figure 6, which has it after fine-tuning.

Command::

    python examples/figure_15.py --rasta rasta:/data/wikipaintings_full

Cost: two trainings of 200 epochs of RASTA and two comparisons (an hour each); two weeks on two cores. With
``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure15.png``, boxes by layer; and the means beside what chance gives.
"""

from _paper import compared, reproduced

made = reproduced("figure15")

# %%
# How few classes
# ---------------
for pairing in ("high-from-start", "scratch-from-start"):
    layers = compared(made, pairing).layers.query("analysed")
    table = layers[["layer", "entropy_b_mean", "entropy_b_chance"]]
    print(f"\n{pairing}\n{table.to_string(index=False, float_format='%.3f')}")
