"""
Table 4: how far a small dataset moves a network
================================================

CKA and the distance of kernels after a fine-tuning on a small dataset, directly and after RASTA. The paper finds
the former near ImageNet, and the latter further away than RASTA alone.

Command: python examples/table_4.py --rasta rasta:/data/wikipaintings_full
--iconart iconart:/data/IconArt_v1 --paintings paintings:/data/Paintings

Cost: the trainings of Table 3 but for those of its square, and a comparison of each pair, which takes minutes. With
--quick, on drawn images, minutes.

Expected: `paper/tables/table4.md`; and CKA by layer where the network was fine-tuned twice.
"""

from _paper import compared, reproduced

made = reproduced("table4")

# %%
# Where in the network
# --------------------
# The table has means over the layers.
for role in ("iconart", "paintings"):
    if role in made.results["differs"]["data"]:
        layers = compared(made, f"{role}-imagenet-to-double").layers
        print(layers[layers["analysed"]][["layer", "cka", "kernel_distance"]].to_string(index=False))
