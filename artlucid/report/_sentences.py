"""What the tables of a pair say, in three sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from artlucid._saved_tables import marked

SENTENCES = 3


@dataclass(frozen=True, eq=False)
class Told:
    """What sentences are made from.

    Attributes
    ----------
    before, after : str
        What the models of the pair are called.
    layers : DataFrame
        The pair's rows of the table, at the analysed layers that could change, from input to output.
    channels : DataFrame
        The pair's rows of the table, without those of blocks.
    k : int
        Size of the sets of maximal activation images.
    """

    before: str
    after: str
    layers: pd.DataFrame
    channels: pd.DataFrame
    k: int


def sentences(told: Told) -> list[str]:
    """The first three that there are numbers for."""
    found = (sentence for about in ABOUT for sentence in about(told))
    return [sentence for sentence, _ in zip(found, range(SENTENCES), strict=False)]


def changeable(layers: pd.DataFrame, analysed: Sequence[str]) -> pd.DataFrame:
    """The rows of the analysed layers that are not frozen; of all analysed ones where all are."""
    rows = layers[layers["layer"].isin(list(analysed))]
    thawed = rows[~marked(rows["frozen"])]
    return thawed if len(thawed) else rows


def _overlap(told: Told) -> Iterator[str]:
    """The layer whose channels changed most."""
    column = f"overlap_{told.k}_median"
    rows = told.layers[told.layers[column].notna()]
    if rows.empty:
        return
    row = rows.loc[rows[column].idxmin()]
    shared, chance = told.k * row[column], told.k * row[f"overlap_{told.k}_chance"]
    number = "none" if shared < 0.5 else f"at most {shared:.0f}"
    yield (
        f"Half of {row['layer']}’s channels share {number} of their {told.k} images with {told.before}; by chance it "
        f"would be {_count(chance)}."
    )


def _similarity(told: Told) -> Iterator[str]:
    rows = told.layers[told.layers["cka"].notna()]
    if len(rows) < 2:
        return
    first, last = rows.iloc[0], rows.iloc[-1]
    step = last["cka"] - first["cka"]
    verb = "falls" if step < -0.02 else "rises" if step > 0.02 else "stays"
    floor = f"; images in another order would give {last['cka_floor']:.2f}" if pd.notna(last["cka_floor"]) else ""
    yield (
        f"Similarity (CKA) to {told.before} {verb} from {first['cka']:.2f} in {first['layer']} to {last['cka']:.2f} in "
        f"{last['layer']}{floor}."
    )


def _entropy(told: Told) -> Iterator[str]:
    """The layer whose images became most or least mixed."""
    change = told.layers["entropy_b_mean"] - told.layers["entropy_a_mean"]
    if not change.notna().any():
        return
    row = told.layers.loc[change.abs().idxmax()]
    before, after, chance = row["entropy_a_mean"], row["entropy_b_mean"], row["entropy_a_chance"]
    if abs(after - before) < 0.005:
        yield f"The classes of the channels’ images are as mixed as before: entropy {before:.2f} in {row['layer']}."
        return
    word = "fewer" if after < before else "more"
    random = f"; of random images {chance:.2f}" if pd.notna(chance) else ""
    yield (
        f"The images of {row['layer']}’s channels come from {word} classes than before: entropy {before:.2f} → "
        f"{after:.2f}{random}."
    )


def _dead(told: Told) -> Iterator[str]:
    dead = [int(told.channels[column].astype(bool).sum()) for column in ("dead_a", "dead_b")]
    if len(told.channels):
        yield f"{dead[1]:,} of {len(told.channels):,} channels fire for no image; before it was {dead[0]:,}."


def _kernels(told: Told) -> Iterator[str]:
    rows = told.channels[told.channels["kernel_distance_relative"].notna()]
    if len(rows):
        moved = 100 * rows["kernel_distance_relative"].median()
        yield f"Half of the kernels moved by at most {moved:.0f}\u00a0% of their norm."


ABOUT: Sequence[Callable[[Told], Iterator[str]]] = (_overlap, _similarity, _entropy, _dead, _kernels)
"""In the order of what is told first."""


def _count(number: float) -> str:
    return f"{number:.0f}" if number >= 1 else f"{number:.1f}" if number >= 0.05 else "less than 0.1"
