"""In which order the channels of a contact sheet stand, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from artlucid._channel import PRE_RELU
from artlucid._picture_folders import Picture
from artlucid._saved_tables import marked
from artlucid.errors import VisualizationError

MOST_NUMBERS = 12
"""Of channels that a heading names."""

KEYS = ("layer", "channel")
PAIR = ("model_a", "model_b")
DEAD = ("dead_a", "dead_b")


@dataclass(frozen=True)
class Channel:
    """A channel and its pictures: one a folder, None where there is none."""

    number: int
    pictures: Sequence[Picture | None]

    @property
    def objective(self) -> float:
        """The final one in the last folder, -∞ where that shows nothing."""
        last = self.pictures[-1]
        shown = last is not None and last.problem is None and not math.isnan(last.final_objective)
        return last.final_objective if shown else -math.inf

    @property
    def dead(self) -> bool:
        """Whether a picture says so."""
        return any(picture is not None and picture.problem == "dead" for picture in self.pictures)


@dataclass(frozen=True)
class Order:
    """An order of channels.

    Attributes
    ----------
    key : callable
        From a channel to what is sorted: the lowest comes first.
    said : str
        Of the order in a heading; ``{last}`` stands for the label of the last folder.
    caption : callable
        From a channel to the lines below its pictures.
    notes : callable
        From the channels of a sheet to further lines of its heading.
    """

    key: Callable[[Channel], object]
    said: str
    caption: Callable[[Channel], str] = lambda channel: str(channel.number)
    notes: Callable[[Sequence[Channel]], Sequence[str]] = lambda channels: ()


ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "channel": Order(lambda channel: channel.number, "by number"),
        "objective": Order(lambda channel: -channel.objective, "by final objective in {last}, highest first"),
    }
)
"""What a sheet may be ordered by without a table."""


def check_order(order: str) -> None:
    """Refuse an order that there is not, before anything is made.

    Raises
    ------
    VisualizationError
        If it is none of the two.
    """
    if order not in ORDERS:
        raise VisualizationError(
            f"`order` must be one of {', '.join(ORDERS)}. Received {order!r}. Choose one of these, or give the table "
            "with a column of this name as `channels`."
        )


def orders_of(order: str, channels: pd.DataFrame | None, highest_first: bool) -> Callable[[str], Order]:
    """The order of the channels of each layer.

    Parameters
    ----------
    order : str
        A key of `ORDERS`, or a column of `channels`.
    channels : DataFrame, optional
    highest_first : bool
        Of a column.

    Returns
    -------
    callable
        From the name of a layer, as pictures have it.

    Raises
    ------
    VisualizationError
        If there is no such order, or the table is not usable.
    """
    if channels is None:
        check_order(order)
        if highest_first:
            raise VisualizationError(
                f"`highest_first` must be left out where no table is given. Received it with `order` {order!r}. Give "
                "the table with the column as `channels`."
            )
        return lambda layer: ORDERS[order]
    _check_table(channels, order)
    by_layer = dict(list(channels.groupby(channels["layer"].astype(str), sort=False)))

    def of_layer(layer: str) -> Order:
        # A table names a convolution as it is after its ReLU.
        found = by_layer.get(layer, by_layer.get(layer.removesuffix(PRE_RELU), channels.iloc[:0]))
        return _Column(order, found, highest_first).order

    return of_layer


def numeric_columns(channels: pd.DataFrame) -> list[str]:
    """The columns of a table by which channels can be ordered."""
    return [str(name) for name in channels if pd.api.types.is_numeric_dtype(channels[name])]


def _check_table(channels: pd.DataFrame, order: str) -> None:
    if not isinstance(channels, pd.DataFrame):
        raise VisualizationError(
            f"`channels` must be a DataFrame. Received {type(channels).__name__}. Give the table of channels of a "
            "comparison: `compare.read(folder).channels`."
        )
    if missing := [name for name in KEYS if name not in channels]:
        raise VisualizationError(
            f"`channels` must have the columns {', '.join(KEYS)}. Received a table without {', '.join(missing)}. Give "
            "the table of channels of a comparison."
        )
    if order not in channels or not pd.api.types.is_numeric_dtype(channels[order]):
        kind = f"{order!r}, which holds text" if order in channels else f"{order!r}, which it does not have"
        raise VisualizationError(
            f"`order` must be a column of the table that holds numbers. Received {kind}. "
            f"Choose one of {', '.join(numeric_columns(channels)) or 'none: there is no such column'}."
        )
    pair = [name for name in PAIR if name in channels]
    if pair and len(pairs := channels[pair].drop_duplicates()) > 1:
        named = "; ".join(" and ".join(map(str, row)) for row in pairs.head(3).values.tolist())
        raise VisualizationError(
            f"`channels` must be of one pair of networks. Received a table of {len(pairs)}: {named}. Keep the "
            "rows of one: `channels[channels['model_b'] == name]`."
        )
    if (repeated := channels.duplicated(list(KEYS))).any():
        first = channels.loc[repeated, list(KEYS)].iloc[0]
        raise VisualizationError(
            "`channels` must have one row for each layer and channel. Received two of "
            f"{first['layer']}:{first['channel']}. Leave one of them out."
        )


class _Column:
    """Channels by a column: those with a value, those without, dead ones; each group by number where values tie."""

    def __init__(self, name: str, rows: pd.DataFrame, highest_first: bool) -> None:
        numbers = rows["channel"].astype(int)
        values = rows[name].to_numpy(float, na_value=math.nan)
        self._known = set(numbers)
        self._values = {number: value for number, value in zip(numbers, values, strict=True) if not math.isnan(value)}
        dead = [marked(rows[column]) for column in DEAD if column in rows]
        self._dead = set(numbers[pd.concat(dead, axis=1).any(axis=1)]) if dead else set()
        self._spelled = _spelling(rows[name])
        self._sign = -1 if highest_first else 1
        ends = "highest" if highest_first else "lowest"
        self.order = Order(self._key, f"by {name}, {ends} first", self._caption, self._notes)

    def _is_dead(self, channel: Channel) -> bool:
        return channel.number in self._dead or channel.dead

    def _key(self, channel: Channel) -> tuple[bool, bool, float, int]:
        value = self._values.get(channel.number)
        # Not -∞, which may be a value.
        return self._is_dead(channel), value is None, self._sign * (value or 0.0), channel.number

    def _caption(self, channel: Channel) -> str:
        value = self._values.get(channel.number)
        shown = "–" if value is None else self._spelled(value)
        return f"{channel.number}\n{shown}{' †' if self._is_dead(channel) else ''}"

    def _notes(self, channels: Sequence[Channel]) -> list[str]:
        dead = [channel.number for channel in channels if self._is_dead(channel)]
        empty = [c.number for c in channels if c.number not in self._values and not self._is_dead(c)]
        unseen = sorted(self._known - {channel.number for channel in channels})
        notes = [
            ("† dead, last: ", dead),
            ("– without a value, after the others: ", empty),
            ("without a picture, and not here: ", unseen),
        ]
        return [f"{said}{_named(numbers)}" for said, numbers in notes if numbers]


def _spelling(column: pd.Series) -> Callable[[float], str]:
    """Three digits; whole numbers and yes or no as they are."""
    if pd.api.types.is_bool_dtype(column):
        return lambda value: "yes" if value else "no"
    if pd.api.types.is_integer_dtype(column):
        return lambda value: f"{value:,.0f}"
    return lambda value: f"{value:.3g}"


def _named(numbers: Iterable[int]) -> str:
    every = list(numbers)
    more = f" and {len(every) - MOST_NUMBERS:,} more" if len(every) > MOST_NUMBERS else ""
    return f"{', '.join(map(str, every[:MOST_NUMBERS]))}{more}"
