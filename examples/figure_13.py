"""
Figure 13: from scratch, before and after
=========================================

As Figure 12, where nothing was pretrained. In the paper what comes out of the noise is much harder to read.

Command::

    python examples/figure_13.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 200 epochs of RASTA, a comparison (an hour), and eight pictures of 2,048 updates (a minute or two
each); a week on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure13.png``, to be judged by eye; and how many images of channels in the middle changed,
and to how few classes.
"""

from _paper import compared, reproduced

made = reproduced("figure13")

# %%
# Numbers beside it
# -----------------
# Over all channels of each layer in the middle. Neither measures structure.
layers = compared(made, "scratch-from-start").layers.query("analysed and group == 'mid'")
columns = ["layer", "overlap_100_mean", "overlap_100_chance", "entropy_a_mean", "entropy_b_mean"]
print(layers[columns].to_string(index=False, float_format="%.3f"))
