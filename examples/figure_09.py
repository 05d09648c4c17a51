"""
Figure 9: one channel after ten trainings, with its images
==========================================================

Figure 2 with the hundred images that fire the channel most in each network; green frames are images that ImageNet's
network had among them. The images tell the same as the pictures: equal trainings end with different detectors.

Command::

    python examples/figure_09.py --rasta rasta:/data/wikipaintings_full

Cost: that of Figure 2, and nothing beyond where that was made in the same folder. A week on two cores. With
``--quick``, on drawn images, minutes.

Expected: ``paper/figures/figure9.png``, to be judged by eye; with one seed, why there is none; and the most frequent
classes of the images.
"""

from _paper import compared, reproduced

made = reproduced("figure9")

# %%
# What the channel fires for
# --------------------------
# The most frequent classes among its hundred images, in either training.
trainings = range(2) if len(made.results["seeds"]) > 1 else ()
for mode in "ABCDE":
    for training in trainings:
        channels = compared(made, f"imagenet-to-{mode}", training).channels
        for classes in channels.query("layer == 'mixed4d_3x3' and channel == 52")["classes_b"]:
            print(f"mode {mode}, training {training + 1}: {classes}")
