"""Keras must run on TensorFlow, which tf.data, frozen graphs and Lucid need."""

import os

from artlucid.errors import BackendError

try:
    import keras

    backend = keras.backend.backend()
except ModuleNotFoundError:  # another backend whose library is not there
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow":
        raise

if backend != "tensorflow":
    raise BackendError(
        f"Keras must run on TensorFlow. Received the backend {backend!r}. "
        "Set KERAS_BACKEND=tensorflow before Python starts."
    )
