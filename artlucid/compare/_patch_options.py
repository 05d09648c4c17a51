"""Which parts of maximal activation images are found, and of which channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from artlucid.errors import ComparisonError

KINDS = ("fixed", "gradient")

GRADIENT_CHANNELS = 100
"""Of a pair, unless told otherwise: a few minutes on a laptop."""

SHARE = 0.9
"""Of the gradient's energy in a box."""


@dataclass(frozen=True)
class Patches:
    """Which parts of maximal activation images are found, and of which channels.

    Attributes
    ----------
    kind : {"fixed", "gradient"}
        A crop of a fixed side per layer around the maximum, or the smallest box with 90 % of the input gradient's
        energy: a forward and a backward pass an image and channel.
    number : int
        Of images a channel, those that fire it most.
    channels : int, optional
        Of each pair so many channels of convolutions, in the order of the table of channels: low overlap first. By
        default all with "fixed" and 100 with "gradient".
    also : sequence of str
        Further channels, of convolutions or blocks: ``mixed4d_3x3:52``, ….
    """

    kind: str
    number: int = 9
    channels: int | None = None
    also: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ComparisonError(
                f"`kind` of patches must be one of {', '.join(KINDS)}. Received {self.kind!r}. Choose one (`--patch`)."
            )
        if isinstance(self.also, str):
            raise ComparisonError(
                f"`also` of patches must be a sequence of channels. Received {self.also!r}. Give a list: "
                '["mixed4d_3x3:52"].'
            )
        for name, option in (("number", "--patches"), ("channels", "--patch-channels")):
            value = getattr(self, name)
            if (name == "number" or value is not None) and not _is_positive(value):
                raise ComparisonError(
                    f"`{name}` of patches must be an integer of at least 1. Received {value!r}. Give 9, for example "
                    f"(`{option}`)."
                )

    @property
    def channels_a_pair(self) -> int | None:
        """How many channels of each pair; None for all."""
        return GRADIENT_CHANNELS if self.channels is None and self.kind == "gradient" else self.channels

    def described(self) -> dict[str, Any]:
        """As manifests record it."""
        share = {"share": SHARE} if self.kind == "gradient" else {}
        return {**asdict(self), "channels": self.channels_a_pair, "also": list(self.also), **share}


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
