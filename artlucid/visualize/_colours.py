"""How the colours of a collection vary: the matrix that decorrelates them and their mean, as a record and a file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid import __version__
from artlucid.errors import VisualizationError
from artlucid.files import write_json

FORMAT = "artlucid.colours"
VERSION = 1

LARGEST_FILE = 65536
"""In bytes; a file has less than a thousand."""

FLATTEST = 1e-3
"""Least part of the largest singular value of a matrix that the smallest may be; ImageNet's is 0.13."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ColourStatistics:
    """How the colours of a collection vary, RGB in 0 … 1.

    Parameters
    ----------
    matrix : array-like of shape (3, 3)
        A square root of the covariance of red, green and blue: ``matrix @ matrix.T`` is the covariance. Each column is
        an eigenvector times the root of its eigenvalue, the largest first. Kept as a read-only copy, float64.
    mean : array-like of shape (3,)
        The mean colour, in 0 … 1; read-only.
    source : str
        What it was measured on.
    n_images, n_pixels : int, optional
        How many, where known.

    Raises
    ------
    VisualizationError
        If the shapes are others, if a value is not finite, if the mean lies outside 0 … 1, or if the matrix has no
        inverse, as that of a collection of grey pictures, which would leave every image grey.

    Examples
    --------
    >>> from artlucid.visualize import param
    >>> statistics = ColourStatistics([[0.3, 0.1, 0], [0.3, 0, 0.1], [0.3, -0.1, -0.1]], [0.5, 0.4, 0.3], "by hand")
    >>> param.image(32, decorrelate=statistics).shape.as_list()
    [1, 32, 32, 3]
    """

    matrix: Array
    mean: Array
    source: str = ""
    n_images: int | None = None
    n_pixels: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", _finite("matrix", self.matrix, (3, 3)))
        object.__setattr__(self, "mean", _finite("mean", self.mean, (3,)))
        if self.mean.min() < 0 or self.mean.max() > 1:
            raise VisualizationError(
                f"`mean` must be a colour in 0 … 1. Received {self.mean.tolist()}. Divide by 255 what is in 0 … 255."
            )
        values = np.linalg.svd(self.matrix, compute_uv=False)
        if values[-1] <= FLATTEST * values[0]:
            raise VisualizationError(
                "`matrix` must have an inverse: colours must vary in three directions. Received the singular values "
                f"{', '.join(f'{value:.3g}' for value in values)} ({self.source or 'no source'}). Those of grey "
                "pictures vary in one: choose a collection with colours, or ImageNet's statistics, `decorrelate=True`."
            )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON file of the format ``artlucid.colours``.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        content = {
            "format": FORMAT,
            "version": VERSION,
            "artlucid": __version__,
            "source": self.source,
            "n_images": self.n_images,
            "n_pixels": self.n_pixels,
            "mean": self.mean.tolist(),
            "matrix": self.matrix.tolist(),
        }
        write_json(Path(path), content)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ColourStatistics:
        """Read a file that `save` wrote.

        Raises
        ------
        VisualizationError
            If the file is missing, damaged, of another format or of a newer version, or holds what `ColourStatistics`
            refuses.
        """
        path = Path(path)
        content = _read(path)
        try:
            return cls(
                **{name: content[name] for name in ("matrix", "mean")},
                source=_of_kind(content, "source", str),
                **{name: _of_kind(content, name, int | None) for name in ("n_images", "n_pixels")},
            )
        except KeyError as error:
            raise _not_colours(path, f"without {error}") from error
        except VisualizationError as error:
            raise VisualizationError(f"{path}: {error}") from error


def _finite(name: str, value: Any, shape: tuple[int, ...]) -> Array:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if array.shape != shape or not np.isfinite(array).all():
        raise VisualizationError(
            f"`{name}` must be an array of shape {shape} of finite numbers. Received {value!r}. "
            "Measure it with `visualize.colour_statistics(dataset)`."
        )
    array.flags.writeable = False
    return array


def _of_kind(content: dict[str, Any], name: str, kind: Any) -> Any:
    value = content[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise KeyError(f"a proper {name}")
    return value


def _read(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read(LARGEST_FILE))
    except OSError as error:
        raise _not_colours(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _not_colours(path, "which is no JSON") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _not_colours(path, "of another format")
    version = content.get("version")
    if not isinstance(version, int) or version < 1:
        raise _not_colours(path, f"of version {version!r}")
    if version > VERSION:
        raise VisualizationError(
            f"A file of the format {FORMAT!r} must have a version of at most {VERSION}. Received {path} of version "
            f"{version}. It was written by a newer artlucid: upgrade with `pip install --upgrade artlucid`."
        )
    return content


def _not_colours(path: Path, what: str) -> VisualizationError:
    return VisualizationError(
        f"Colour statistics must be a JSON file of the format {FORMAT!r}. Received {path}, {what}. "
        "Write one with `visualize.colour_statistics(dataset).save(path)`."
    )


IMAGENET = ColourStatistics(
    matrix=np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]]),
    mean=np.array([0.48, 0.46, 0.41]),
    source="ImageNet, by Lucid 0.3.10",
)
"""Lucid's figures, with two digits as they stand there."""
