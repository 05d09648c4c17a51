"""
Figure 4: mid-level channels from scratch
=========================================

What channels in the middle look for after training from scratch, behind pretrained low layers and without any. The
paper finds motifs that one can name in the former, and in the latter channels that fire for a class without one
seeing why: mid-level detectors emerge where low layers were pretrained.

Command::

    python examples/figure_04.py --rasta rasta:/data/wikipaintings_full

Cost: two trainings of 200 epochs of RASTA, two comparisons (an hour each), and eight pictures of 2,048 updates (a
minute or two each); two weeks on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure4-high-layers.png`` and ``paper/figures/figure4-scratch.png``, to be judged by eye;
and the class entropy of both networks in the middle.
"""

from _paper import compared, reproduced

made = reproduced("figure4")

# %%
# A number beside it
# ------------------
# Entropy tells how few classes fire a channel, which is not how structured its picture is.
for pairing in ("high-from-start", "scratch-from-start"):
    channels = compared(made, pairing).channels.query("group == 'mid'")
    print(pairing, channels["entropy_b"].describe().round(3).to_dict())
