"""What many pictures would cost, from a short measurement."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from artlucid.architectures import Concatenation, Convolution
from artlucid.errors import VisualizationError
from artlucid.models import Network
from artlucid.models._load import Source
from artlucid.models._network import variables
from artlucid.visualize._batch import BatchRenderer
from artlucid.visualize._fast import path_to
from artlucid.visualize._folder import looked_into
from artlucid.visualize._jobs import Job, Request, Unit, jobs_of, units_of
from artlucid.visualize._optimization import REDIRECTED_STEPS
from artlucid.visualize._options import Options
from artlucid.visualize._settings import Size
from artlucid.visualize._show import as_png
from artlucid.visualize._sweep import folders_of, networks_of

MEASURED_STEPS = 8
"""After those that are redirected, which cost more."""


@dataclass(frozen=True)
class Plan:
    """What a `sweep` would cost on this machine.

    Attributes
    ----------
    pictures, there : int
        How many are to be made, and how many the folders hold already.
    layers, batches : int
        How many layers have pictures to be made, and in how many batches.
    batch_size : int
    precision, reason : str
        What the network computes in, and why.
    seconds : float
        For all of them.
    memory : int
        The largest of this process so far, in bytes.
    disk : int
        For all of them, in bytes.
    measured : mapping of str to float
        Seconds of a step of a batch, by the layer that it was measured at.
    """

    pictures: int
    there: int
    layers: int
    batches: int
    batch_size: int
    precision: str
    reason: str
    seconds: float
    memory: int
    disk: int
    measured: Mapping[str, float]


def plan(
    models: Sequence[Source],
    channels: Sequence[str],
    *,
    out: str | Path,
    steps: int = 2048,
    size: Size = 224,
    seed: int = 0,
    options: Options | None = None,
) -> Plan:
    """Estimate what `sweep` would cost, from some steps of the cheapest and the dearest layer; nothing is written.

    Parameters
    ----------
    models, channels, out, steps, size, seed, options
        As of `sweep`.

    Returns
    -------
    Plan

    Raises
    ------
    VisualizationError, ModelError
        As `sweep` does; and for the engine ``lucid``, which is not measured.

    Examples
    --------
    >>> from artlucid import models, visualize
    >>> mini = models.load("none", architecture="mini")
    >>> costs = visualize.plan([mini], ["mixed4a_5x5:*", "conv2d0:0-3"], out="pictures", steps=64, size=64)
    >>> costs.pictures, costs.layers, costs.batches
    (16, 2, 2)
    """
    networks = networks_of(models)
    request = Request(channels, steps, size, seed, options or Options())
    if request.options.engine != "artlucid":
        raise VisualizationError(
            f"`engine` must be artlucid for a plan. Received {request.options.engine!r}. Leave out one of them."
        )
    if request.options.dask is not None:
        raise VisualizationError(
            "`dask` must be left out of a plan, which measures this process alone. Received "
            f"{request.options.dask!r}. Plan without it, and divide the time by the number of workers."
        )
    paths = folders_of(networks, Path(out))
    jobs = jobs_of(networks, request, paths[0])
    allow_changed = request.options.allow_changed_environment
    folders = [
        looked_into(path, job.record, allow_changed_environment=allow_changed)
        for path, job in zip(paths, jobs, strict=True)
    ]
    units = list(units_of(jobs, folders))
    measured = _measured(jobs, units)
    pictures = sum(len(unit.channels) for unit in units)
    settings = jobs[0].settings
    return Plan(
        pictures=pictures,
        there=sum(len(job.wanted) for job in jobs) - pictures,
        layers=len({unit.channels[0].layer for unit in units}),
        batches=len(units),
        batch_size=jobs[0].batch_size,
        precision=settings.precision.used,
        reason=settings.precision.reason,
        seconds=_seconds(jobs, units, measured),
        memory=_largest_memory(),
        disk=pictures * max((one.picture_size for one in measured), default=0),
        measured={one.layer: one.step for one in measured},
    )


@dataclass(frozen=True)
class _Measured:
    """Seconds at one layer, its cost, and the bytes of a picture."""

    layer: str
    cost: float
    begin: float
    step: float
    picture_size: int


def _measured(jobs: Sequence[Job], units: Sequence[Unit]) -> list[_Measured]:
    """The cheapest and the dearest layer; one if they are the same."""
    by_cost = sorted(units, key=lambda unit: _cost(jobs[unit.job].network, unit.channels[0].layer))
    ends = {_compiled_for(jobs[unit.job], unit): unit for unit in by_cost[:1] + by_cost[-1:]}
    return [_measure(jobs[unit.job], unit) for unit in ends.values()]


def _compiled_for(job: Job, unit: Unit) -> tuple[str, str]:
    """What batches with the same step have in common."""
    network, layer = job.network, unit.channels[0].layer
    return (network.identity if path_to(network, layer) is None else str(network.architecture), layer)


def _measure(job: Job, unit: Unit) -> _Measured:
    renderer = BatchRenderer(job.settings)
    begun = time.perf_counter()
    renderer.begin(job.network, unit.filled_up(job.batch_size))
    seconds = []
    for _ in range(REDIRECTED_STEPS + MEASURED_STEPS):
        step = time.perf_counter()
        renderer.update()
        seconds.append(time.perf_counter() - step)
    # Its first step is compiled, too.
    ordinary = statistics.median(seconds[REDIRECTED_STEPS + 1 :])
    begin = time.perf_counter() - begun - len(seconds) * ordinary
    layer = unit.channels[0].layer
    size = len(as_png(renderer.images()[0]))
    return _Measured(layer, _cost(job.network, layer), max(begin, 0.0), ordinary, size)


def _seconds(jobs: Sequence[Job], units: Sequence[Unit], measured: Sequence[_Measured]) -> float:
    """A step costs what lies between those that were measured, in proportion to the arithmetic."""
    if not measured:
        return 0.0
    least, most = measured[0], measured[-1]
    slope = (most.step - least.step) / (most.cost - least.cost) if most.cost > least.cost else 0.0
    begin = statistics.mean(one.begin for one in measured)
    batches = Counter((unit.job, unit.channels[0].layer) for unit in units)
    total = begin * len({_compiled_for(jobs[unit.job], unit) for unit in units})
    for (job, layer), number in batches.items():
        step = least.step + slope * (_cost(jobs[job].network, layer) - least.cost)
        total += number * jobs[job].settings.steps * step
    return total


def _cost(network: Network, layer: str) -> float:
    """Multiplications a pixel of the image; of a network of a user's own, how deep the layer lies."""
    path = path_to(network, layer)
    if path is None or network.architecture is None:
        return float(network.layer_names.index(layer)) if layer in network.layer_names else 0.0
    shapes = {name: variable.shape for name, variable in variables(network.keras_model, network.architecture).items()}
    area, total = {"preprocess": 1.0}, 0.0
    layers = {one.name: one for one in network.architecture.backbone}
    branches = path.target.sources if isinstance(path.target, Concatenation) and path.linear else ()
    for one in (*path.below, *(layers[name] for name in branches), path.target):
        source = one.sources[0] if isinstance(one, Concatenation) else one.source
        area[one.name] = area.get(source, 1.0) / getattr(one, "stride", 1) ** 2
        if isinstance(one, Convolution):
            side, _, inputs, outputs = shapes[f"{one.name}/kernel"]
            total += area[one.name] * side**2 * inputs * outputs
    return total


def _largest_memory() -> int:
    """Of this process; the kernel counts kibibytes, and bytes on macOS."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
