"""The data of a page as files of scripts: an overview, the numbers of all channels, and the rest layer by layer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from artlucid.report._channels import numbers_of
from artlucid.report._contents import Contents
from artlucid.report._layers import analysed_of
from artlucid.report._numbers import coded
from artlucid.report._patches import Boxes, words_of
from artlucid.report._pictures import Drawn, drawn_of, plain_layer
from artlucid.report._plots import boxes, by_pair, curves
from artlucid.report._scripts import script
from artlucid.report._sentences import Told, changeable, sentences
from artlucid.report._tops import Labels, Tops, tops_of

NO_PATCHES = (
    "Patches are not shown: for networks of no known architecture `artlucid compare --patch gradient` finds them."
)


@dataclass
class Data:
    """The scripts of a page, and which images and pictures they name.

    Attributes
    ----------
    files : dict of str to bytes
        By their places in the folder of data.
    images : set of int
        That are a maximal activation image of any channel.
    pictures : list of Drawn
    boxed : list of int
        Places of the layers whose images have boxes.
    sentences : list of list of str
        For each pair.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    images: set[int] = field(default_factory=set)
    pictures: list[Drawn] = field(default_factory=list)
    boxed: list[int] = field(default_factory=list)
    sentences: list[list[str]] = field(default_factory=list)


def data_of(contents: Contents) -> Data:
    """Compute all that the scripts of a page hold.

    Raises
    ------
    ComparisonError, ActivationsError, VisualizationError
        If a file is damaged.
    """
    data = Data()
    drawn = _drawn_of(contents, data)
    facets = _by_layer(contents, drawn, data)
    if contents.images is not None and contents.layers and not data.boxed:
        contents.notices.append(NO_PATCHES)
    numbers = numbers_of(contents.comparison.channels, contents.layers, contents.names, contents.sizes)
    of_pairs = [numbers["pairs"].get((contents.names[a], contents.names[b])) for a, b in contents.pairs]
    starts = {layer.name: layer.start for layer in contents.layers}
    pictured = {
        starts[layer] + channel
        for one in drawn
        for (layer, channel), picture in one.items()
        if picture.name is not None
    }
    known = {"pairs": of_pairs, "models": numbers["models"], "facets": facets, "pictured": sorted(pictured)}
    data.files["channels.js"] = script("channels", known)
    data.files["overview.js"] = script("overview", _overview(contents, data))
    data.files["images.js"] = script("images", _images(contents))
    return data


def _overview(contents: Contents, data: Data) -> dict[str, Any]:
    names = analysed_of(contents.comparison.layers)
    layers, channels = by_pair(contents.comparison.layers), by_pair(contents.comparison.channels)
    pairs = []
    for a, b in contents.pairs:
        key = (contents.names[a], contents.names[b])
        of_pair = channels.get(key, contents.comparison.channels[:0])
        told = Told(
            contents.models[a].label,
            contents.models[b].label,
            changeable(layers[key], names),
            of_pair[~of_pair["layer"].isin(list(contents.blocks))],
            int(contents.comparison.manifest["settings"]["k"][0]),
        )
        data.sentences.append(sentences(told))
        plotted = {"cka": curves(layers[key], names), "boxes": []}
        if contents.sizes:
            plotted["boxes"] = boxes(of_pair, names, contents.sizes[0])
        pairs.append({"a": a, "b": b, "sentences": data.sentences[-1], **plotted})
    return {
        "page": page_identity(contents),
        "models": [{"label": model.label, "name": model.name} for model in contents.models],
        "pictured": [place for place, folder in enumerate(contents.folders) if folder is not None],
        "pairs": pairs,
        "pair": contents.default_pair,
        "sizes": contents.sizes,
        "k": contents.k,
        "layers": [
            {"name": layer.name, "group": layer.group, "block": layer.block, "width": layer.width}
            for layer in contents.layers
        ],
        "plotted": names,
        "facets": [{"name": one.name, "values": list(one.values)} for one in contents.labels],
        "tops": bool(contents.paths),
        "thumbnails": contents.images is not None,
        "boxed": data.boxed,
        "boxes": words_of(contents),
    }


