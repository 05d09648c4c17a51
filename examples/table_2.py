"""
Table 2: how far kernels move
=============================

The mean distance of a convolution's kernel from what it was, for fine-tuned networks and for those from scratch.
The latter move several times as far.

Command: python examples/table_2.py --rasta rasta:/data/wikipaintings_full

Cost: for each seed a training of the modes A and B (20 epochs: some 8 hours each on two cores), two from scratch
(200 epochs, some three days each on two cores), and comparisons, which take minutes. With --quick, on drawn images,
minutes.

Expected: `paper/tables/table2.md`; and the five convolutions that moved most.
"""

from _paper import compared, reproduced

made = reproduced("table2")

# %%
# Which kernels
# -------------
# The table has the mean over the convolutions. These moved most, relative to their size.
layers = compared(made, "imagenet-to-A").layers
print(layers.nlargest(5, "kernel_distance_relative")[["layer", "kernel_distance", "kernel_distance_relative"]])
