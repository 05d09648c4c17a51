"""Opens an exported graph in the original Lucid; run by its Python 3.7, not by pytest.

    python lucid_check.py GRAPH.pb IMAGES.npz OBJECTIVE SIZE STEPS OUT.npz

IMAGES holds batches in 0 … 255 by name. OUT gets the activations of every layer for each batch as ``batch/layer``,
the optimized image before and after as ``first`` and ``last``, and as ``seen`` JSON of what Lucid knows of the model.
"""

import json
import sys

import numpy as np
import tensorflow as tf
from lucid.modelzoo.vision_base import Model
from lucid.optvis import param, render, transform


def seen(model, bare):
    return {
        "layers": [[layer.name, layer.depth, sorted(layer.tags)] for layer in model.layers],
        "labels": model.labels,
        "input_name": [model.input_name, bare.input_name],
        "image_shape": [model.image_shape, bare.image_shape],
        "image_value_range": [model.image_value_range, bare.image_value_range],
    }


def activations(model, names, images):
    with tf.Graph().as_default(), tf.Session() as session:
        fed = tf.placeholder(tf.float32, images.shape)
        tensor = model.import_graph(fed)
        return session.run({name: tensor(name) for name in names}, {fed: images / 255})


def optimized(model, objective, size, steps):
    np.random.seed(0)
    tf.set_random_seed(0)
    return render.render_vis(
        model,
        objective,
        lambda: param.image(size, fft=True, decorrelate=True),
        transforms=transform.standard_transforms,
        thresholds=(0, steps),
        verbose=False,
        use_fixed_seed=True,
    )


def main(graph, images, objective, size, steps, out):
    model = Model.load(graph.replace(".pb", ".manifest.json"))
    bare = Model.load(graph)
    names = [layer.name for layer in model.layers]
    results = {"seen": json.dumps(seen(model, bare))}
    with np.load(images) as batches:
        for batch in batches.files:
            values = activations(bare, names, batches[batch])
            results.update({f"{batch}/{name}": value for name, value in values.items()})
    results["first"], results["last"] = optimized(bare, objective, int(size), int(steps))
    np.savez(out, **results)


if __name__ == "__main__":
    main(*sys.argv[1:])
