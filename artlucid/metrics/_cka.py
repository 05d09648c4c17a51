"""How similar what two networks see in the same images is: centred kernel alignment (CKA)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from artlucid.errors import MetricError
from artlucid.metrics._checks import is_integer, is_number
from artlucid.metrics._features import ConstantFeaturesError, Doubles, paired_features
from artlucid.metrics._hsic import GramForm, centred_gram, form_of, gram, refuse_undefined, similarity, unbiased

NAMES = ("features_a", "features_b")
FEWEST = 2
FEWEST_DEBIASED = 4
# Beyond these the kernel is that of equal images alone, or linear, to all digits.
NARROWEST, WIDEST = 1e-6, 1e6


def linear_cka(
    features_a: npt.ArrayLike,
    features_b: npt.ArrayLike,
    *,
    debiased: bool = False,
    names: tuple[str, str] = NAMES,
) -> float:
    r"""Compare two representations of the same images by linear CKA.

    Parameters
    ----------
    features_a : array-like of shape (n_images, n_channels_a)
        Spatially averaged activations of one layer of network A, no unit. Whatever has a shape, a dtype and slices of
        rows is read in blocks: HDF5 datasets and memory maps of any length.
    features_b : array-like of shape (n_images, n_channels_b)
        The same images in the same order, seen by network B.
    debiased : bool
        Whether to estimate without bias, which the paper does not. The plain value rises with the number of channels
        over the number of images: for features that have nothing in common it is 0.13 in `mixed5b` at 618 images, where
        the debiased value is 0 ± 0.02.
    names : tuple of two str
        What errors call the two arrays: the names of the layers, for example.

    Returns
    -------
    float
        In [0, 1]; 1 for a rotation and isotropic scaling. Debiased in [-1, 1], and about 0 for features that have
        nothing in common.

    Raises
    ------
    ConstantFeaturesError
        If the rows of an array are all equal; debiased also if all but one are, or if all are equally far apart, as
        those of an identity matrix: 0 / 0.
    MetricError
        If an array is not two-dimensional or holds a value that is not finite, if they differ in their number of
        images, or if there are fewer than two images, debiased fewer than four.

    Notes
    -----
    Computed in double precision from all images, from products of channels (p x p) or of images (n x n), whichever is
    less work. Only blocks of rows are in memory where there are more images than channels. Each array is read twice.

    References
    ----------
    Kornblith et al., Similarity of neural network representations revisited, ICML 2019; the unbiased estimate is that
    of Song et al., Feature selection via dependence maximization, JMLR 2012. Figure 5 and Table 4 of the paper.

    Examples
    --------
    >>> features = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [2.0, 5.0], [0.0, 1.0]])
    >>> round(linear_cka(features, 3 * features[:, ::-1] + 7), 6)
    1.0
    >>> round(linear_cka(features, features**2), 4), round(linear_cka(features, features**2, debiased=True), 4)
    (0.9138, 0.8775)
    """
    fewest = FEWEST_DEBIASED if debiased else FEWEST
    a, b = paired_features(features_a, features_b, names, fewest)
    return form_of(a, b).sums.cka(debiased=debiased, names=names)


def minibatch_cka(
    features_a: npt.ArrayLike,
    features_b: npt.ArrayLike,
    *,
    batch_size: int = 256,
    seed: int | None = 0,
    names: tuple[str, str] = NAMES,
) -> float:
    """Linear CKA from the unbiased estimates of many batches of images, averaged before the division.

    For a comparison with values that were published so. `linear_cka` is exact at less cost.

    Parameters
    ----------
    features_a : array-like of shape (n_images, n_channels_a)
    features_b : array-like of shape (n_images, n_channels_b)
        The same images in the same order. Both are held in memory.
    batch_size : int
        At least 4. The images that are left over are spread over the batches.
    seed : int or None
        Of the order in which images come into batches; None for the order of the rows. Batches of images that are
        sorted by class hold one class each and give another number.
    names : tuple of two str
        As `linear_cka` takes them.

    Returns
    -------
    float
        In [-1, 1]. With one batch of all images it is the debiased `linear_cka`.

    Raises
    ------
    ConstantFeaturesError
        If an array does not vary within any batch.
    MetricError
        As debiased `linear_cka`, or if the batch size is below 4 or above the number of images.

    References
    ----------
    Nguyen et al., Do wide and deep networks learn the same things?, ICLR 2021.

    Examples
    --------
    >>> features = np.random.default_rng(0).random((64, 3))
    >>> round(minibatch_cka(features, features[:, ::-1], batch_size=16), 6)
    1.0
    """
    a, b = paired_features(features_a, features_b, names, FEWEST_DEBIASED)
    if not is_integer(batch_size) or not FEWEST_DEBIASED <= batch_size <= a.n_images:
        raise MetricError(
            f"`batch_size` must be an integer of at least {FEWEST_DEBIASED} and at most the number of images. Received "
            f"{batch_size!r} for {a.n_images} images. Give 256, or the number of images if that is less."
        )
    if seed is not None and not (is_integer(seed) and seed >= 0):
        raise MetricError(f"`seed` must be an integer of at least 0, or None. Received {seed!r}. Give 0, for example.")
    images = np.arange(a.n_images)
    if seed is not None:
        np.random.default_rng(seed).shuffle(images)
    rows_a, rows_b = a.whole(), b.whole()
    batches = np.array_split(images, a.n_images // batch_size)
    estimates = np.array([_estimates(rows_a[batch], rows_b[batch]) for batch in batches]).mean(axis=0)
    _, aa, bb, biased_aa, biased_bb = estimates.tolist()
    refuse_undefined((aa, bb), (biased_aa, biased_bb), names)
    return similarity(*estimates[:3].tolist())


def _estimates(batch_a: Doubles, batch_b: Doubles) -> list[float]:
    """Give the three unbiased estimates of a batch, and the biased ones of each set with itself."""
    sums, n = GramForm(gram(batch_a), gram(batch_b)).sums, len(batch_a)
    both = unbiased(sums.product_ab, sums.diagonal_a, sums.diagonal_b)
    pairs = n * (n - 3)
    return [value / pairs for value in (both, sums.unbiased_aa(), sums.unbiased_bb(), sums.product_aa, sums.product_bb)]


def rbf_cka(
    features_a: npt.ArrayLike,
    features_b: npt.ArrayLike,
    *,
    bandwidth: float = 0.8,
    debiased: bool = False,
    names: tuple[str, str] = NAMES,
) -> float:
    """Compare two representations of the same images by CKA with a Gaussian kernel, which weighs near neighbours more.

    Parameters
    ----------
    features_a : array-like of shape (n_images, n_channels_a)
    features_b : array-like of shape (n_images, n_channels_b)
        The same images in the same order. Several matrices of n_images x n_images are held in memory.
    bandwidth : float
        The kernel's standard deviation as a part of the median distance between two images, for each array its own; in
        1e-6 … 1e6. Large ones come to linear CKA. With small ones an image is like itself alone, so that the plain
        value comes to 1 whatever the features: debias it.
    debiased, names
        As `linear_cka` takes them.

    Returns
    -------
    float
        In [0, 1], debiased in [-1, 1]; 1 for a rotation and isotropic scaling.

    Raises
    ------
    ConstantFeaturesError
        If most rows of an array are equal, so that the median distance is 0; debiased also if the bandwidth is so small
        that no image has a neighbour.
    MetricError
        As `linear_cka`, or if the bandwidth is out of range.

    References
    ----------
    Kornblith et al., ICML 2019, section 3; 0.8 is one of their bandwidths.

    Examples
    --------
    >>> features = np.random.default_rng(0).random((50, 3))
    >>> round(rbf_cka(features, 2 * features[:, ::-1]), 6)
    1.0
    """
    if not is_number(bandwidth) or not NARROWEST <= bandwidth <= WIDEST:
        raise MetricError(
            f"`bandwidth` must be in {NARROWEST:g} … {WIDEST:g}. Received {bandwidth!r}. Give the part of the median "
            "distance between two images: 0.8, for example. Of wider ones `linear_cka` is the value."
        )
    a, b = paired_features(features_a, features_b, names, FEWEST_DEBIASED if debiased else FEWEST)
    gram_a, gram_b = (
        centred_gram(_gaussian(features.whole(), bandwidth, name)) for features, name in zip((a, b), names, strict=True)
    )
    return GramForm(gram_a, gram_b).sums.cka(debiased=debiased, names=names)


def _gaussian(features: Doubles, bandwidth: float, name: str) -> Doubles:
    products = gram(features)
    norms = np.diag(products)
    squares = np.maximum(norms[:, None] + norms - 2 * products, 0)
    np.fill_diagonal(squares, 0)
    # Each pair twice: the median is the same.
    median = float(np.median(np.sqrt(squares[~np.eye(len(squares), dtype=bool)])))
    # Equal rows are apart by rounding.
    if median <= 1e-7 * math.sqrt(norms.max()):
        raise ConstantFeaturesError(
            f"`{name}` must vary over most of the images. Received a median distance of 0 between two of them. "
            "Leave this layer out, or take `linear_cka`."
        )
    # Less 1, which centring takes away, and in which a wide kernel would lose its digits.
    kernel: Doubles = np.expm1(squares / (-2 * (float(bandwidth) * median) ** 2))
    return kernel
