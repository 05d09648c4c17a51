"""TensorFlow without what it says of itself."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def tensorflow_silenced() -> Iterator[None]:
    """Keep what TensorFlow writes from C++ off standard error; show it if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    standard_error = os.dup(2)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        except Exception:
            caught.seek(0)
            os.write(standard_error, caught.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)


def retracing_unsaid() -> None:
    """Let TensorFlow not warn that functions are traced again: each network that a command loads has its own."""
    logging.getLogger("tensorflow").addFilter(_is_not_of_retracing)


def _is_not_of_retracing(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in record.getMessage()
