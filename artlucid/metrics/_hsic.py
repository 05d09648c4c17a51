"""The Hilbert-Schmidt independence criterion of two sets of features, in the cheaper of its two forms.

With centred features A and B of n images, the Gram matrices are K = A A' and L = B B', and their product summed over
all pairs of images is the squared norm of A' B: one form costs n² operations a channel, the other n for each pair of
channels. What either form has in the end is the same: `Sums`.

All products are in double precision. In single precision they take half the time, but the only bound on the error of a
product of n rows grows with n: 17,000 images leave three digits for certain, and the unbiased estimate then takes a
difference of two such numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg.blas

from artlucid.metrics._features import ConstantFeaturesError, Doubles, Features, block_size

# Below this part of the biased estimate, what is left of the unbiased one is rounding.
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over pairs of images of products of two Gram matrices, and the diagonals of these."""

    product_ab: float
    product_aa: float
    product_bb: float
    diagonal_a: Doubles
    diagonal_b: Doubles

    def cka(self, *, debiased: bool, names: tuple[str, str]) -> float:
        """CKA by the biased or the unbiased estimate."""
        if not debiased:
            return similarity(self.product_ab, self.product_aa, self.product_bb)
        own = self.unbiased_aa(), self.unbiased_bb()
        refuse_undefined(own, (self.product_aa, self.product_bb), names)
        return similarity(unbiased(self.product_ab, self.diagonal_a, self.diagonal_b), *own)

    def unbiased_aa(self) -> float:
        """Give the unbiased sum of the first set with itself."""
        return unbiased(self.product_aa, self.diagonal_a, self.diagonal_a)

    def unbiased_bb(self) -> float:
        """Give the unbiased sum of the second set with itself."""
        return unbiased(self.product_bb, self.diagonal_b, self.diagonal_b)


