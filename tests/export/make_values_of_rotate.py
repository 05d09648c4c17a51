"""Values of TensorFlow 1.15's `tf.contrib.image.rotate`, which the bridge to the original Lucid supplies.

Command: python3.7 tests/export/make_values_of_rotate.py, in an environment with tensorflow 1.15 and protobuf below
3.21. Writes values/rotate.npz beside this file, a few seconds.
"""

import os

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))

SHAPES = [(1, 24, 24, 1), (2, 13, 20, 3), (1, 21, 8, 1)]
# Those of Lucid's standard transformations, and larger ones. Not 3.14 / 2: there some pixels lie halfway between two,
# and the last bit of a sine decides.
ANGLES = [3.14 * degrees / 180 for degrees in range(-10, 11)] + [0.8, 1.2, -2.5]


def main():
    generator = np.random.RandomState(0)
    values = {"angles": np.array(ANGLES, "float32")}
    for number, shape in enumerate(SHAPES):
        pixels = generator.uniform(size=shape).astype("float32")
        weights = generator.uniform(-1, 1, shape).astype("float32")
        with tf.Graph().as_default(), tf.Session() as session:
            images = tf.constant(pixels)
            angle = tf.placeholder(tf.float32, [])
            turned = tf.contrib.image.rotate(images, angle)
            gradient = tf.gradients(tf.reduce_sum(turned * weights), images)[0]
            found = [session.run([turned, gradient], {angle: value}) for value in ANGLES]
        values[f"{number}/images"], values[f"{number}/weights"] = pixels, weights
        values[f"{number}/turned"] = np.stack([pair[0] for pair in found])
        values[f"{number}/gradient"] = np.stack([pair[1] for pair in found])
    np.savez_compressed(os.path.join(HERE, "values", "rotate.npz"), **values)


if __name__ == "__main__":
    main()