def page_identity(contents: Contents) -> str:
    """What notes are kept under: the same whenever a page of the same models and images is made."""
    known = [contents.comparison.manifest["dataset"]["identity"], *(model.identity for model in contents.models)]
    return hashlib.sha256(" ".join(map(str, known)).encode()).hexdigest()[:16]


def _drawn_of(contents: Contents, data: Data) -> list[dict[tuple[str, int], Drawn]]:
    """The optimized images of each model by layer and channel."""
    names = {layer.name: layer.width for layer in contents.layers}
    found: list[dict[tuple[str, int], Drawn]] = []
    for folder in contents.folders:
        of_model = {}
        for drawn in drawn_of(folder) if folder is not None else ():
            layer, channel = plain_layer(drawn.picture), drawn.picture.channel.number
            if channel < names.get(layer, 0):
                of_model[layer, channel] = drawn
        found.append(of_model)
        data.pictures += of_model.values()
    return found


def _by_layer(contents: Contents, drawn: Sequence[dict[tuple[str, int], Drawn]], data: Data) -> list[dict[str, Any]]:
    """Write the scripts of each layer, and gather what most images of each channel are, by model."""
    gathered = [_Gathered(contents.labels) for _ in contents.models]
    for place, (tops, patches) in enumerate(_with_boxes(contents)):
        layer = tops.layer
        if patches is not None:
            data.files[f"patches/{place}.js"] = script(f"patches/{place}", patches)
            data.boxed.append(place)
        of_layer = [
            {str(channel): one.described() for (name, channel), one in of_model.items() if name == layer.name}
            for of_model in drawn
        ]
        files = [{channel: one["file"] for channel, one in of_model.items()} for of_model in of_layer]
        data.files[f"cards/{place}.js"] = script(f"cards/{place}", {**tops.on_cards(contents.pairs), "pictures": files})
        data.files[f"layers/{place}.js"] = script(f"layers/{place}", {"tops": tops.whole(), "pictures": of_layer})
        for one, top in zip(gathered, tops.of_models, strict=True):
            one.take(top, layer.width)
            if top is not None:
                data.images |= set(np.unique(top[top >= 0]).tolist())
    return [one.described() for one in gathered]


class _Gathered:
    """What most images of each channel of a model are, column by column."""

    def __init__(self, labels: Sequence[Labels]) -> None:
        self.labels = labels
        self.values: list[list[int]] = [[] for _ in labels]
        self.shares: list[list[int]] = [[] for _ in labels]

    def take(self, top: npt.NDArray[np.int64] | None, width: int) -> None:
        """Take the channels of a further layer."""
        for place, labels in enumerate(self.labels):
            nothing = np.full(width, -1), np.zeros(width, np.int64)
            best, share = nothing if top is None else labels.most_frequent(top)
            self.values[place] += best.tolist()
            self.shares[place] += share.tolist()

    def described(self) -> dict[str, Any]:
        """As the page's scripts have it."""
        return {"value": self.values, "share": self.shares}


def _with_boxes(contents: Contents) -> Iterator[tuple[Tops, list[dict[str, list[int]]] | None]]:
    with ExitStack() as stack:
        boxes = Boxes(contents, stack)
        for tops in _tops(contents):
            yield tops, boxes.of(tops)


def _tops(contents: Contents) -> Iterable[Tops]:
    if contents.paths:
        return tops_of(contents.comparison, contents.layers, contents.names, contents.k)
    return (Tops(layer, [None] * len(contents.models)) for layer in contents.layers)


def _images(contents: Contents) -> dict[str, Any]:
    """The names of the images and what they are."""
    columns = []
    for one in contents.labels:
        members = one.members
        # One value an image, or a list of them.
        given = [np.flatnonzero(row).tolist() for row in members] if members.ndim == 2 else members.tolist()
        columns.append(given)
    folders, places = coded(path.rpartition("/")[0] for path in contents.paths)
    return {
        "folders": folders,
        "folder": places,
        "files": [path.rpartition("/")[2] for path in contents.paths],
        "columns": columns,
    }
