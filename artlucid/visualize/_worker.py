"""What a worker of Dask does: batches of pictures, written by itself to the folder that all share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace

from artlucid._channel import Channel
from artlucid._workers._process import Reporter, alone, held_to, network_of
from artlucid.errors import WorkersError
from artlucid.models import Network
from artlucid.visualize._batch import Renderer
from artlucid.visualize._folder import Folder, manifest_digest
from artlucid.visualize._jobs import RENDERERS, Unit
from artlucid.visualize._settings import Settings

STEPS_BETWEEN_REPORTS = 16


@dataclass(frozen=True, eq=False)
class Order:
    """A job, in what can be sent.

    Attributes
    ----------
    source : str
        Of the network.
    variant : str, optional
        Of its architecture.
    identity : str
        Of the network.
    settings : Settings
    batch_size : int
    kind : int
        Jobs of one kind share what is compiled.
    folder : Folder
        Begun, with an absolute path.
    digest : str
        Of the file that says how its pictures are made.
    """

    source: str
    variant: str | None
    identity: str
    settings: Settings
    batch_size: int
    kind: int
    folder: Folder
    digest: str


@dataclass(frozen=True, eq=False)
class Plan:
    """All orders of a sweep.

    Attributes
    ----------
    topic : str
        Of the events that tell how far each unit is; no other sweep has it.
    orders : tuple of Order
        In the place of the jobs.
    allow_changed_environment : bool
    """

    topic: str
    orders: tuple[Order, ...]
    allow_changed_environment: bool


@dataclass(frozen=True)
class Desk:
    """What a process keeps from one unit of a sweep to the next.

    Attributes
    ----------
    networks : dict
        By their identities.
    renderers : dict
        By the kind of an order.
    """

    networks: dict[str, Network] = field(default_factory=dict)
    renderers: dict[int, Renderer] = field(default_factory=dict)


def render_unit(plan: Plan, unit: Unit, number: int) -> list[tuple[Channel, str | None]]:
    """Make those pictures of a unit that are not there, and write them.

    Parameters
    ----------
    plan : Plan
    unit : Unit
    number : int
        Of the unit, for the reports.

    Returns
    -------
    list of (Channel, str or None)
        With what is wrong with the picture, as in `Picture`.

    Raises
    ------
    WorkersError
        If this process sees other files than who asked, or computes otherwise than the folder says.
    OutputError
        If a picture cannot be written.
    """
    with alone():
        order = plan.orders[unit.job]
        folder = _own_folder(order, plan.allow_changed_environment)
        missing = tuple(channel for channel in unit.channels if not folder.holds(channel))
        found = {one: folder.read(one).problem for one in unit.channels if one not in missing}
        if missing:
            desk = _desk(plan.topic)
            network = network_of(order, desk.networks)
            if order.kind not in desk.renderers:
                desk.renderers[order.kind] = RENDERERS[order.settings.options.engine](order.settings)
            batch = replace(unit, channels=missing).filled_up(order.batch_size)
            pictures = desk.renderers[order.kind](network, batch, _Reports(plan.topic, number))
            for picture in pictures[: len(missing)]:
                folder.write(picture)
                found[picture.channel] = picture.problem
        return [(channel, found[channel]) for channel in unit.channels]


@functools.lru_cache(maxsize=1)
def _desk(topic: str) -> Desk:
    """Cleared for another sweep."""
    return Desk()


class _Reports:
    """Tells who asked how many steps of a unit are done, now and then."""

    def __init__(self, topic: str, number: int) -> None:
        self._tell, self._steps = Reporter(topic, number), 0

    def __call__(self) -> None:
        self._steps += 1
        if self._steps % STEPS_BETWEEN_REPORTS == 0:
            self._tell(self._steps)


def _own_folder(order: Order, allow_changed_environment: bool) -> Folder:
    """The shared folder, with this process's environment for the pictures' manifests."""
    path, recorded = order.folder.path, order.folder.manifest["environment"]
    if manifest_digest(path) != order.digest:
        raise WorkersError(
            "Every worker must see the folder of the pictures under the same path. Received "
            f"{path}, {'another folder' if path.is_dir() else 'which does not exist'} there. Share it (NFS, SSHFS, …), "
            "and give a path that all machines have."
        )
    what = f"The pictures of a folder must be made in one environment. Received {path}"
    now = held_to(recorded, order.settings.precision, what, allow_changed=allow_changed_environment)
    return replace(order.folder, manifest={**order.folder.manifest, "environment": now})
