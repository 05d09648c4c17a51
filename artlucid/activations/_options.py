"""How a network is run over images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from artlucid.errors import DataError


@dataclass(frozen=True)
class Options:
    """How a network is run over images.

    Attributes
    ----------
    batch_size : int
    precision : {"float32", "auto", "bfloat16", "float16"}
        Of the network; means are taken in float32.
    size : int, optional
        Side of the squares that the network sees, in pixels. By default what it usually takes; a network that takes
        any size and has no usual one needs it.
    max_excluded : float
        The largest part of the images that may be unusable, in 0 … 1.
    progress : bool
        Whether a bar is shown on a terminal.
    cache : bool or path
        Where decoded images are kept, as `finetune.Options` has it.
    cache_limit : int, optional
        Bytes that the cache may hold.
    """

    batch_size: int = 32
    precision: str = "float32"
    size: int | None = None
    max_excluded: float = 0.01
    progress: bool = False
    cache: bool | str | Path = True
    cache_limit: int | None = None

    def __post_init__(self) -> None:
        if not _is_positive(self.batch_size):
            raise DataError(
                f"`batch_size` must be an integer of at least 1. Received {self.batch_size!r}. Give 32, for example."
            )
        if self.size is not None and not _is_positive(self.size):
            raise DataError(
                f"`size` must be a positive integer of pixels, or None. Received {self.size!r}. Give 224, for example."
            )


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
