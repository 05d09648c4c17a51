"""
Figure 7: low-level channels before and after
=============================================

The first layers, which look for edges and colours, hardly change.

Command: python examples/figure_07.py --rasta rasta:/data/wikipaintings_full

Cost: a training of mode A (20 epochs of RASTA: some 8 hours on two cores), and eight pictures of 2,048 updates
(minutes each on two cores). With --quick, on drawn images, minutes.

Expected: `paper/figures/figure7.png`; and what the item was made from.
"""

from _paper import reproduced

made = reproduced("figure7")

# %%
# What it was made from
# ---------------------
for step in sorted((made.path / "runs").iterdir()):
    print(step)
