"""
Table 1: how well each way of training does on RASTA
====================================================

A new head on the features as they are, fine-tuning (mode A), training behind pretrained low layers and from scratch,
and the three trained networks together. The paper has fine-tuning ahead of every other single network, and the three
together ahead of fine-tuning.

Command::

    python examples/table_1.py --rasta rasta:/data/wikipaintings_full

Cost: for each of two seeds a head on features, one training of 20 epochs of RASTA and two of 200; four weeks on two
cores. With ``--quick``, on drawn images, minutes.

Expected: ``paper/tables/table1.md``, ``.csv`` and ``.tex`` with the paper's percentages beside one's own; on the
paper's data the rows should stand in the same order.
"""

import pandas as pd
from _paper import reproduced

made = reproduced("table1")

# %%
# Beside the paper
# ----------------
# The mean over the seeds, and in the file how far they are apart and what differs from the paper's.
rows = pd.DataFrame(made.results["tables"]["table1"]).astype({"ours": float})
print(rows[["method", "measure", "paper", "ours"]].to_string(index=False, float_format="%.2f", na_rep="–"))
