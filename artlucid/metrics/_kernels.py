"""How far the kernels of two networks are apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import scipy.linalg

from artlucid.errors import MetricError

Doubles = npt.NDArray[np.float64]


def kernel_distance(kernel_a: npt.ArrayLike, kernel_b: npt.ArrayLike, *, relative: bool = False) -> float:
    """The ℓ2 norm of the difference of two kernels: the root of the sum of squares, over all entries.

    Parameters
    ----------
    kernel_a : array-like of any shape
        Weights of one convolution, biases left out.
    kernel_b : array-like of the same shape
    relative : bool
        Whether to divide by the norm of `kernel_a`, the initial one; the paper does not.

    Returns
    -------
    float
        At least 0; 0 for equal kernels. In the unit of the weights, or none.

    Raises
    ------
    MetricError
        If the shapes differ, a value or the distance is not finite, or it is to be relative to a kernel of zeros.

    References
    ----------
    Table 2 of the paper.

    Examples
    --------
    >>> kernel_distance([[3.0, 0.0]], [[0.0, 4.0]])
    5.0
    >>> kernel_distance([[2.0, 0.0]], [[0.0, 0.0]], relative=True)
    1.0
    """
    a, b = _checked(kernel_a, kernel_b)
    with np.errstate(over="ignore"):
        distance = _norm(a - b)
    if relative:
        distance /= _norm_above_zero(a, "kernel_a")
    if not math.isfinite(distance):
        raise MetricError(
            "`kernel_a` and `kernel_b` must have a distance in the range of doubles. Received kernels that are farther "
            "apart. Divide both by one number, or look at the training that gave them."
        )
    return distance


def kernel_cosine(kernel_a: npt.ArrayLike, kernel_b: npt.ArrayLike) -> float:
    """Cosine of the angle between two kernels, taken as vectors.

    Parameters
    ----------
    kernel_a : array-like of any shape
    kernel_b : array-like of the same shape

    Returns
    -------
    float
        In [-1, 1]; 1 for kernels that differ by a positive factor.

    Raises
    ------
    MetricError
        If the shapes differ, a value is not finite, or a kernel is all zeros.

    Examples
    --------
    >>> round(kernel_cosine([1.0, 0.0], [2.0, 2.0]), 4)
    0.7071
    """
    a, b = _checked(kernel_a, kernel_b)
    a, b = a / _norm_above_zero(a, "kernel_a"), b / _norm_above_zero(b, "kernel_b")
    return max(-1.0, min(1.0, float(a.ravel() @ b.ravel())))


@dataclass(frozen=True)
class KernelDistances:
    """Distances of the convolutions of two networks.

    Attributes
    ----------
    mean : float
        Over the convolutions that are not left out.
    distances : mapping of str to float
        Of every convolution, those that are left out too.
    left_out : tuple of str
        The frozen ones, in the order of the network.
    """

    mean: float
    distances: Mapping[str, float]
    left_out: tuple[str, ...]


def mean_kernel_distance(
    kernels_a: Mapping[str, npt.ArrayLike],
    kernels_b: Mapping[str, npt.ArrayLike],
    *,
    frozen: Collection[str] = (),
    relative: bool = False,
) -> KernelDistances:
    """Mean of the kernel distances over the convolutions that could change.

    Parameters
    ----------
    kernels_a : mapping of str to array-like
        From the names of the convolutions to their kernels, in the order of the network.
    kernels_b : mapping of str to array-like
        Of the same names and shapes.
    frozen : collection of str
        Convolutions that are left out of the mean: those that neither of the two runs trained.
    relative : bool
        As `kernel_distance` takes it.

    Returns
    -------
    KernelDistances

    Raises
    ------
    MetricError
        If the names or the shapes differ, a frozen name is no convolution, none is left, or two kernels do not fit.

    References
    ----------
    Tables 2 and 4 of the paper: over 57 convolutions for most pairs, 42 for "the end from scratch" and its start.

    Examples
    --------
    >>> found = mean_kernel_distance({"a": [0.0], "b": [1.0]}, {"a": [0.0], "b": [3.0]}, frozen=["a"])
    >>> found.mean, dict(found.distances), found.left_out
    (2.0, {'a': 0.0, 'b': 2.0}, ('a',))
    """
    if isinstance(frozen, str):
        frozen = [frozen]
    _check_names(kernels_a, kernels_b, frozen)
    distances = {}
    for name, kernel in kernels_a.items():
        try:
            distances[name] = kernel_distance(kernel, kernels_b[name], relative=relative)
        except MetricError as error:
            raise MetricError(f"{name}: {error}") from error
    mean = float(np.mean([distance for name, distance in distances.items() if name not in frozen]))
    left_out = tuple(name for name in distances if name in frozen)
    return KernelDistances(mean, MappingProxyType(distances), left_out)


def _check_names(kernels_a: Iterable[str], kernels_b: Iterable[str], frozen: Collection[str]) -> None:
    names_a, names_b = set(kernels_a), set(kernels_b)
    if different := sorted(names_a ^ names_b):
        raise MetricError(
            "`kernels_a` and `kernels_b` must have the same names. Received in one of them only: "
            f"{', '.join(different)}. Compare networks of one architecture, or the layers that both have."
        )
    if unknown := sorted(set(frozen) - names_a):
        raise MetricError(
            f"`frozen` must hold names of `kernels_a`. Received {', '.join(unknown)}. "
            f"Choose among {', '.join(sorted(names_a)) or 'none'}."
        )
    if not names_a - set(frozen):
        raise MetricError(
            f"`frozen` must leave a convolution for the mean. Received all {len(names_a)} of them. "
            "A mean over nothing is undefined: leave this pair out."
        )


def _checked(kernel_a: npt.ArrayLike, kernel_b: npt.ArrayLike) -> tuple[Doubles, Doubles]:
    kernels = np.asarray(kernel_a), np.asarray(kernel_b)
    if kernels[0].shape != kernels[1].shape or not kernels[0].size:
        raise MetricError(
            "`kernel_a` and `kernel_b` must have the same shape. Received "
            f"{kernels[0].shape} and {kernels[1].shape}. Compare the same layer of two networks."
        )
    for name, kernel in zip(("kernel_a", "kernel_b"), kernels, strict=True):
        if kernel.dtype.kind not in "fiub":
            raise MetricError(f"`{name}` must hold real numbers. Received {kernel.dtype}. Give an array of floats.")
        if not np.isfinite(kernel).all():
            raise MetricError(
                f"`{name}` must be finite. Received {int((~np.isfinite(kernel)).sum())} values that are not. "
                "Look at the training that gave them."
            )
    return kernels[0].astype(np.float64), kernels[1].astype(np.float64)


def _norm(values: Doubles) -> float:
    # BLAS's norm neither overflows nor underflows where the squares would.
    return float(scipy.linalg.norm(values.ravel(), check_finite=False))


def _norm_above_zero(values: Doubles, name: str) -> float:
    if not (norm := _norm(values)):
        raise MetricError(
            f"`{name}` must not be all zeros. Received a kernel of shape {values.shape} with norm 0. "
            "Leave this layer out, or take the distance that is not relative."
        )
    return norm
