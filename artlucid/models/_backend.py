"""Keras must run on TensorFlow, which tf.data, frozen graphs and Lucid need."""

import keras

from artlucid.errors import BackendError

if keras.backend.backend() != "tensorflow":
    raise BackendError(
        f"Keras must run on TensorFlow. Received the backend {keras.backend.backend()!r}. "
        "Set KERAS_BACKEND=tensorflow before Python starts."
    )
