"""Values of the original Lucid 0.3.10, where 0.3.8 gives others: for the tests, which run without it.

Command: python3.7 tests/visualize/make_values_of_lucid.py, in an environment with lucid 0.3.10, tensorflow 1.15 and
protobuf below 3.21. Writes values/lucid_0_3_10.npz beside this file, a few seconds.
"""

import os

import numpy as np
import tensorflow as tf
from lucid.optvis import objectives, param

HERE = os.path.dirname(os.path.abspath(__file__))

IMAGES = {
    "wide": lambda: param.image(12, 8),
    "odd": lambda: param.image(9, 7, batch=2),
    "channels": lambda: param.image(8, channels=5),
    "pixels": lambda: param.image(8, 6, fft=False),
}

GENERATOR = np.random.RandomState(0)
ACTIVATIONS = GENERATOR.uniform(-1, 1, (3, 6, 7, 8)).astype("float32")
VECTOR = GENERATOR.uniform(-1, 1, 8).astype("float32")
TENSOR = GENERATOR.uniform(-1, 1, (4, 3, 8)).astype("float32")

OBJECTIVES = {
    "neuron": lambda: objectives.neuron("layer", 2),
    "neuron at a place": lambda: objectives.neuron("layer", 2, 1, 5),
    "neuron of one": lambda: objectives.neuron("layer", 2, batch=1),
    "direction": lambda: objectives.direction("layer", VECTOR),
    "direction, power 2": lambda: objectives.direction("layer", VECTOR, 2),
    "direction of one": lambda: objectives.direction("layer", VECTOR, batch=2),
    "direction_cossim": lambda: objectives.direction_cossim("layer", VECTOR, 1),
    "direction_neuron": lambda: objectives.direction_neuron("layer", VECTOR),
    "direction_neuron, power 2": lambda: objectives.direction_neuron("layer", VECTOR, 1, 5, 2),
    "tensor_direction": lambda: objectives.tensor_direction("layer", TENSOR),
    "tensor_direction, power 1": lambda: objectives.tensor_direction("layer", TENSOR, 1),
    "channel of one": lambda: objectives.channel("layer", 3, batch=1),
}


def image(build):
    with tf.Graph().as_default(), tf.Session() as session:
        output = build()
        session.run(tf.global_variables_initializer())
        return session.run([tf.trainable_variables()[0], output])


def objective(build):
    with tf.Graph().as_default(), tf.Session() as session:
        activations = tf.constant(ACTIVATIONS)
        value = build()(lambda name: activations)
        return session.run([value, tf.gradients(value, activations)[0]])


def main():
    np.random.seed(0)
    values = {"activations": ACTIVATIONS, "vector": VECTOR, "tensor": TENSOR}
    for name, build in IMAGES.items():
        values[f"image/{name}/variable"], values[f"image/{name}"] = image(build)
    for name, build in OBJECTIVES.items():
        values[f"objective/{name}"], values[f"objective/{name}/gradient"] = objective(build)
    np.savez_compressed(os.path.join(HERE, "values", "lucid_0_3_10.npz"), **values)


if __name__ == "__main__":
    main()
