"""
Figure 9: one channel after ten trainings, with its images
==========================================================

Figure 2, with the hundred images that fire the channel most in each network. Green frames are images that it had
before.

Command: python examples/figure_09.py --rasta rasta:/data/wikipaintings_full

Cost: none beyond that of Figure 2. With --quick, on drawn images, minutes.

Expected: `paper/figures/figure9.png`; with a single seed, why there is none.
"""

from _paper import compared, reproduced

made = reproduced("figure9")

# %%
# What became of the channel
# --------------------------
if len(made.results["seeds"]) > 1:
    for mode in "ABCDE":
        channels = compared(made, f"imagenet-to-{mode}").channels
        row = channels[channels["layer"] == "mixed4d_3x3"].nsmallest(1, "overlap_100")
        print(mode, row[["channel", "overlap_100", "classes_a", "classes_b"]].to_string(index=False, header=False))
