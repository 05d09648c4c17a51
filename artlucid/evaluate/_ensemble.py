"""Several networks as one, by the mean of their predictions."""

from __future__ import annotations

import hashlib
import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from artlucid.errors import DataWarning, ModelError, RunWarning
from artlucid.evaluate._candidate import Candidate
from artlucid.evaluate._scores import Member
from artlucid.models import Network


def check_members(networks: Sequence[Network]) -> None:
    """Refuse what is no ensemble: one network, the same twice, networks that were trained on different data.

    That all have the classes of the dataset is checked as for a single network.

    Raises
    ------
    ModelError

    Warns
    -----
    DataWarning
        Of networks whose training data is not recorded.
    """
    if len(networks) < 2:
        raise ModelError(
            f"An ensemble must have two networks or more. Received {networks[0].source if networks else 'none'}. "
            "Name further ones, or leave out `--ensemble`."
        )
    if same := _same(networks):
        raise ModelError(
            f"The networks of an ensemble must differ. Received {same[0].source} and {same[1].source}, which have the "
            "same weights, so that they would count twice. Leave one out."
        )
    _check_data([network for network in networks if _data(network)])
    if unknown := [network.source for network in networks if not _data(network)]:
        warnings.warn(
            f"it is not recorded what data {', '.join(unknown)} {'was' if len(unknown) == 1 else 'were'} trained on: "
            "whether it is that of the rest of the ensemble cannot be checked",
            DataWarning,
            stacklevel=3,
        )


def warn_of_same(networks: Sequence[Network]) -> None:
    """Warn where a network is named twice among several that are scored each by itself."""
    if same := _same(networks):
        warnings.warn(f"{same[0].source} and {same[1].source} have the same weights", RunWarning, stacklevel=3)


def _same(networks: Sequence[Network]) -> tuple[Network, Network] | None:
    pairs = itertools.combinations(networks, 2)
    return next((pair for pair in pairs if pair[0].identity == pair[1].identity), None)


def _data(network: Network) -> dict[str, Any]:
    return dict(network.lineage.get("dataset") or {})


def _check_data(networks: Sequence[Network]) -> None:
    for network in networks[1:]:
        first, other = _data(networks[0]), _data(network)
        if first.get("identity") != other.get("identity"):
            raise ModelError(
                "The networks of an ensemble must have been trained on the same dataset. Received "
                f"{_described(networks[0])} and {_described(network)}. Fine-tune all of them on one dataset."
            )


def _described(network: Network) -> str:
    data = _data(network)
    return f"{network.source}, trained on {data.get('specification')} ({str(data.get('identity'))[:12]}…)"


def joined(candidates: Sequence[Candidate]) -> Candidate:
    """The ensemble: the mean of the predictions of its members, each with the same weight."""
    identities = sorted(candidate.identity for candidate in candidates)
    predictions = np.stack([candidate.predictions for candidate in candidates]).mean(axis=0, dtype=np.float64)
    return Candidate(
        model=f"ensemble of {len(candidates)}",
        # The same whatever the order of the members.
        identity=hashlib.sha256("\n".join(identities).encode()).hexdigest(),
        predictions=predictions.astype(np.float32),
        members=tuple(Member(candidate.model, candidate.identity) for candidate in candidates),
    )
