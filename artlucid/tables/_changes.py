"""What changed between networks, averaged over layers."""

from __future__ import annotations

import pandas as pd

from artlucid._saved_tables import marked
from artlucid.errors import TableError
from artlucid.tables._beside import check_columns

COLUMNS = ("model_a", "model_b", "layer", "analysed", "cka", "kernel_distance", "frozen", "frozen_kernel")
"""Of the table of layers that are needed."""


def mean_changes(layers: pd.DataFrame) -> pd.DataFrame:
    """Average over the layers of each pair of networks, as Tables 2 and 4 do.

    Parameters
    ----------
    layers : DataFrame
        The table ``layers.csv`` of `artlucid compare`; needed are the columns ``model_a``, ``model_b``, ``layer``,
        ``analysed``, ``cka``, ``kernel_distance``, ``frozen`` and ``frozen_kernel``.

    Returns
    -------
    DataFrame
        A row a pair with ``model_a``, ``model_b``, ``mean_cka`` over the analysed layers whose activations
        are not frozen, ``mean_kernel_distance`` over the convolutions whose kernels are not, and how many each is
        over: ``cka_layers``, ``kernel_layers``.

    Raises
    ------
    TableError
        If a column is missing or does not hold numbers, or if there are two rows of one pair and layer.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"model_a": "imagenet", "model_b": "runs/icons", "layer": ["mixed4a", "mixed4a_1x1"]})
    >>> table = table.assign(cka=[0.9, 0.7], kernel_distance=[None, 0.14], analysed=[True, False])
    >>> found = mean_changes(table.assign(frozen=False, frozen_kernel=False))
    >>> found[["mean_cka", "mean_kernel_distance"]].values.tolist()
    [[0.9, 0.14]]
    """
    check_columns(layers, "layers", COLUMNS)
    if (repeated := layers.duplicated(["model_a", "model_b", "layer"])).any():
        first = layers.loc[repeated, ["model_a", "model_b", "layer"]].iloc[0].to_dict()
        raise TableError(
            f"`layers` must have one row for each pair and layer. Received two of {first}. "
            "Average the tables of different comparisons one by one."
        )
    return pd.DataFrame(_means(rows) for _, rows in layers.groupby(["model_a", "model_b"], sort=False, dropna=False))


def _means(rows: pd.DataFrame) -> dict[str, object]:
    cka = _numbers(rows.loc[marked(rows["analysed"]) & ~marked(rows["frozen"]), "cka"])
    distances = _numbers(rows.loc[~marked(rows["frozen_kernel"]), "kernel_distance"])
    return {
        "model_a": rows["model_a"].iloc[0],
        "model_b": rows["model_b"].iloc[0],
        "mean_cka": cka.mean(),
        "mean_kernel_distance": distances.mean(),
        "cka_layers": len(cka),
        "kernel_layers": len(distances),
    }


def _numbers(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if (wrong := numbers.isna() & values.notna()).any():
        raise TableError(
            f"The column {values.name} must hold numbers. Received {values[wrong].iloc[0]!r}. "
            "Leave cells without a value empty."
        )
    return numbers.dropna().astype(float)
