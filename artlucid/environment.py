"""What a result's bits depend on beside the code's arguments: versions, processor, threads, precision."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# First, because Keras fails on another backend with an error of its own.
import artlucid.models._backend

# isort: split
import h5py
import keras
import numpy as np
import PIL
import tensorflow as tf

from artlucid.datasets._processors import usable_processors
from artlucid.errors import ModelError

__all__ = ["PRECISIONS", "Precision", "describe", "resolve_precision", "threads"]

PACKAGES = {"artlucid": artlucid, "tensorflow": tf, "keras": keras, "numpy": np, "Pillow": PIL, "h5py": h5py}

PRECISIONS: Mapping[str, str] = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}
"""Keras's dtype policy by the name of a precision."""


ON_WHICH_BITS_DEPEND = ("versions", "processor", "gpus", "threads")
"""Of what `describe` gives, beside the precision."""


@dataclass(frozen=True)
class Precision:
    """The precision that a network runs in.

    Attributes
    ----------
    requested, used : str
        What was asked for (``auto`` or a key of `PRECISIONS`) and what it came to.
    reason : str
        Why.
    """

    requested: str
    used: str
    reason: str

    @property
    def policy(self) -> str:
        """As Keras calls it."""
        return PRECISIONS[self.used]


def resolve_precision(precision: str) -> Precision:
    """Decide what ``auto`` means on this machine.

    Parameters
    ----------
    precision : {"auto", "float32", "bfloat16", "float16"}

    Returns
    -------
    Precision

    Raises
    ------
    ModelError
        If there is none of that name.

    Examples
    --------
    >>> resolve_precision("float32").policy
    'float32'
    """
    if precision in PRECISIONS:
        return Precision(precision, precision, "as asked for")
    if precision != "auto":
        raise ModelError(
            f"`precision` must be auto or one of {', '.join(PRECISIONS)}. Received {precision!r}. Choose one of these."
        )
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))
        # Tensor cores multiply float16 from 7.0 on, bfloat16 from 8.0 on.
        used = "bfloat16" if capability >= (8, 0) else "float16" if capability >= (7, 0) else "float32"
        return Precision("auto", used, f"GPU of compute capability {'.'.join(map(str, capability))}")
    flags = processor()["flags"]
    if flags:
        return Precision("auto", "bfloat16", f"processor with {', '.join(flags)}")
    return Precision("auto", "float32", "processor without bfloat16 instructions")


def processor() -> dict[str, Any]:
    """Model name of the processor, and those of its instructions that multiply bfloat16."""
    wanted = ("avx512_bf16", "amx_bf16")
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return {"name": platform.processor() or platform.machine(), "flags": []}
    fields = dict(
        (part.strip() for part in line.split(":", 1)) for line in info.read_text().splitlines() if ":" in line
    )
    flags = fields.get("flags", "").split()
    return {
        "name": fields.get("model name", platform.machine()),
        "flags": [flag for flag in wanted if flag in flags],
    }


def threads() -> dict[str, int]:
    """How many threads TensorFlow uses within an operation and between operations."""
    return {
        "intra_op": tf.config.threading.get_intra_op_parallelism_threads() or usable_processors(),
        "inter_op": tf.config.threading.get_inter_op_parallelism_threads() or usable_processors(),
    }


def describe(precision: Precision) -> dict[str, Any]:
    """Everything that a manifest records of the environment."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: package.__version__ for name, package in PACKAGES.items()},
        },
        "platform": platform.platform(terse=True),
        "processor": processor(),
        "gpus": [device.name for device in tf.config.list_physical_devices("GPU")],
        "threads": threads(),
        "precision": asdict(precision),
        "keras_backend": keras.backend.backend(),
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Both sides of what differs between two environments and may change a result's bits; empty if nothing does."""
    differing = [key for key in ON_WHICH_BITS_DEPEND if before.get(key) != now.get(key)]
    return "; ".join(f"{key} were {before.get(key)}, are {now.get(key)}" for key in differing)
