"""The usable part of a dataset: warn of what changes the meaning of a result, stop where too much is lost."""

import warnings
from collections.abc import Sequence

import numpy as np

from artlucid.datasets._dataset import Dataset
from artlucid.datasets._examine import Examination, examine
from artlucid.datasets._wording import count_of, listed, printable
from artlucid.errors import DataError, DataWarning


def usable(
    dataset: Dataset,
    *,
    splits: Sequence[str] | None = None,
    max_excluded: float = 0.01,
    shorter_side: int | None = None,
    progress: bool = False,
) -> Examination:
    """Examine a dataset, warn of what would change the meaning of the scores, and stop where too much is unusable.

    A `DataWarning` tells of each of the dataset's notices, of the files left out, and of images that stand in more
    than one of the splits read; it names five of them and counts the others.

    Parameters
    ----------
    dataset : Dataset
    splits : sequence of str, optional
        Names of the splits to read; all by default. The others stay as they are.
    max_excluded : float
        Largest part, in 0 … 1, of the images of these splits that may be unusable.
    shorter_side : int, optional
        As `read_image` will be asked for, in pixels.
    progress : bool
        Draw a bar on standard error where that is a terminal.

    Returns
    -------
    Examination
        Its dataset is without the unusable files.

    Raises
    ------
    DataError
        If `max_excluded` is no part, if more than that part is unusable, and where `examine` raises it.

    Examples
    --------
    >>> import tempfile
    >>> from artlucid.datasets import synthetic
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     examination = usable(drawn, max_excluded=0.0, shorter_side=32)
    >>> len(examination.excluded), len(examination.dataset.train)
    (0, 12)
    """
    _check_part(max_excluded)
    for notice in dataset.notices:
        warnings.warn(notice, DataWarning, stacklevel=2)
    examination = examine(dataset, splits=splits, shorter_side=shorter_side, progress=progress)
    total = sum(len(dataset.splits[name]) for name in (dataset.splits if splits is None else set(splits)))
    total += len(dataset.missing) - len(examination.dataset.missing)
    _check_excluded(examination, total, max_excluded)
    for finding in (*_excluded_notice(examination, total), *_duplicates_notice(examination)):
        warnings.warn(finding, DataWarning, stacklevel=2)
    return examination


def _check_part(max_excluded: float) -> None:
    if not isinstance(max_excluded, int | float | np.number) or not 0 <= max_excluded <= 1:
        raise DataError(
            f"`max_excluded` must be a part of the images, in 0 … 1. Received {max_excluded!r}. "
            "Give 0.05, for example, for 5 %."
        )


def _check_excluded(examination: Examination, total: int, max_excluded: float) -> None:
    reasons = _reasons(examination)
    if len(reasons) > max_excluded * total:
        raise DataError(
            f"At most {max_excluded:.1%} of the images may be unusable. Received {len(reasons)} of {total} in "
            f"{examination.dataset.specification}: {listed(reasons, '; ')}. "
            "Repair or remove them, or allow more with `--max-excluded`."
        )


def _excluded_notice(examination: Examination, total: int) -> list[str]:
    reasons = _reasons(examination)
    if not reasons:
        return []
    verb = "is" if len(reasons) == 1 else "are"
    return [f"{len(reasons)} of {count_of(total, 'image')} {verb} left out: {listed(reasons, '; ')}"]


def _reasons(examination: Examination) -> list[str]:
    return [f"{printable(file.relative_path)}: {file.reason}" for file in examination.excluded]


def _duplicates_notice(examination: Examination) -> list[str]:
    groups = [" = ".join(f"{printable(path)} ({split})" for split, path in group) for group in examination.duplicates]
    if not groups:
        return []
    stand = f"{count_of(len(groups), 'image')} {'stands' if len(groups) == 1 else 'stand'}"
    return [f"{stand} in more than one split, which flatters the scores: {listed(groups, '; ')}"]
