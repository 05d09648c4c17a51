"""What a page is made of, read from a comparison and held to each other before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artlucid._comparison import Comparison
from artlucid._picture_folders import Folder
from artlucid.datasets import Split
from artlucid.errors import ArtlucidError, ComparisonError, ReportError
from artlucid.report._layers import Layer, blocks_of, layers_of
from artlucid.report._models import Model, models_of
from artlucid.report._options import Options
from artlucid.report._pictures import folders_of
from artlucid.report._scores import scores_of
from artlucid.report._tops import Labels, labels_of

WITHOUT_IMAGES = "Or make the page without thumbnails: `images=False` (`--without-images`)."


@dataclass(frozen=True, eq=False)
class Contents:
    """What a page is made of.

    Attributes
    ----------
    comparison : Comparison
    models : list of Model
    pairs : list of (int, int)
        Places of the models that were measured against each other.
    layers : list of Layer
        Those that have cards.
    blocks : mapping of str to sequence of str
    sizes : list of int
        Of the sets of maximal activation images that overlap is known of.
    k : int
        Size of those that are shown.
    labels : list of Labels
        Of the images; empty where the activations are gone.
    paths : list of str
        Of the images; empty where the activations are gone.
    identity : str
        Of the images; empty where the activations are gone.
    images : Split or None
        Where they are now; None for a page without thumbnails.
    folders : list of Folder or None
        Of optimized images, one a model.
    scores : list of list of str
    notices : list of str
        What the page lacks, and why.
    """

    comparison: Comparison
    models: list[Model]
    pairs: list[tuple[int, int]]
    layers: list[Layer]
    blocks: Mapping[str, Sequence[str]]
    sizes: list[int]
    k: int
    labels: list[Labels]
    paths: list[str]
    identity: str
    images: Split | None
    folders: list[Folder | None]
    scores: list[list[str]]
    notices: list[str]

    @property
    def names(self) -> list[str]:
        """The models as the tables call them."""
        return [model.name for model in self.models]

    @property
    def default_pair(self) -> int:
        """Which pair is shown first: the first model with the last one."""
        wanted = (0, len(self.models) - 1)
        return self.pairs.index(wanted) if wanted in self.pairs else 0


def contents_of(comparison: Comparison, options: Options) -> Contents:
    """Read all but the values of the activations.

    Raises
    ------
    ReportError
        If the comparison is empty, or if labels, pictures or scores are not of its models.
    ComparisonError, ActivationsError
        If the activations or the images are gone or are others, unless the page is to be without images.
    VisualizationError
        If a folder of pictures is damaged.
    """
    if not len(comparison.layers) or not comparison.manifest["pairs"]:
        raise ReportError(
            f"A comparison must have at least one pair and layer to make a page of. Received {comparison.path} with "
            f"{len(comparison.manifest['pairs'])} pairs and {len(comparison.layers)} layers. Compare two models."
        )
    models = models_of(comparison.manifest["models"], options.labels)
    places = {model.name: place for place, model in enumerate(models)}
    pairs = [(places[pair["model_a"]], places[pair["model_b"]]) for pair in comparison.manifest["pairs"]]
    notices: list[str] = []
    folders, said = _folders(comparison, models, options)
    notices += said
    found = _images(comparison, options, notices)
    every = [int(k) for k in comparison.manifest["settings"]["k"]]
    sizes = [k for k in every if comparison.channels[f"overlap_{k}"].notna().any()] if len(comparison.channels) else []
    blocks = blocks_of(comparison)
    layers = layers_of(comparison, blocks)
    n_images = len(found["paths"]) or max(comparison.manifest["dataset"]["images"].values())
    k = min(sizes[0] if sizes else every[0], n_images)
    notices += _about_tables(comparison, layers, every, sizes)
    scores = scores_of(models, options.scores)
    return Contents(
        comparison, models, pairs, layers, blocks, sizes, k, folders=folders, scores=scores, notices=notices, **found
    )


def _folders(
    comparison: Comparison, models: Sequence[Model], options: Options
) -> tuple[list[Folder | None], list[str]]:
    recorded = comparison.manifest["settings"].get("pictures", [])
    paths = recorded if options.pictures is None else options.pictures
    folders, notices = folders_of(paths, models)
    without = [model.label for model, folder in zip(models, folders, strict=True) if folder is None]
    if len(without) == len(models):
        why = "they were left out" if options.pictures is not None else "the comparison records none"
        return folders, [f"There are no optimized images: {why}. `artlucid visualize` makes them."]
    return folders, [*notices, *([f"There are no optimized images of {', '.join(without)}."] if without else [])]


def _images(comparison: Comparison, options: Options, notices: list[str]) -> dict[str, Any]:
    """What is known of the images, and where they are."""
    try:
        with comparison.cache(comparison.models[0]) as cache:
            paths, identity = list(cache.images["path"]), str(cache.manifest["dataset"]["images_identity"])
            split = comparison.images(options.dataset) if options.images else None
            metadata = dict(split.metadata) if split is not None and split.metadata else None
            labels = labels_of(cache, metadata)
        for model in comparison.models[1:]:
            comparison.cache(model).close()
    except ArtlucidError as error:
        if options.images:
            raise type(error)(f"{error} {WITHOUT_IMAGES}") from error
        if not isinstance(error, ComparisonError):
            raise
        notices.append(
            "The activations are no longer in the comparison's folder: which images fire a channel is not shown."
        )
        return {"paths": [], "identity": "", "labels": [], "images": None}
    if not options.images:
        notices.append("This page was made without thumbnails: images are named in their place.")
    return {"paths": paths, "identity": identity, "labels": labels, "images": split}


def _about_tables(
    comparison: Comparison, layers: Sequence[Layer], every: Sequence[int], sizes: Sequence[int]
) -> list[str]:
    found = []
    if not layers:
        found.append("No layer could be compared channel by channel: there are no cards.")
    elif missing := [k for k in every if k not in sizes]:
        n_images = comparison.manifest["dataset"]["images"].get(comparison.top_split)
        found.append(f"There are {n_images} images, fewer than {missing[0]}: overlap of so many is not known.")
    if not comparison.manifest["dataset"]["class_names"]:
        found.append("The images have no classes: there is no entropy, and nothing to filter by class.")
    left_out = {layer for pair in comparison.manifest["pairs"] for layer in pair.get("left_out", {})}
    if left_out:
        found.append(
            f"Layers that not all of the models have alike are left out or compared by CKA alone: {len(left_out)}."
        )
    return found
