"""The figures of the paper as a table: what each draws, from what the steps before left in the folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from artlucid import figures
from artlucid._channel import PRE_RELU, parse
from artlucid._comparison import read
from artlucid.datasets import read_image
from artlucid.errors import MetricError, ReproductionError, VisualizationError
from artlucid.figures import TopImages
from artlucid.figures._channels import parsed
from artlucid.figures._grid import Cell, Row, grid
from artlucid.figures._maximal_images import MaximalImages
from artlucid.files import write_json
from artlucid.reproduce._channels import CHOICES
from artlucid.reproduce._comparisons import Compare
from artlucid.reproduce._items import ITEMS
from artlucid.reproduce._pictures import channels, folder_of, painted, picture
from artlucid.reproduce._states import IMAGENET, PAIRINGS, State, trained
from artlucid.reproduce._work import Work

K = 100

MODES = "ABCDE"

DPI = 150
"""For a page: a hundred images in a grid are many bytes."""

Figures = dict[str, Any]
"""Matplotlib's, as `figures` gives them, by the endings of their files."""

Drawing = Callable[[Work], Figures]


def _cka(work: Work) -> Figures:
    tables = [Compare(name, 0).read(work).layers for name in ITEMS["figure5"].pairings if _there(name, work)]
    return {"": figures.cka_by_layer(pd.concat(tables))}


def _there(name: str, work: Work) -> bool:
    return 0 in work.places(PAIRINGS[name])


def _boxes(names: Sequence[str], overlap: bool, entropy: bool) -> Drawing:
    def draw(work: Work) -> Figures:
        table = pd.concat([Compare(name, 0).read(work).channels for name in names])
        found = {}
        if overlap:
            found["-overlap" if entropy else ""] = figures.overlap_by_layer(table)
        if entropy:
            found["-entropy" if overlap else ""] = figures.entropy_by_layer(table)
        return found

    return draw


def _optimized(choice: str, states: Sequence[State]) -> Drawing:
    def draw(work: Work) -> Figures:
        rows = {work.title(state, 0): folder_of(painted(state, 0, work), work) for state in states}
        return {"": figures.optimized_images(rows, _channels(choice, work))}

    return draw


def _channels(choice: str, work: Work) -> list[str]:
    found = channels(choice, work)
    if not found:
        raise ReproductionError(
            f"A figure of channels must have some. Received {work.start.architecture}, in which there are none for "
            f"the rule: {CHOICES[choice].words}. Use a variant of InceptionV1, and at least {K} training images."
        )
    return found


def _tops(parts: Mapping[str, tuple[str, str]], sides: str, *, optimized: bool) -> Drawing:
    """Maximal activation images of the networks of comparisons, by the endings of the files: pairing and choice."""

    def draw(work: Work) -> Figures:
        return {
            ending: _grid_of_tops(Compare(pairing, 0), _channels(choice, work), sides, work, optimized)
            for ending, (pairing, choice) in parts.items()
        }

    return draw


def _grid_of_tops(compare: Compare, names: Sequence[str], sides: str, work: Work, optimized: bool) -> Any:
    of_sides = {side: _top_images(compare, names, side, work, optimized) for side in sides}
    rows = {work.title(getattr(compare.pair, side), compare.place): found for side, found in of_sides.items()}
    return figures.top_image_grid(rows, [_title(name) for name in names])


def _title(name: str) -> str:
    channel = parse(name)
    return f"{channel.layer.removesuffix(PRE_RELU)}\nchannel {channel.number}"


def _top_images(compare: Compare, names: Sequence[str], side: str, work: Work, optimized: bool) -> list[TopImages]:
    """Of one side of a comparison. As in the paper, what is shared is marked in the network after."""
    compare.restore_activations(work)
    found = read(compare.path(work))
    sets = MaximalImages(found, found.images(work.data[compare.pair.data]), K)
    models = dict(zip("ab", found.models, strict=True))
    state = getattr(compare.pair, side)
    tops = [sets.of(models[side], parsed(name), models["a"]) for name in names]
    if not optimized:
        return tops
    files = [picture(painted(state, compare.place, work), name, work) for name in names]
    return [dataclasses.replace(top, optimized=file) for top, file in zip(tops, files, strict=True)]


def _trainings(work: Work) -> list[tuple[str, Compare]]:
    """The ten trainings of Figures 2 and 9, each as the comparison with what it began with."""
    places = range(min(2, len(work.seeds)))
    return [
        (f"mode {mode}, training {place + 1}", Compare(f"imagenet-to-{mode}", place))
        for mode in MODES
        for place in places
    ]


def _modes(work: Work) -> Figures:
    (name,) = _channels("figure-2", work)
    cells, titles = [], []
    for title, compare in _trainings(work):
        file = picture(painted(compare.pair.b, compare.place, work), name, work)
        cells.append(Cell(None, "dead") if file is None else Cell(read_image(file)))
        titles.append(f"{title}\noverlap {_overlap(compare, name, work)}")
    return {"": grid([Row(_title(name), cells)], titles, columns_per_band=5)}