class Form(Protocol):
    """How the sums of two sets of features come about."""

    @property
    def sums(self) -> Sums:
        """The sums over all pairs of images."""

    def of_images(self) -> tuple[Doubles, Doubles, Doubles]:
        """Give the part that each image has in the three products."""

    def product_of_permuted(self, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        """Give the product of the two sets when the images of the second are in another order."""


def form_of(a: Features, b: Features) -> Form:
    """Give the form that costs less: products of channels, or of images where these are fewer."""
    if a.n_images < a.n_channels + b.n_channels:
        return GramForm(gram(a.whole()), gram(b.whole()))
    return FeatureForm(a, b)


class GramForm:
    """Pairs of images."""

    def __init__(self, gram_a: Doubles, gram_b: Doubles) -> None:
        self.gram_a, self.gram_b = gram_a, gram_b

    @property
    def sums(self) -> Sums:
        """The sums over all pairs of images."""
        a, b = self.gram_a, self.gram_b
        return Sums(_product(a, b), _product(a, a), _product(b, b), np.diag(a), np.diag(b))

    def of_images(self) -> tuple[Doubles, Doubles, Doubles]:
        """Give the part that each image has in the three products."""
        a, b = self.gram_a, self.gram_b
        return _row_products(a, b), _row_products(a, a), _row_products(b, b)

    def product_of_permuted(self, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        """Give the product of the two sets when the images of the second are in another order."""
        return _product(self.gram_a, self.gram_b[np.ix_(order, order)])


class FeatureForm:
    """Pairs of channels."""

    def __init__(self, a: Features, b: Features) -> None:
        self.a, self.b = a, b
        self.whole: tuple[Doubles, Doubles] | None = None
        width = a.n_channels + b.n_channels
        # One symmetric product of both sets side by side has all three: half the operations of three general ones for
        # the two symmetric parts. BLAS adds up in place, in the upper triangle.
        products = np.zeros((width, width), order="F")
        diagonals = np.empty((2, a.n_images))
        for rows, both in self._blocks():
            products = scipy.linalg.blas.dsyrk(1.0, both.T, beta=1.0, c=products, overwrite_c=True)
            diagonals[0, rows] = _row_products(both[:, : a.n_channels], both[:, : a.n_channels])
            diagonals[1, rows] = _row_products(both[:, a.n_channels :], both[:, a.n_channels :])
        split = a.n_channels
        self.upper_aa, self.upper_bb = products[:split, :split], products[split:, split:]
        self.ab = products[:split, split:]
        self.diagonals = diagonals

    def _blocks(self) -> Iterator[tuple[slice, Doubles]]:
        """Give both sets side by side, centred, in blocks of rows; each block is overwritten by the next."""
        size = block_size(max(self.a.n_channels, self.b.n_channels))
        buffer = np.empty((min(size, self.a.n_images), self.a.n_channels + self.b.n_channels))
        pairs = zip(self.a.rows.blocks(size), self.b.rows.blocks(size), strict=True)
        for (rows, block_a), (_, block_b) in pairs:
            both = buffer[: len(block_a)]
            self.a.centred(block_a, out=both[:, : self.a.n_channels])
            self.b.centred(block_b, out=both[:, self.a.n_channels :])
            yield rows, both

    @property
    def sums(self) -> Sums:
        """The sums over all pairs of images."""
        product_aa, product_bb = (_product_of_symmetric(upper) for upper in (self.upper_aa, self.upper_bb))
        return Sums(_product(self.ab, self.ab), product_aa, product_bb, self.diagonals[0], self.diagonals[1])

    def of_images(self) -> tuple[Doubles, Doubles, Doubles]:
        """Give the part that each image has in the three products."""
        found = np.empty((3, self.a.n_images))
        aa, bb = (upper + np.triu(upper, 1).T for upper in (self.upper_aa, self.upper_bb))
        for rows, both in self._blocks():
            block_a, block_b = both[:, : self.a.n_channels], both[:, self.a.n_channels :]
            found[0, rows] = _row_products(block_a @ self.ab, block_b)
            found[1, rows] = _row_products(block_a @ aa, block_a)
            found[2, rows] = _row_products(block_b @ bb, block_b)
        return found[0], found[1], found[2]

    def product_of_permuted(self, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        """Give the product of the two sets when the images of the second are in another order."""
        if self.whole is None:
            self.whole = self.a.whole(), self.b.whole()
        matrix = self.whole[0].T @ self.whole[1][order]
        return _product(matrix, matrix)


def gram(features: Doubles) -> Doubles:
    """Inner products of the centred features of every two images."""
    centred = features - features.mean(axis=0)
    products: Doubles = centred @ centred.T
    return products


def centred_gram(kernel: Doubles) -> Doubles:
    """Give the Gram matrix of the features that a kernel stands for, centred."""
    means = kernel.mean(axis=0)
    centred: Doubles = kernel - means - means[:, None] + means.mean()
    return centred


def similarity(product_ab: float, product_aa: float, product_bb: float) -> float:
    """Divide a product by those of both sets with themselves; rounding alone can take it beyond 1."""
    return max(-1.0, min(1.0, product_ab / (math.sqrt(product_aa) * math.sqrt(product_bb))))


def unbiased(product: float, diagonal_a: Doubles, diagonal_b: Doubles) -> float:
    """Give n (n - 3) times the estimate by Song et al. of the criterion, from the product of two centred Gram matrices.

    Their formula takes the matrices without their diagonals. Rows of a centred one add up to zero, those without the
    diagonal to minus the diagonal, so that its three terms come down to sums over images.
    """
    n = len(diagonal_a)
    both, apart = float(diagonal_a @ diagonal_b), float(diagonal_a.sum() * diagonal_b.sum())
    return product - both * n / (n - 2) + apart / ((n - 1) * (n - 2))


def refuse_undefined(own: tuple[float, float], biased: tuple[float, float], names: tuple[str, str]) -> None:
    """Refuse features of which nothing is left without the diagonal."""
    for name, value, of_all in zip(names, own, biased, strict=True):
        if value <= ROUNDING * of_all:
            raise ConstantFeaturesError(
                f"`{name}` must vary over more than one image for debiased CKA. Received features of which nothing is "
                "left without each image's product with itself: all others are equal, or all are equally far apart. "
                "Leave this layer out, or give more images."
            )


def _product(a: Doubles, b: Doubles) -> float:
    return float(np.einsum("ij,ij->", a, b))


def _product_of_symmetric(upper: Doubles) -> float:
    """Give the product of a symmetric matrix with itself, of which the lower triangle is left 0."""
    diagonal = np.diag(upper)
    return 2 * _product(upper, upper) - float(diagonal @ diagonal)


def _row_products(a: Doubles, b: Doubles) -> Doubles:
    products: Doubles = np.einsum("ij,ij->i", a, b)
    return products
