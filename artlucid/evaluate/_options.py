"""How networks are run over images, and what is made beside the scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from artlucid.errors import DataError
from artlucid.metrics import Resampling


@dataclass(frozen=True)
class Options:
    """How a network is run over images.

    Attributes
    ----------
    batch_size : int
    precision : {"float32", "auto", "bfloat16", "float16"}
        Scores are computed in float32 unless told otherwise, so that they do not depend on the machine.
    max_excluded : float
        The largest part of the images that may be unusable, in 0 … 1.
    progress : bool
        Whether a bar is shown on a terminal.
    intervals : Resampling, optional
        Gives every score an interval, and every model but the first its difference from the first with one.
    predictions : Path, optional
        A CSV file to write: a row for each model and image, with the image's labels and a column for each class.
    cache : bool or path
        Where decoded images are kept, as `finetune.Options` has it.
    cache_limit : int, optional
        Bytes that the cache may hold.
    """

    batch_size: int = 32
    precision: str = "float32"
    max_excluded: float = 0.01
    progress: bool = False
    intervals: Resampling | None = None
    predictions: Path | None = None
    cache: bool | str | Path = True
    cache_limit: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.batch_size, int) or self.batch_size < 1:
            raise DataError(
                f"`batch_size` must be an integer of at least 1. Received {self.batch_size!r}. Give 32, for example."
            )
        if self.intervals is not None and not isinstance(self.intervals, Resampling):
            raise DataError(
                f"`intervals` must be a `metrics.Resampling` or None. Received {self.intervals!r}. "
                "Give `metrics.Resampling(level=0.95)`, for example."
            )
        if self.predictions is not None and Path(self.predictions).suffix != ".csv":
            raise DataError(
                f"`predictions` must be a file that ends in .csv. Received {str(self.predictions)!r}. Name it so."
            )
