"""Contact sheets of a comparison: optimized images of both networks of a pair, ordered by what changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from artlucid.errors import ComparisonError

FOLDER = "sheets"


def check_pictures(sheets: str | None, pictures: Sequence[Path] | None, highest_first: bool) -> None:
    """Refuse sheets without pictures before anything is computed.

    Raises
    ------
    ComparisonError
        If no folder is given, or if an order is given without a column.
    """
    if sheets is not None and not pictures:
        raise ComparisonError(
            f"`--sheets` must come with folders of pictures. Received {sheets!r} alone. Make pictures of both networks "
            "with `artlucid visualize … --beside …`, and give their folders by `--pictures`."
        )
    if highest_first and sheets is None:
        raise ComparisonError(
            "`--highest-first` must come with a column. Received it without one. Give `--sheets overlap_100`, for "
            "example."
        )


def write_sheets(comparison: Any, networks: Sequence[Any], column: str, highest_first: bool) -> list[Path]:
    """Write a sheet for each layer and pair.

    Parameters
    ----------
    comparison : Comparison
        As it was made of these networks.
    networks : sequence of Network
    column : str
        Of its table of channels.
    highest_first : bool

    Returns
    -------
    list of Path

    Raises
    ------
    ComparisonError
        If no pair has pictures of both its networks with one seed.
    VisualizationError
        If there is no such column, or pictures are damaged.
    """
    from artlucid import figures
    from artlucid.compare._candidates import candidates
    from artlucid.compare._pictures import beside, folders_of
    from artlucid.figures._model_names import short_names

    found = candidates(networks)
    folders = folders_of(comparison.manifest["settings"]["pictures"], found)
    by_label = {candidate.label: candidate for candidate in found}
    pairs = [(pair["model_a"], pair["model_b"]) for pair in comparison.manifest["pairs"]]
    written: list[Path] = []
    for number, (a, b) in enumerate(pairs, 1):
        two = beside(folders, by_label[a], by_label[b])
        if two is None:
            continue
        of_pair = (comparison.channels["model_a"] == a) & (comparison.channels["model_b"] == b)
        place = comparison.path / FOLDER / (f"pair-{number}" if len(pairs) > 1 else "")
        names = short_names(dict.fromkeys((a, b)))
        labels = (names[a], names[b]) if a != b else (f"{names[a]} (1)", f"{names[a]} (2)")
        written += figures.save_contact_sheets(
            dict(zip(labels, two, strict=True)),
            order=column,
            channels=comparison.channels[of_pair],
            highest_first=highest_first,
            out=place,
        )
    if not written:
        received = ", ".join(f"{folder.path} (seed {folder.seed})" for folder in folders)
        raise ComparisonError(
            "`--sheets` must have pictures of both networks of a pair, with one seed. Received "
            f"{received}. The tables are written; make the "
            "pictures that are missing, and give the same command again."
        )
    return written


def said_of(written: Sequence[Path]) -> str:
    """How many there are."""
    return "1 contact sheet" if len(written) == 1 else f"{len(written)} contact sheets"
