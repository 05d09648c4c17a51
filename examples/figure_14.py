"""
Figure 14: overlap by layer, from scratch
=========================================

How many of their hundred images channels kept through training from scratch, as a whole or behind pretrained low
layers. To be held against Figure 6, which has it through fine-tuning.

Command::

    python examples/figure_14.py --rasta rasta:/data/wikipaintings_full

Cost: two trainings of 200 epochs of RASTA and two comparisons (an hour each); two weeks on two cores. With
``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure14.png``, boxes by layer; and the means beside what chance gives.
"""

from _paper import compared, reproduced

made = reproduced("figure14")

# %%
# How much channels kept
# ----------------------
for pairing in ("high-from-start", "scratch-from-start"):
    layers = compared(made, pairing).layers.query("analysed")
    table = layers[["layer", "overlap_100_mean", "overlap_100_chance"]]
    print(f"\n{pairing}\n{table.to_string(index=False, float_format='%.3f')}")
