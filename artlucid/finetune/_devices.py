"""Training on one device, or on all of a machine under TensorFlow's mirrored strategy."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

import tensorflow as tf

from artlucid.errors import RunError

DEVICES = ("one", "all")


@dataclass(frozen=True)
class Devices:
    """The devices that a batch is divided among.

    Attributes
    ----------
    requested : str
        One of `DEVICES`.
    replicas : int
        How many copies of the network train, each on its part of a batch.
    """

    requested: str
    replicas: int

    def to_json(self) -> dict[str, Any]:
        """As a manifest records it."""
        return asdict(self)

    def scope(self) -> AbstractContextManager[Any]:
        """Where the network and its optimizer are made."""
        return contextlib.nullcontext() if self.replicas == 1 else _strategy().scope()

    def for_training(self, batches: tf.data.Dataset) -> tf.data.Dataset:
        """Fill batches of (images, labels) up to a multiple of the replicas, with images of weight 0.

        Keras takes the mean over replicas of each one's mean, which is the mean over the batch only if all have
        equally many images. The weights of the others make up for those that are filled in, so that the update is that
        of one device. The means over an epoch count a batch as if it had so many images.
        """
        if self.replicas == 1:
            return batches
        return batches.map(lambda images, labels: self._filled_up(images, labels, self._surplus_factor(images)))

    def for_validation(self, batches: tf.data.Dataset, *, n_images: int, batch_size: int) -> tf.data.Dataset:
        """The same with one weight for all images, so that the means over the epoch are those of one device."""
        if self.replicas == 1:
            return batches
        whole, rest = divmod(n_images, batch_size)
        filled = whole * self._multiple(batch_size) + self._multiple(rest)
        return batches.map(lambda images, labels: self._filled_up(images, labels, filled / n_images))

    def _multiple(self, number: Any) -> Any:
        return -(-number // self.replicas) * self.replicas

    def _surplus_factor(self, images: tf.Tensor) -> tf.Tensor:
        number = tf.shape(images)[0]
        return self._multiple(number) / number

    def _filled_up(self, images: tf.Tensor, labels: tf.Tensor, weight: Any) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        number = tf.shape(images)[0]
        surplus = self._multiple(number) - number
        weights = tf.fill([number], tf.cast(weight, tf.float32))
        return _padded(images, surplus), _padded(labels, surplus), _padded(weights, surplus)


@functools.cache
def _strategy() -> tf.distribute.Strategy:
    """One for the process: a second would number its collective operations from the start, and meet the first's."""
    # Logical devices of a processor share its threads, on which collective operations can wait for each other for ever.
    on_gpus = bool(tf.config.list_logical_devices("GPU"))
    return tf.distribute.MirroredStrategy(
        cross_device_ops=None if on_gpus else tf.distribute.ReductionToOneDevice(),
    )


def _padded(tensor: tf.Tensor, surplus: tf.Tensor) -> tf.Tensor:
    """With rows of zeros at the end."""
    return tf.concat([tensor, tf.zeros(tf.concat([[surplus], tf.shape(tensor)[1:]], 0), tensor.dtype)], 0)


def resolve_devices(devices: str) -> Devices:
    """Count the devices of this machine that are meant.

    Parameters
    ----------
    devices : {"one", "all"}
        ``all`` is every GPU; on a machine without any, every logical processor device, usually one.

    Returns
    -------
    Devices

    Raises
    ------
    RunError
        If it is neither.
    """
    if devices not in DEVICES:
        raise RunError(
            f"`devices` must be one of {', '.join(DEVICES)}. Received {devices!r}. "
            "Choose one of these (`--devices`); CUDA_VISIBLE_DEVICES hides GPUs from all."
        )
    return Devices(devices, count() if devices == "all" else 1)


def count() -> int:
    """How many devices can share a batch."""
    return len(tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU"))


def recorded_devices(environment: Mapping[str, Any]) -> str:
    """What a run was begun with; those of before there was a choice used one."""
    return str(environment.get("devices", {}).get("requested", DEVICES[0]))
