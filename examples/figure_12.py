"""
Figure 12: the end from scratch, before and after
=================================================

Channels in the middle that began at random behind low layers that were pretrained and stay as they are. In the paper
the training makes motifs that one can name out of noise.

Command::

    python examples/figure_12.py --rasta rasta:/data/wikipaintings_full

Cost: a training of 200 epochs of RASTA, a comparison (an hour), and eight pictures of 2,048 updates (a minute or two
each); a week on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure12.png``, to be judged by eye; and how many images of channels in the middle changed,
and to how few classes.
"""

from _paper import compared, reproduced

made = reproduced("figure12")

# %%
# Numbers beside it
# -----------------
# Over all channels of each layer in the middle. Neither measures structure.
layers = compared(made, "high-from-start").layers.query("analysed and group == 'mid'")
columns = ["layer", "overlap_100_mean", "overlap_100_chance", "entropy_a_mean", "entropy_b_mean"]
print(layers[columns].to_string(index=False, float_format="%.3f"))
