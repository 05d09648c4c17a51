r"""
Table 4: how far a small dataset moves a network
================================================

CKA and the distance of kernels between networks before and after IconArt or Paintings. The paper has direct
fine-tuning staying near ImageNet, and double fine-tuning furthest from it.

Command::

    python examples/table_4.py --rasta rasta:/data/wikipaintings_full \
        --iconart iconart:/data/IconArt_v1 \
        --paintings paintings:/data/Paintings

Cost: for each of two seeds one training of 20 epochs of RASTA and two of 200, four on each small dataset (half an
hour each), and five comparisons on it (minutes each); four weeks on two cores, little beyond Table 3. With
``--quick``, on drawn images, minutes.

Expected: ``paper/tables/table4.md``, ``.csv`` and ``.tex``; and CKA by layer, which falls towards the last layers.
"""

import pandas as pd
from _paper import compared, reproduced

made = reproduced("table4")

# %%
# Beside the paper
# ----------------
rows = pd.DataFrame(made.results["tables"]["table4"]).astype({"ours": float})
columns = ["network A", "network B", "measure", "paper", "ours"]
print(rows[columns].to_string(index=False, float_format="%.2f", na_rep="–"))

# %%
# Where in the network
# --------------------
# The table has means over the layers; here from ImageNet to what was fine-tuned twice, layer by layer.
for role in ("iconart", "paintings"):
    if role in made.results["differs"]["data"]:
        layers = compared(made, f"{role}-imagenet-to-double").layers.query("analysed")
        print(f"\n{role}\n{layers[['layer', 'cka', 'cka_debiased']].to_string(index=False, float_format='%.2f')}")
