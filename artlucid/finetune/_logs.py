"""TensorBoard's logs, which TensorFlow writes itself and whose errors are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from artlucid.errors import OutputError
from artlucid.finetune._supervision import Supervision


class Logs(keras.callbacks.TensorBoard):
    """Keras's callback under the names of the history, with a readable error where the logs cannot be written."""

    def __init__(self, supervision: Supervision, log_dir: str, **options: Any) -> None:
        super().__init__(log_dir, **options)
        self.supervision = supervision

    def set_model(self, model: keras.Model) -> None:
        with self._readable_errors():
            super().set_model(model)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        with self._readable_errors():
            super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        with self._readable_errors():
            super().on_epoch_end(epoch, self.supervision.history(logs or {}))

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
