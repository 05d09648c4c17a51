"""From scores and comparisons to the rows that stand beside the paper's: a value a seed, and in what it differs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

import pandas as pd

from artlucid import reference
from artlucid.errors import TableError
from artlucid.tables import _lineages
from artlucid.tables._beside import COLUMNS, table_of
from artlucid.tables._changes import mean_changes


def from_scores(number: int, row: str, scores: object, *, of: str | None = None, words: str = "") -> pd.DataFrame:
    """Turn scores into rows that `beside_the_paper` takes.

    Parameters
    ----------
    number : {1, 3}
    row : str
        A key of the table's rows: ``fine_tuning``, ….
    scores : Scores or mapping, or a sequence of them
        What `evaluate.evaluate` found for each run, or its JSON; of an ensemble one for all.
    of : {"paintings", "iconart"}, optional
        Of Table 3, whose dataset it is.
    words : str
        In what else the weights or data are not the paper's.

    Returns
    -------
    DataFrame
        With the columns ``row``, ``measure``, ``seed``, ``value`` and ``differs``. The seed is that of the run's
        manifest; of an ensemble those of its members, joined. ``differs`` is derived from the lineages of the runs:
        first weights and network, recipes and epochs, kinds, images and classes of the data, the split.

    Raises
    ------
    TableError
        If there is no such table or row; if `of` is missing or of no use; if these are no scores, or the table's
        measures are not among them; if a run has other weights now.

    Examples
    --------
    >>> scores = {"model": "bvlc", "model_identity": "…", "data": "folder:/art", "split": "test", "images": 9}
    >>> found = from_scores(1, "fine_tuning", {**scores, "top_1": 0.5}, words="half of the classes")
    >>> found[["measure", "value", "differs"]].values.tolist()  # doctest: +NORMALIZE_WHITESPACE
    [['top_1', 0.5, 'how bvlc was trained is not recorded; data folder:art, not rasta; half of the classes']]
    """
    table = _table_with(number, row, (1, 3))
    small = _small_dataset(number, of, (3,))
    ending = f"_{small}" if small else ""
    rows: list[dict[str, object]] = []
    for one in _lineages.as_mappings(scores):
        values = {measure: one.get(measure.removesuffix(ending)) for measure in table.measures}
        values = {measure: value for measure, value in values.items() if measure.endswith(ending)}
        networks = _lineages.networks_of(one)
        said = _of_scores(number, row, networks, small)
        # What is not recorded of the data of a training stands in the scores themselves.
        said += [text for text in _of_scored_data(one, small or "rasta") if text not in said]
        found = _lineages.rows_of(row, values, _seed([network.seed for network in networks]), said, words)
        if not found:
            labels = "several labels" if small else "one label"
            raise TableError(
                f"`scores` must have the measures of Table {number}. Received scores of {one['model']} with none of "
                f"{', '.join(values)}. Evaluate on a dataset with {labels} an image."
            )
        rows += found
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_scores(number: int, row: str, networks: Sequence[_lineages.Network], of: str | None) -> list[str]:
    if (number, row) not in _lineages.MEMBERS:
        expected = _lineages.SCORED[number, row]
        return [text for network in networks for text in _lineages.differences(network, expected, of)]
    said = []
    members = list(_lineages.MEMBERS[number, row])
    if len(networks) != len(members):
        said.append(f"an ensemble of {len(networks)}, not {len(members)}")
    for network in networks:
        # Members may be named in any order: each is held to what it is nearest to.
        found = [(_lineages.differences(network, expected, of), expected) for expected in members]
        nearest, expected = min(found, key=lambda one: len(one[0]), default=([f"{network.name} more"], None))
        said += nearest
        if expected is not None:
            members.remove(expected)
    return said


def _of_scored_data(scores: Mapping[str, object], kind: str) -> list[str]:
    said = _lineages.of_data({"specification": scores["data"]}, kind)
    return [*said, *([f"scores of {scores['split']}, not test"] if scores["split"] != "test" else [])]


def _seed(seeds: Sequence[object]) -> object:
    known = ["?" if seed is None else str(seed) for seed in seeds]
    return seeds[0] if len(seeds) == 1 else "+".join(known)


def from_comparison(
    number: int, row: str, comparison: object, *, of: str | None = None, words: str = ""
) -> pd.DataFrame:
    """Turn the means of a comparison, as `mean_changes` has them, into rows that `beside_the_paper` takes.

    Parameters
    ----------
    number : {2, 4}
    row : str
        A key of the table's rows: ``imagenet_to_a1``, ….
    comparison : Comparison
        As `compare.read` gives it. Each of its pairs is a run of this row.
    of : {"paintings", "iconart"}, optional
        Of Table 4, whose dataset it is.
    words : str
        In what else the weights or data are not the paper's.

    Returns
    -------
    DataFrame
        As `from_scores` gives it. The seed is that of the second network, or of the first where the second was not
        trained; where both were, with other seeds, both, joined.

    Raises
    ------
    TableError
        If there is no such table or row; if `of` is missing or of no use; if it is no comparison.
    """
    table = _table_with(number, row, (2, 4))
    small = _small_dataset(number, of, (4,))
    layers, manifest = getattr(comparison, "layers", None), getattr(comparison, "manifest", None)
    if not isinstance(layers, pd.DataFrame) or not isinstance(manifest, Mapping):
        raise TableError(
            f"`comparison` must be one that `compare.read` gives. Received {type(comparison).__name__}. Read the "
            "folder of `artlucid compare`."
        )
    networks = {
        str(model["model"]): _lineages.network_of(
            str(model["model"]) if model.get("lineage") else str(model.get("source")),
            model.get("lineage"),
            model.get("variant"),
        )
        for model in manifest["models"]
    }
    rows: list[dict[str, object]] = []
    for means in mean_changes(layers).to_dict("records"):
        pair = (networks[str(means["model_a"])], networks[str(means["model_b"])])
        measures = [measure for measure in table.measures if not small or measure.endswith(f"_{small}")]
        values = {measure: means[measure.removesuffix(f"_{small}")] for measure in measures}
        said = _of_pair(number, row, pair, small)
        if small:
            said += _of_compared_data(manifest, small)
        rows += _lineages.rows_of(row, values, _seed_of_pair(pair), said, words)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_pair(number: int, row: str, pair: tuple[_lineages.Network, _lineages.Network], of: str | None) -> list[str]:
    """Of both networks, which may stand in either order."""
    expected = _lineages.COMPARED[number, row]
    both = []
    for order in (expected, expected[::-1]):
        found = list(zip(pair, order, strict=True))
        # Before all, each is to have been trained as often: the wrong order can have the fewer words.
        unlike = sum(len(network.trainings) != len(one) for network, one in found)
        both.append((unlike, [text for network, one in found for text in _lineages.differences(network, one, of)]))
    _, said = min(both, key=lambda one: (one[0], len(one[1])))
    starts = [network.trainings[0].get("which") == "initial" for network in pair if network.trainings]
    if row in _lineages.FROM_THE_START and sum(starts) != 1:
        said.append("not a network and its own start")
    return said


def _of_compared_data(manifest: Mapping[str, object], kind: str) -> list[str]:
    settings, data = manifest.get("settings"), manifest.get("dataset")
    specification = data.get("specification") if isinstance(data, Mapping) else None
    said = [f"CKA of {text}" for text in _lineages.of_data({"specification": specification}, kind)]
    split = settings.get("cka_split") if isinstance(settings, Mapping) else None
    return [*said, *([f"CKA of {split}, not test"] if split != "test" else [])]


def _seed_of_pair(pair: tuple[_lineages.Network, _lineages.Network]) -> object:
    seeds = list(dict.fromkeys(network.seed for network in pair if network.seed is not None))
    return _seed(seeds) if seeds else None


def _table_with(number: int, row: str, numbers: Sequence[int]) -> reference.Table:
    table = table_of(number)
    if number not in numbers:
        raise TableError(
            f"`number` must be one of {', '.join(map(str, numbers))} here. Received {number}. Take "
            f"`{'from_comparison' if 1 in numbers else 'from_scores'}` for the others."
        )
    if row not in table.rows:
        near = difflib.get_close_matches(str(row), list(table.rows), cutoff=0)
        raise TableError(
            f"`row` must be a key of Table {number}. Received {row!r}. The nearest: {', '.join(near)}. All of them: "
            f"{', '.join(table.rows)}."
        )
    return table


def _small_dataset(number: int, of: str | None, numbers: Sequence[int]) -> str | None:
    """The dataset that is meant, where a table has two."""
    known = _lineages.SMALL_DATASETS
    if (number in numbers) != (of is not None) or of not in (None, *known):
        rule = f"one of {', '.join(known)} for Table {number}" if number in numbers else f"left out for Table {number}"
        raise TableError(f"`of` must be {rule}. Received {of!r}. It says which of the two small datasets is meant.")
    return of
