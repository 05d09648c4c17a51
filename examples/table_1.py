"""
Table 1: how well each way of training does on RASTA
====================================================

Off the shelf, fine-tuned, trained from scratch as a whole or behind pretrained low layers, and an ensemble of
three. The paper finds the fine-tuned network best of the single ones, and the ensemble better still.

Command: python examples/table_1.py --rasta rasta:/data/wikipaintings_full

Cost: for each seed a head on features, a training of mode A (20 epochs of RASTA: some 8 hours on two cores) and two
from scratch (200 epochs, some three days each on two cores). With --quick, on drawn images, minutes.

Expected: `paper/tables/table1.md`, with the paper's percentages beside one's own and a letter for what differs; the
same as CSV and LaTeX.
"""

from _paper import reproduced

made = reproduced("table1")

# %%
# Beside the paper
# ----------------
# Top-1, top-3 and top-5, in the mean over the seeds.
for row in made.results["tables"]["table1"]:
    ours = "–" if row["ours"] is None else f"{row['ours']:6.2f}"
    print(f"{row['method']:70}{row['measure']:8}{row['paper']:6.2f} {ours}")
