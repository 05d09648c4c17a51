"""What a network is held to: labels as an array of zeros and ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def targets_of(labels: npt.NDArray[Any], n_classes: int) -> npt.NDArray[np.float32]:
    """Labels of any number an image as float32 of shape (n_images, n_classes), 1 where an image has the class.

    Parameters
    ----------
    labels : integer array of shape (n_images,) or (n_images, n_classes)
        The index of the one class of each image, or 0 and 1 already.
    n_classes : int

    Examples
    --------
    >>> targets_of(np.array([1, 0]), 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    if labels.ndim == 2:
        return labels.astype(np.float32)
    return np.equal.outer(labels, np.arange(n_classes)).astype(np.float32)
