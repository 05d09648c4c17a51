"""Values of the original Lucid 0.3.10's transformations and gradients of max pooling, on TensorFlow 1.15's kernels.

Command: python3.7 tests/visualize/make_values_of_transform.py, in an environment with lucid 0.3.10, tensorflow 1.15
and protobuf below 3.21. Writes values/transform.npz beside this file, a few seconds.
"""

import os

import numpy as np
import tensorflow as tf
from lucid.optvis import overrides, transform
from lucid.optvis.overrides.smoothed_maxpool_grad import l2_smoothed_maxpool_grad

HERE = os.path.dirname(os.path.abspath(__file__))

SCALES = [1 + (step - 5) / 50.0 for step in range(11)]

# Place of the first jitter, number of the scale, number of the angle, place of the second jitter.
STANDARD = [(0, 0, 0, 0, 0, 0), (8, 8, 10, 20, 4, 4), (3, 7, 4, 13, 1, 2)]

POOLING = {"avg": overrides.avg_smoothed_maxpool_grad, "L2": l2_smoothed_maxpool_grad}


def transformed(transformation, images, draws):
    """What comes out, and the gradient of its sum with the cosines of 0, 1, 2, …."""
    with tf.Graph().as_default() as graph, tf.Session() as session:
        given = tf.constant(images)
        output = transformation(given)
        weights = tf.reshape(tf.cos(tf.cast(tf.range(tf.size(output)), tf.float32)), tf.shape(output))
        gradient = tf.gradients(tf.reduce_sum(output * weights), given)[0]
        random = [op.outputs[0] for op in graph.get_operations() if op.type.startswith("Random")]
        return session.run([output, gradient], {tensor: draws[index] for index, tensor in enumerate(random)})


def pooled(gradient, images, upstream, padding):
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.constant(images)
        with overrides.gradient_override_map({"MaxPool": gradient}):
            output = tf.nn.max_pool(given, [1, 3, 3, 1], [1, 2, 2, 1], padding)
        height, width = output.shape.as_list()[1:3]
        return session.run(tf.gradients(output, given, upstream[:, :height, :width])[0])


def main():
    generator = np.random.RandomState(0)
    images = generator.uniform(size=(2, 20, 25, 1)).astype("float32")
    upstream = generator.uniform(-1, 1, (2, 10, 13, 1)).astype("float32")
    values = {"images": images, "upstream": upstream}
    for index in range(len(SCALES)):
        found = transformed(transform.random_scale(SCALES), images[:1, :13, :17, :1], [index])
        values[f"scale/{index}"], values[f"scale/{index}/gradient"] = found
    standard = transform.compose(transform.standard_transforms)
    for index, (above, left, scale, angle, above_2, left_2) in enumerate(STANDARD):
        found = transformed(standard, images, [[0, above, left, 0], scale, angle, [0, above_2, left_2, 0]])
        values[f"standard/{index}"], values[f"standard/{index}/gradient"] = found
    values["standard"] = np.array(STANDARD)
    for name, gradient in POOLING.items():
        for padding in ("SAME", "VALID"):
            values[f"pooling/{name}/{padding}"] = pooled(gradient, images - 0.5, upstream, padding)
    np.savez_compressed(os.path.join(HERE, "values", "transform.npz"), **values)


if __name__ == "__main__":
    main()
