r"""
Table 3: fine-tuning twice
==========================

Paintings and IconArt off the shelf, fine-tuned from ImageNet, and fine-tuned from networks that saw RASTA first. The
paper has those from ImageNet and RASTA ahead of those from ImageNet, and RASTA alone, from scratch, as a bad start.
It changes the recipe together with the weights, so that both recipes from both weights stand beside the table.

Command::

    python examples/table_3.py --rasta rasta:/data/wikipaintings_full \
        --iconart iconart:/data/IconArt_v1 \
        --paintings paintings:/data/Paintings

Cost: for each of two seeds one training of 20 epochs of RASTA and two of 200, and on each small dataset two heads on
features and six trainings (half an hour each); four weeks on two cores, nearly all of it for the two from scratch.
With ``--quick``, on drawn images, minutes.

Expected: ``paper/tables/table3.md``, ``.csv`` and ``.tex``, and ``square-iconart.md`` and ``square-paintings.md``:
double fine-tuning ahead by 1 to 8 points, as in the paper, and how much of that is due to the recipe.
"""

import pandas as pd
from _paper import reproduced

made = reproduced("table3")

# %%
# Beside the paper
# ----------------
# With one of the small datasets alone, the rows of the other stay empty.
rows = pd.DataFrame(made.results["tables"]["table3"]).astype({"ours": float})
print(rows[["method", "measure", "paper", "ours"]].to_string(index=False, float_format="%.1f", na_rep="–"))

# %%
# The full square
# ---------------
# Down a column only the weights differ, along a row only the recipe.
for path in sorted((made.path / "tables").glob("square-*.md")):
    print(f"\n{path.stem}\n{path.read_text(encoding='utf-8')}")
