"""What a demo sees in its networks: pictures of some channels, what changed, and a page to browse both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from artlucid import compare, evaluate, figures, models, report, visualize
from artlucid.activations import Options as Extraction
from artlucid.architectures import Architecture
from artlucid.datasets import Dataset
from artlucid.demo._trainings import Start, Work
from artlucid.files import write_atomically
from artlucid.metrics import Permutations, Resampling
from artlucid.runs import Run

STEPS, QUICK_STEPS = 128, 16
"""Updates of the pictures; enough to see what channels look for, not to print it."""

CHANNELS, QUICK_CHANNELS = 3, 1
"""Of each layer that has pictures."""

PERCENTILES = Resampling(resamples=100, method="percentile")
"""For the intervals of CKA: their default takes a resample for each image, and minutes."""


def networks_of(trained: Run, starts: Sequence[Start]) -> dict[str, str]:
    """The networks that a demo looks at, by what its page calls them; each may come from those before it."""
    found = {"start": f"{trained.path}@initial", "first task": str(trained.path)}
    found |= {words: str(start.run.path) for start in starts if (words := _LOOKED_AT.get(start.run.path.name))}
    return found


_LOOKED_AT = {"direct": "second task alone", "double": "second task after the first"}


def paint(networks: Mapping[str, str], work: Work) -> dict[str, Path]:
    """Optimize images of the same channels in each network, from the same noise, into a folder each."""
    folders = {}
    for name, model in networks.items():
        network = models.load(model)
        assert network.architecture is not None
        folders[name] = work.out / "pictures" / name.replace(" ", "-")
        visualize.channels(
            network,
            _channels(network.architecture, QUICK_CHANNELS if work.is_quick else CHANNELS),
            steps=QUICK_STEPS if work.is_quick else STEPS,
            size=network.architecture.input_size,
            seed=work.seed,
            out=folders[name],
            options=visualize.Options(progress=work.options.progress),
        )
    return folders


def _channels(architecture: Architecture, number: int) -> list[str]:
    """The first channels of two convolutions, from the middle of the network and from its last quarter."""
    convolutions = architecture.convolutions
    layers = dict.fromkeys(convolutions[len(convolutions) * part // 4] for part in (2, 3))
    return [f"{layer}_pre_relu:{channel}" for layer in layers for channel in range(number)]


def draw(folders: Mapping[str, Path], out: Path) -> Path:
    """The pictures as a figure: a row a network, a column a channel."""
    (path,) = figures.save(figures.optimized_images(folders), out / "channels.png")
    return path


def compared(networks: Mapping[str, str], dataset: Dataset, work: Work) -> compare.Comparison:
    """Measure what changed from each network to each other one."""
    options = compare.Options(
        k=(100,),
        resampling=None if work.is_quick else PERCENTILES,
        permutations=None if work.is_quick else Permutations(number=20),
        extraction=Extraction(progress=work.options.progress, cache=work.options.cache),
    )
    return compare.compare(list(networks.values()), dataset, out=work.out / "comparison", pairs="all", options=options)


def write_page(
    comparison: compare.Comparison,
    folders: Mapping[str, Path],
    scores: Sequence[evaluate.Scores],
    dataset: Dataset,
    work: Work,
) -> report.Page:
    """Join the comparison, the pictures of each of its networks and the scores into a page."""
    path = work.out / "scores.json"
    content = {"scores": [one.to_json() for one in scores]}
    write_atomically(path, json.dumps(content, indent=2).encode())
    options = report.Options(
        title="artlucid’s demo",
        labels=dict(zip(comparison.models, folders, strict=True)),
        pictures=list(folders.values()),
        scores=[path],
        dataset=dataset,
        progress=work.options.progress,
    )
    return report.write(comparison, out=work.out / "page", options=options)
