"""
Figure 2: one channel after ten trainings
=========================================

The same channel after two trainings of each of the modes A to E. In the paper even trainings that differ in nothing
but the seed leave it looking for different things.

Command::

    python examples/figure_02.py --rasta rasta:/data/wikipaintings_full

Cost: ten trainings of 20 epochs of RASTA, ten comparisons (an hour each), and ten pictures of 2,048 updates (a minute
or two each); a week on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure2.png``, two rows of five pictures, to be judged by eye; with one seed, why there is
none.
"""

from _paper import compared, reproduced

made = reproduced("figure2")

# %%
# Does the channel go the same way twice?
# ---------------------------------------
# How many of ImageNet's hundred images it kept, in either training.
trainings = range(2) if len(made.results["seeds"]) > 1 else ()
for mode in "ABCDE":
    for training in trainings:
        channels = compared(made, f"imagenet-to-{mode}", training).channels
        for kept in channels.query("layer == 'mixed4d_3x3' and channel == 52")["overlap_100"]:
            print(f"mode {mode}, training {training + 1}: {kept:.2f}")
