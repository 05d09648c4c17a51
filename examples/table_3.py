"""
Table 3: fine-tuning twice
==========================

Paintings and IconArt off the shelf, fine-tuned from ImageNet, and fine-tuned from a network that saw RASTA first,
which the paper finds best. It changes the recipe with the weights, so that both recipes from both weights stand
below.

Command: python examples/table_3.py --rasta rasta:/data/wikipaintings_full
--iconart iconart:/data/IconArt_v1 --paintings paintings:/data/Paintings

Cost: for each seed three trainings on RASTA (one of 20 epochs, two of 200 epochs, some three days each on two
cores), and for each small dataset two heads and six trainings (20 epochs: half an hour each). With --quick, on
drawn images, minutes.

Expected: `paper/tables/table3.md`, and `square-iconart.md` and `square-paintings.md` with the full square.
"""

from _paper import reproduced

made = reproduced("table3")

# %%
# The full square
# ---------------
# How much is due to the weights, and how much to the recipe?
for path in sorted((made.path / "tables").glob("square-*.md")):
    print(path.read_text(encoding="utf-8"))
