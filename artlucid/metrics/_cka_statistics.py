"""Linear CKA with all that tells what it is worth: debiased, intervals over images, floors."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from artlucid.metrics._bootstrap import intervals_of
from artlucid.metrics._cka import FEWEST_DEBIASED, NAMES
from artlucid.metrics._features import Doubles, paired_features
from artlucid.metrics._hsic import Form, Sums, form_of, refuse_undefined, unbiased
from artlucid.metrics._intervals import Interval, Resampling
from artlucid.metrics._permutations import Floor, Permutations


@dataclass(frozen=True)
class CkaStatistics:
    """Linear CKA of two sets of features, plain and debiased, and how far to trust it.

    Attributes
    ----------
    n_images : int
        Say it with every CKA: the plain value depends on it.
    cka, cka_debiased : float
        As `linear_cka` gives them.
    interval, interval_debiased : Interval or None
        Over images. That of `cka` is for what the plain estimate gives on as many other images, bias included.
    floor, floor_debiased : Floor or None
        What each is where the images do not belong together.
    """

    n_images: int
    cka: float
    cka_debiased: float
    interval: Interval | None = None
    interval_debiased: Interval | None = None
    floor: Floor | None = None
    floor_debiased: Floor | None = None


def cka_statistics(
    features_a: npt.ArrayLike,
    features_b: npt.ArrayLike,
    *,
    resampling: Resampling | None = None,
    permutations: Permutations | None = None,
    names: tuple[str, str] = NAMES,
) -> CkaStatistics:
    """Compare two representations by linear CKA, debiased too, with intervals and floors on request.

    Parameters
    ----------
    features_a : array-like of shape (n_images, n_channels_a)
    features_b : array-like of shape (n_images, n_channels_b)
        As `linear_cka` takes them; at least four images.
    resampling : Resampling or None
        How the intervals over images are made; None for none. ``BCa`` takes one more resample for each image: seconds
        for 17,000, where ``percentile`` takes none.
    permutations : Permutations or None
        How the floors are made; None for none. Both arrays are then held in memory, in double precision; an order costs
        one product of channels, n p² operations twice.
    names : tuple of two str
        As `linear_cka` takes them.

    Returns
    -------
    CkaStatistics

    Raises
    ------
    ConstantFeaturesError, MetricError
        As debiased `linear_cka`.

    Notes
    -----
    The intervals are bootstrap intervals of the first-order part of CKA: of the mean, over images, of what each adds to
    the three products. Resampling the images themselves would not do: an image drawn twice makes pairs of equal images,
    which are similar in both networks, and every resample has a higher CKA than the sample. With 100 images of 256
    channels such intervals of 95 % never held the true value in simulations, those made here did in 96 to 98 % of
    samples, and in 92 to 99 % with other numbers of images and channels, also where the true value is 0.

    The mean over all orders of the images is known: the product of the traces of the centred Gram matrices over the
    product of their norms and n - 1; for the debiased estimate it is 0.

    References
    ----------
    Kazi-Aoual et al., Refined approximations to permutation tests for multivariate inference, 1995, for the mean.
    Figure 5 of the paper has neither.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> features = generator.normal(size=(200, 20))
    >>> found = cka_statistics(
    ...     features,
    ...     features + generator.normal(size=(200, 20)),
    ...     resampling=Resampling(),
    ...     permutations=Permutations(),
    ... )
    >>> found.floor_debiased.quantile < found.interval_debiased.low < 0.5 < found.interval_debiased.high
    True
    >>> found.floor.mean < found.floor.quantile < found.interval.low < found.cka < found.interval.high
    True
    """
    form = form_of(*paired_features(features_a, features_b, names, FEWEST_DEBIASED))
    sums = form.sums
    n_images = len(sums.diagonal_a)
    refuse_undefined((sums.unbiased_aa(), sums.unbiased_bb()), (sums.product_aa, sums.product_bb), names)
    values = sums.cka(debiased=False, names=names), sums.cka(debiased=True, names=names)
    intervals = (None, None) if resampling is None else _intervals(form, sums, values, resampling)
    floors = (None, None) if permutations is None else _floors(form, sums, permutations)
    return CkaStatistics(n_images, values[0], values[1], *intervals, *floors)


def _intervals(form: Form, sums: Sums, values: tuple[float, ...], resampling: Resampling) -> tuple[Interval, Interval]:
    parts = form.of_images()
    pairs = (
        (sums.diagonal_a, sums.diagonal_b),
        (sums.diagonal_a, sums.diagonal_a),
        (sums.diagonal_b, sums.diagonal_b),
    )
    debiased = [unbiased_of_images(part, *pair) for part, pair in zip(parts, pairs, strict=True)]
    influences = np.array([influence(parts, values[0]), influence(debiased, values[1])])

    def changes_of_resamples(images: npt.NDArray[np.intp]) -> Doubles:
        return np.array([of_images[images].mean(axis=1) for of_images in influences])

    # Of the changes, not of the values: beside 1, that of a network with itself, they would be lost in rounding.
    plain, without_bias = intervals_of(changes_of_resamples, influences.shape[1], resampling)
    return _around(values[0], plain, least=0.0), _around(values[1], without_bias, least=-1.0)


def _around(value: float, changes: Interval, *, least: float) -> Interval:
    low, high = (min(max(value + change, least), 1.0) for change in (changes.low, changes.high))
    return replace(changes, low=low, high=high)


def influence(parts: npt.ArrayLike, value: float) -> Doubles:
    """Give the change of CKA with the weight of each image, to first order; zero in the mean.

    Each product is of degree two in the weights, and CKA has the root of two of them below the line.
    """
    of_both, of_a, of_b = np.asarray(parts)
    # Divided by the root, and not by its own mean, which may be 0.
    scale = math.sqrt(of_a.mean()) * math.sqrt(of_b.mean())
    change: Doubles = 2 * of_both / scale - value * (of_a / of_a.mean() + of_b / of_b.mean())
    return change


def unbiased_of_images(part: Doubles, diagonal_a: Doubles, diagonal_b: Doubles) -> Doubles:
    """Give the part of each image in the unbiased sum: `unbiased`, before it is summed."""
    n = len(part)
    apart = (diagonal_a * diagonal_b.sum() + diagonal_b * diagonal_a.sum()) / 2
    found: Doubles = part - diagonal_a * diagonal_b * n / (n - 2) + apart / ((n - 1) * (n - 2))
    return found


def _floors(form: Form, sums: Sums, permutations: Permutations) -> tuple[Floor, Floor]:
    generator = np.random.default_rng(permutations.seed)
    n = len(sums.diagonal_a)
    scale = math.sqrt(sums.product_aa) * math.sqrt(sums.product_bb)
    scale_debiased = math.sqrt(sums.unbiased_aa()) * math.sqrt(sums.unbiased_bb())
    values = np.empty((2, permutations.number))
    for column in range(permutations.number):
        order = generator.permutation(n)
        product = form.product_of_permuted(order)
        without_bias = unbiased(product, sums.diagonal_a, sums.diagonal_b[order])
        values[:, column] = product / scale, without_bias / scale_debiased
    mean = float(sums.diagonal_a.sum() * sums.diagonal_b.sum()) / ((n - 1) * scale)
    quantiles = np.quantile(values, permutations.level, axis=1).tolist()
    settings = asdict(permutations)
    return Floor(mean, quantiles[0], **settings), Floor(0.0, quantiles[1], **settings)
