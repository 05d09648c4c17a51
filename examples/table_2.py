"""
Table 2: how far kernels move
=============================

The mean distance between the kernels of two networks: from ImageNet to a fine-tuned network, between two fine-tuned
ones, and from a random start to what became of it. The paper has the last more than five times as far as the others:
fine-tuned networks stay close to ImageNet's and to each other.

Command::

    python examples/table_2.py --rasta rasta:/data/wikipaintings_full

Cost: for each of two seeds two trainings of 20 epochs of RASTA and two of 200, and nine comparisons of two networks
in all (an hour each); a month on two cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/tables/table2.md``, ``.csv`` and ``.tex``; and the convolutions that moved most.
"""

import pandas as pd
from _paper import compared, reproduced

made = reproduced("table2")

# %%
# Beside the paper
# ----------------
rows = pd.DataFrame(made.results["tables"]["table2"]).astype({"ours": float})
print(rows[["network A", "network B", "paper", "ours"]].to_string(index=False, float_format="%.2f", na_rep="–"))

# %%
# Which kernels
# -------------
# The table has the mean over the convolutions. These moved furthest for their length.
layers = compared(made, "imagenet-to-A").layers.nlargest(5, "kernel_distance_relative")
print(layers[["layer", "kernel_distance", "kernel_distance_relative"]].to_string(index=False, float_format="%.3f"))