def _overlap(compare: Compare, name: str, work: Work) -> str:
    channel = parse(name)
    table = compare.read(work).channels
    row = table[(table["layer"] == channel.layer.removesuffix(PRE_RELU)) & (table["channel"] == channel.number)]
    value = row[f"overlap_{K}"].iloc[0]
    return "–" if pd.isna(value) else f"{100 * value:.0f} %"


def _modes_with_tops(work: Work) -> Figures:
    (name,) = _channels("figure-2", work)
    found = [(title, _top_images(compare, [name], "b", work, True)[0]) for title, compare in _trainings(work)]
    titles = [f"{title}\noverlap {100 * (top.overlap or 0):.0f} %" for title, top in found]
    return {"": figures.top_image_grid({_title(name): [top for _, top in found]}, titles, columns_per_band=5)}


_A = trained("rasta-A")
_FROM_SCRATCH = ("high-from-start", "scratch-from-start")

DRAWINGS: Mapping[str, Drawing] = MappingProxyType(
    {
        "figure1": _tops({"": ("imagenet-to-A", "scripts")}, "ab", optimized=True),
        "figure2": _modes,
        "figure3": _tops({"": ("imagenet-to-A", "high")}, "b", optimized=True),
        "figure4": _tops(
            {"-high-layers": ("high-from-start", "high-layers"), "-scratch": ("scratch-from-start", "scratch")},
            "b",
            optimized=True,
        ),
        "figure5": _cka,
        "figure6": _boxes(["imagenet-to-A"], overlap=True, entropy=True),
        "figure7": _optimized("low", (IMAGENET, _A)),
        "figure8": _tops({"": ("imagenet-to-A", "mid")}, "ab", optimized=True),
        "figure9": _modes_with_tops,
        "figure10": _optimized("high", (IMAGENET, _A)),
        "figure11": _tops({"": ("imagenet-to-A", "high")}, "ab", optimized=False),
        "figure12": _tops({"": ("high-from-start", "high-layers")}, "ab", optimized=True),
        "figure13": _tops({"": ("scratch-from-start", "scratch")}, "ab", optimized=True),
        "figure14": _boxes(_FROM_SCRATCH, overlap=True, entropy=False),
        "figure15": _boxes(_FROM_SCRATCH, overlap=False, entropy=True),
        "figure16": _optimized("iconart", (IMAGENET, trained("iconart-A"), _A, trained("rasta-iconart-F"))),
        "figure17": _tops({"": ("iconart-rasta-to-double", "iconart")}, "b", optimized=False),
    }
)
"""By the names of items."""


@dataclasses.dataclass(frozen=True)
class Draw:
    """A figure of the paper.

    Attributes
    ----------
    item : str
        A key of `DRAWINGS`.
    """

    item: str

    def name(self, work: Work) -> str:
        return f"draw {self.item}"

    def path(self, work: Work) -> Path:
        return work.out / "figures" / f"{self.item}.json"

    def is_done(self, work: Work) -> bool:
        """Whether it is there, drawn from what is there."""
        content = self.read(work)
        files = [self.path(work).parent / name for name in content.get("files", [])]
        return content.get("key") == self._key(work) and all(file.is_file() for file in files)

    def make(self, work: Work) -> None:
        """Draw, and say why where there is nothing to be drawn; the record is written last."""
        folder, files, reason = self.path(work).parent, [], ""
        try:
            for ending, figure in DRAWINGS[self.item](work).items():
                (path,) = figures.save(figure, folder / f"{self.item}{ending}.png", dpi=DPI)
                files.append(path.name)
        except (MetricError, ReproductionError, VisualizationError) as error:
            # Anything else, such as a full disk or an image that is gone, may be mended: it must not look done.
            reason = str(error)
        write_json(self.path(work), {"key": self._key(work), "files": files, "reason": reason})

    def read(self, work: Work) -> dict[str, Any]:
        """What was drawn: the names of the files, and the reason why something is not."""
        if ITEMS[self.item].fewest > len(work.seeds):
            return {}
        try:
            content = json.loads(self.path(work).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _key(self, work: Work) -> str:
        """Everything that the figure depends on: what its comparisons and folders of pictures say of themselves."""
        digest = hashlib.sha256(f"{self.item} {work.settings.channels} {work.seeds}".encode())
        for file in self._manifests(work):
            digest.update(str(file.relative_to(work.out)).encode() + (file.read_bytes() if file.is_file() else b""))
        return digest.hexdigest()

    def _manifests(self, work: Work) -> Iterable[Path]:
        item = ITEMS[self.item]
        seeds = range(len(work.seeds) if item.seeds is None else min(item.seeds, len(work.seeds)))
        for name in item.pairings:
            if PAIRINGS[name].data in work.data:
                for place in seeds:
                    if place in work.places(PAIRINGS[name]):
                        yield Compare(name, place).path(work) / "compare.json"
        for pictures in item.pictures:
            for state in pictures.states:
                if state.later < len(work.seeds):
                    folder = folder_of(painted(state, 0, work), work)
                    names = channels(pictures.choice, work) or []
                    yield from (folder / "manifests" / f"{parse(name).file_name}.json" for name in names)
