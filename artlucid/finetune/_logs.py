"""TensorBoard's logs, which TensorFlow writes itself and whose errors are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from artlucid.errors import OutputError


class Logs(keras.callbacks.TensorBoard):
    """Keras's callback, with a readable error where the logs cannot be written."""

    def set_model(self, model: keras.Model) -> None:
        with self._readable_errors():
            super().set_model(model)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        with self._readable_errors():
            super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        with self._readable_errors():
            super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        with self._readable_errors():
            super().on_train_end(logs)

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            raise OutputError(
                f"The logs in {self.log_dir} must be writable, on a disk with room. Received: {error.message}. "
                "Make room or change the rights, then go on with `--resume`."
            ) from error
