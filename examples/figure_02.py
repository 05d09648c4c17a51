"""
Figure 2: one channel after ten trainings
=========================================

Two trainings of each of the modes A to E, and one channel in all of them: equal trainings make different detectors.

Command: python examples/figure_02.py --rasta rasta:/data/wikipaintings_full

Cost: ten trainings of 20 epochs (some 8 hours each on two cores), ten comparisons and ten pictures. With --quick,
on drawn images, minutes.

Expected: `paper/figures/figure2.png`; with a single seed, why there is none.
"""

from _paper import compared, reproduced

made = reproduced("figure2")

# %%
# How different two equal trainings are
# -------------------------------------
# The overlap of each mode's first training with ImageNet, over the channels of the same layer.
if len(made.results["seeds"]) > 1:
    for mode in "ABCDE":
        channels = compared(made, f"imagenet-to-{mode}").channels
        print(mode, channels.loc[channels["layer"] == "mixed4d_3x3", "overlap_100"].describe().round(2).to_dict())
