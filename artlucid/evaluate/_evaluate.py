"""Scores of networks on a split of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, overload

from artlucid import datasets, environment, models
from artlucid.datasets import Dataset, Examination, Split
from artlucid.errors import ModelError
from artlucid.evaluate import _checks, _predictions_file
from artlucid.evaluate._candidate import Candidate
from artlucid.evaluate._ensemble import check_members, joined, warn_of_same
from artlucid.evaluate._intervals import with_intervals
from artlucid.evaluate._measures import measures_of, of_classes
from artlucid.evaluate._options import Options
from artlucid.evaluate._predict import input_size, predict
from artlucid.evaluate._scores import Scores
from artlucid.models import Network
from artlucid.models._load import Source

FEW = 5
"""With fewer positives than this a class is absent from about one in a hundred resamples or more."""


@overload
def evaluate(
    model: list[Any] | tuple[Any, ...],
    dataset: Dataset | str,
    *,
    split: str = "test",
    ensemble: Literal[False] = False,
    options: Options = Options(),
) -> list[Scores]: ...


@overload
def evaluate(
    model: Source | list[Any] | tuple[Any, ...],
    dataset: Dataset | str,
    *,
    split: str = "test",
    ensemble: bool = False,
    options: Options = Options(),
) -> Scores: ...


def evaluate(
    model: Source | list[Any] | tuple[Any, ...],
    dataset: Dataset | str,
    *,
    split: str = "test",
    ensemble: bool = False,
    options: Options = Options(),
) -> Scores | list[Scores]:
    """Score a network, several, or an ensemble of several, on a split.

    Parameters
    ----------
    model : source, or list or tuple of source
        Anything that `models.load` takes, trained on the dataset's classes. Several are scored on the same images,
        which are examined once.
    dataset : Dataset or str
        With one label an image: scored by top-1, 3 and 5. With several or none: by mean average precision.
    split : {"test", "val", "train"}
        The best epoch was chosen on ``val``, so that its scores there flatter.
    ensemble : bool
        Score the mean of the predictions of several networks, in place of each network.
    options : Options
        Among them ``intervals``, over images; with several networks each but the first also gets its paired
        difference from the first.

    Returns
    -------
    Scores or list of Scores
        A list where a list or tuple of networks is given, in its order, unless they are an ensemble.

    Raises
    ------
    DataError
        If the split is missing or has no labels.
    ModelError
        If a network's classes are not the dataset's, or its predictions are not of the dataset's kind (a softmax for
        one label an image, a sigmoid for several); if the networks make no ensemble.
    OutputError
        If the predictions cannot be written.

    Warns
    -----
    DataWarning
        Of images that are left out, of classes without positives, and of members of an ensemble whose training data
        is not recorded.
    RunWarning
        If one of several networks is named twice.

    References
    ----------
    Tables 1 to 3 of the paper.

    Examples
    --------
    >>> import keras, tempfile
    >>> from artlucid import datasets, evaluate, models
    >>> inputs = keras.Input((32, 32, 3))
    >>> outputs = keras.layers.Dense(6, "softmax")(keras.layers.GlobalAveragePooling2D()(inputs))
    >>> with tempfile.TemporaryDirectory() as parent:
    ...     drawn = datasets.synthetic(folder=f"{parent}/styles", images_per_class=(2, 1, 1), size=32)
    ...     network = models.wrap(keras.Model(inputs, outputs), value_range=(0, 1), class_names=drawn.class_names)
    ...     scores = evaluate.evaluate(network, drawn)
    >>> scores.images, 0 <= scores.top_1 <= scores.top_3 <= 1
    (6, True)
    """
    several = isinstance(model, list | tuple)
    networks = [models.load(source) for source in (model if several else [model])]
    dataset = datasets.load(dataset)
    _check(networks, dataset, split, ensemble)
    examination = datasets.usable(
        dataset,
        splits=[split],
        max_excluded=options.max_excluded,
        # The largest refuses most, so that all networks see the same images.
        shorter_side=max(input_size(network) for network in networks),
        progress=options.progress,
    )
    images = examination.dataset.split(split)
    _checks.check_positives(images, dataset, few=FEW if options.intervals else 0)
    candidates = [
        Candidate(network.source, network.identity, predict(network, images, options=options)) for network in networks
    ]
    if ensemble:
        candidates = [joined(candidates)]
    if options.predictions is not None:
        _predictions_file.write(Path(options.predictions), images, dataset.class_names, candidates)
    about = _about(dataset, examination, split, options)
    scores = [_scores(candidate, about, images, dataset.class_names) for candidate in candidates]
    if options.intervals is not None:
        scores = with_intervals(scores, candidates, images, options.intervals)
    return scores if several and not ensemble else scores[0]


def _check(networks: Sequence[Network], dataset: Dataset, split: str, ensemble: bool) -> None:
    if not networks:
        raise ModelError("`model` must name at least one network. Received none. Give a run directory, for example.")
    _checks.check_split(dataset, split)
    for network in networks:
        _checks.check_network(network, dataset)
    if ensemble:
        check_members(networks)
    else:
        warn_of_same(networks)


def _about(dataset: Dataset, examination: Examination, split: str, options: Options) -> dict[str, Any]:
    """What all scores of an evaluation share."""
    return {
        "data": dataset.specification,
        "data_identity": dataset.identity,
        "task": dataset.task,
        "split": split,
        "images": len(examination.dataset.split(split)),
        "excluded": [f"{file.relative_path}: {file.reason}" for file in examination.excluded],
        "precision": asdict(environment.resolve_precision(options.precision)),
    }


def _scores(candidate: Candidate, about: Mapping[str, Any], images: Split, class_names: Sequence[str]) -> Scores:
    labels, predictions, task = images.labels, candidate.predictions, about["task"]
    assert labels is not None
    found: dict[str, Any] = of_classes(task, labels, predictions, class_names)
    for measure in measures_of(task, len(class_names)):
        found[measure.name] = measure.of_predictions(labels, predictions)
    return Scores(
        model=candidate.model,
        model_identity=candidate.identity,
        members=list(candidate.members),
        **about,
        **found,
    )
