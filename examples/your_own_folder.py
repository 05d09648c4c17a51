"""
From a folder of images to pictures and a comparison
====================================================

Fine-tune on a folder with a subfolder a class, look into the result, and measure what changed.

Command::

    python examples/your_own_folder.py PAINTINGS --out own

Without a folder, on drawn images::

    python examples/your_own_folder.py --quick

Cost: for 500 images some minutes on two cores; the weights (50 MB) are downloaded at the first time. With ``--quick``,
a small network on small drawn images, a minute.

Expected: ``own/run``, the training; the scores with and without it; ``own/before-after.png``, eight channels before
and after; ``own/comparison``, the tables; ``own/cka.png`` and ``own/overlap.png``, their figures; and the ten channels
of the middle of the network that kept the fewest of their images.
"""

import argparse
from pathlib import Path

from artlucid import compare, datasets, evaluate, figures, finetune, models, recipes, visualize

parser = argparse.ArgumentParser()
parser.add_argument("folder", nargs="?", help="with a subfolder a class; drawn images without it")
parser.add_argument("--out", type=Path, default=Path("own"))
parser.add_argument("--weights", default="imagenet")
parser.add_argument("--quick", action="store_true", help="a small network that learns little")
arguments = parser.parse_args()
out = arguments.out

# %%
# The images
# ----------
# A folder is dealt into training, validation and test by a hash of the files' names.
if arguments.folder:
    images = datasets.folder(arguments.folder)
else:
    size, number = (96, (20, 4, 6)) if arguments.quick else (160, (60, 12, 24))
    images = datasets.synthetic("styles", folder=out / "drawn", images_per_class=number, size=size)
print({name: len(split) for name, split in images.splits.items()}, images.class_names)

# %%
# Fine-tuning
# -----------
# The paper's recipe A for five epochs, and a new head on the features as they are, which is what fine-tuning is held
# against. Both go on where they were if this script was stopped.
network = {"weights": "none" if arguments.quick else arguments.weights}
small = "mini" if arguments.quick else None
run = finetune.fit(
    images,
    recipe=recipes.changed(recipes.get("A"), {"epochs": 1 if arguments.quick else 5}),
    **network,
    out=out / "run",
    resume=(out / "run").exists(),
    options=finetune.Options(architecture=small),
)
shelf = finetune.off_the_shelf(
    images,
    **network,
    head="svm",
    out=out / "shelf",
    resume=(out / "shelf").exists(),
    options=finetune.OffTheShelfOptions(architecture=small),
)
print(evaluate.as_text(evaluate.evaluate([shelf, run], images)))

# %%
# Pictures
# --------
# Eight channels in the middle of the network, before and after, from the same noise.
channels = [f"mixed4d_3x3_pre_relu:{number}" for number in range(2 if arguments.quick else 8)]
steps, side = (16, 64) if arguments.quick else (256, 128)
states = {"before": f"{run.path}@initial", "after": str(run.path)}
for name, model in states.items():
    visualize.channels(model, channels, steps=steps, size=side, out=out / "pictures" / name)
pictures = {name: out / "pictures" / name for name in states}
figures.save(figures.optimized_images(pictures, channels), out / "before-after.png")

# %%
# What changed
# ------------
# Similarity of each layer, and how many of the images that fire a channel most it kept.
k = min(100, len(images.train) // 2)
found = compare.compare(
    [models.load(model) for model in states.values()],
    images,
    out=out / "comparison",
    options=compare.Options(k=(k,)),
)
print(compare.as_text(found))
figures.save(figures.cka_by_layer(found.layers), out / "cka.png")
figures.save(figures.overlap_by_layer(found.channels, column=f"overlap_{k}"), out / "overlap.png")

middle = found.channels[found.channels["group"] == "mid"]
print(middle[["layer", "channel", f"overlap_{k}", "classes_a", "classes_b"]].head(10).to_string(index=False))
