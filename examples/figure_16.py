r"""
Figure 16: mid-level channels in four networks
==============================================

The same channels in ImageNet's network, after IconArt, after RASTA, and after RASTA and then IconArt. In the paper
some that came with RASTA are still there after IconArt: the second dataset reuses filters of the first.

Command::

    python examples/figure_16.py --rasta rasta:/data/wikipaintings_full \
        --iconart iconart:/data/IconArt_v1

Cost: a training of 20 epochs of RASTA, two of IconArt (half an hour each), a comparison on IconArt (minutes), and
sixteen pictures of 2,048 updates (a minute or two each); 18 hours on two cores. With ``--quick``, on drawn images,
minutes.

Expected: ``paper/figures/figure16.png``, four rows, to be judged by eye; and how much IconArt left of what RASTA had
made.
"""

from _paper import compared, reproduced

made = reproduced("figure16")

# %%
# What IconArt left as it was
# ---------------------------
# The share of its hundred images of IconArt that a channel of RASTA's network kept, over all channels of a layer.
layers = compared(made, "iconart-rasta-to-double").layers.query("analysed and group == 'mid'")
print(layers[["layer", "overlap_100_mean", "overlap_100_chance"]].to_string(index=False, float_format="%.3f"))
