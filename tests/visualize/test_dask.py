"""Pictures by workers of Dask: the same bits as without, whatever happens to the workers."""

import io
import json
import os
import shutil
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tensorflow as tf
from tqdm import tqdm
from typer.testing import CliRunner

from artlucid import environment, models, visualize
from artlucid._workers import _scheduler
from artlucid.cli import app
from artlucid.errors import OutputError, VisualizationError, VisualizationWarning, WorkersError
from artlucid.files import write_json
from artlucid.models._network import weights_of
from artlucid.models.weights import _own
from artlucid.visualize import _dask, _jobs

pytest.importorskip("distributed")

pytestmark = pytest.mark.processes

CHANNELS = ["mixed3a_5x5_pre_relu:0-4", "mixed3a_1x1_pre_relu:0"]
"""Of two layers; the first in three batches of two."""


@dataclass(frozen=True)
class KilledOnce:
    """A transformation that changes nothing, but kills the first process that comes to its second step."""

    marker: Path
    steps: list = field(default_factory=list, compare=False, repr=False)

    def __call__(self, image):
        with tf.control_dependencies([tf.py_function(self._step, [], [])]):
            return tf.identity(image)

    def _step(self):
        self.steps.append(1)
        if len(self.steps) == 2 and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster():
    """Two workers with as many threads as this process has."""
    with _scheduler.started(2) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Two files of the small network: before and after."""
    folder = tmp_path_factory.mktemp("networks")
    for seed, name in enumerate(("before.h5", "after.h5")):
        network = models.load("none", architecture="mini", seed=seed)
        (folder / name).write_bytes(_own.to_bytes(weights_of(network)))
    return [folder / "before.h5", folder / "after.h5"]


def swept(networks, out, channels=CHANNELS, steps=3, **options):
    options = visualize.Options(**{"batch_size": 2, **options})
    return visualize.sweep(networks, channels, out=out, steps=steps, size=32, options=options)


def by_workers(networks, out, cluster, **options):
    threads = environment.threads()["intra_op"]
    return swept(networks, out, **{"dask": cluster, "threads": threads, **options})


def bits_of(*folders):
    """Of all pictures and curves."""
    return {
        (folder.name, path.relative_to(folder).as_posix()): path.read_bytes()
        for folder in folders
        for path in [*folder.glob("*.png"), *folder.glob("curves/*.csv")]
    }


@pytest.fixture(scope="module")
def made_there(networks, cluster, tmp_path_factory):
    """The folder of one network's pictures by workers, to be copied."""
    return by_workers(networks[:1], tmp_path_factory.mktemp("there") / "out", cluster)[0]


def test_workers_give_the_bits_of_one_process_even_if_one_is_killed(networks, cluster, tmp_path):
    killed = KilledOnce(tmp_path / "killed")
    here = swept(networks, tmp_path / "here" / "out", transforms=[KilledOnce(Path(__file__))])
    there = by_workers(networks, tmp_path / "there" / "out", cluster, transforms=[killed])
    assert killed.marker.exists()
    assert len(bits_of(*here)) == 2 * 2 * 6
    assert bits_of(*there) == bits_of(*here)


def test_only_what_is_missing_is_made(made_there, networks, cluster, tmp_path):
    out = shutil.copytree(made_there, tmp_path / "out")
    before = bits_of(out)
    lost = out / "mixed3a_5x5_pre_relu-0003.png"
    lost.unlink()
    times = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    by_workers(networks[:1], out, cluster, batch_size=None)
    assert bits_of(out) == before
    assert {path for path in out.glob("*.png") if path.stat().st_mtime_ns != times.get(path)} == {lost}


def test_where_nothing_is_missing_nobody_is_asked(made_there, networks):
    assert by_workers(networks[:1], made_there, "tcp://127.0.0.1:1") == [made_there]


def test_a_worker_in_another_environment(made_there, networks, cluster, tmp_path, expect_refusal):
    out = shutil.copytree(made_there, tmp_path / "out")
    manifest = json.loads((out / "pictures.json").read_text())
    manifest["environment"]["processor"] = {"name": "an abacus", "flags": []}
    write_json(out / "pictures.json", manifest)
    (out / "mixed3a_5x5_pre_relu-0003.png").unlink()
    own = environment.processor()
    with expect_refusal(
        "On worker tcp://", f"processor were {{'name': 'an abacus', 'flags': []}}, are {own}",
        "--allow-changed-environment", kind=WorkersError,
    ):  # fmt: skip
        by_workers(networks[:1], out, cluster)
    by_workers(networks[:1], out, cluster, allow_changed_environment=True)
    noted = json.loads((out / "manifests" / "mixed3a_5x5_pre_relu-0003.json").read_text())
    assert noted["environment"]["processor"] == own
    assert bits_of(out) == bits_of(made_there)


def test_a_worker_that_has_begun_with_other_threads(made_there, networks, cluster, tmp_path, expect_refusal):
    wanted = environment.threads()["intra_op"] + 1
    with expect_refusal("On worker tcp://", "TensorFlow has begun with", "restart it", kind=WorkersError):
        by_workers(networks[:1], tmp_path / "out", cluster, threads=wanted)
    assert not (tmp_path / "out").exists()


def test_a_worker_without_the_model(networks, cluster, tmp_path, monkeypatch, expect_refusal):
    path = tmp_path / "only-here.h5"
    path.write_bytes(networks[0].read_bytes())
    network = models.load(path)
    path.unlink()
    with expect_refusal("must be one that workers can load", str(path), "give its path", kind=WorkersError):
        by_workers([network], tmp_path / "out", cluster)
    # As if this machine had the file.
    monkeypatch.setattr(_scheduler, "check_loadable", lambda network: None)
    with expect_refusal("On worker tcp://", str(path), "Share its folder", kind=WorkersError):
        by_workers([network], tmp_path / "out", cluster)
    path.write_bytes(networks[1].read_bytes())
    with expect_refusal("On worker tcp://", "another model there", "Share its folder", kind=WorkersError):
        by_workers([network], tmp_path / "out", cluster)


def test_a_worker_without_the_folder(networks, cluster, tmp_path, monkeypatch, expect_refusal):
    # As if the folder of this machine were another one than the worker's.
    monkeypatch.setattr(_dask, "manifest_digest", lambda path: "0")
    with expect_refusal("On worker tcp://", str(tmp_path / "out"), "Share it", kind=WorkersError):
        by_workers(networks[:1], tmp_path / "out", cluster)


def test_a_worker_that_cannot_write(made_there, networks, cluster, tmp_path):
    out = shutil.copytree(made_there, tmp_path / "out")
    shutil.rmtree(out / "curves")
    (out / "curves").touch()
    with pytest.raises(OutputError, match=r"On worker tcp://.*curves/.*must be writable.*File exists"):
        by_workers(networks[:1], out, cluster)


def test_a_dead_channel_is_named(networks, cluster, tmp_path):
    with pytest.warns(VisualizationWarning, match="mixed3a_1x1:0: dead channel"):
        by_workers(networks[:1], tmp_path / "out", cluster, channels=["mixed3a_1x1:0"])


def test_one_bar_over_all_steps(networks, cluster, tmp_path, monkeypatch):
    bars = []

    class Bar(_jobs.tqdm):
        def __init__(self, **options):
            super().__init__(**{**options, "disable": False, "file": io.StringIO()})
            bars.append(self)

    monkeypatch.setattr(_jobs, "tqdm", Bar)
    reported = []
    monkeypatch.setattr(Bar, "update", lambda self, steps: (reported.append(steps), tqdm.update(self, steps)))
    by_workers(networks[:1], tmp_path / "out", cluster, steps=20, channels=CHANNELS[:1])
    assert [(bar.total, bar.n) for bar in bars] == [(100, 100)]
    assert reported.count(32) == 2, "16 steps of two pictures"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://127.0.0.1", "somewhere://127.0.0.1:1", "silent"])
def test_nobody_answers(networks, tmp_path, monkeypatch, expect_refusal, address):
    monkeypatch.setattr(_scheduler, "SECONDS_TO_ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, expect_refusal(
        "address of a scheduler", "none did", "dask scheduler", kind=WorkersError
    ):  # fmt: skip
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}" if address == "silent" else address
        by_workers(networks[:1], tmp_path / "out", address)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("address", ["here", "local:0", "local:two", "local:", "localhost"])
def test_no_address(networks, tmp_path, expect_refusal, address):
    with expect_refusal("`dask` must be the address", repr(address), "local:2", kind=WorkersError):
        by_workers(networks[:1], tmp_path / "out", address)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True])
def test_no_number_of_threads(networks, tmp_path, expect_refusal, threads):
    with expect_refusal("`threads` must be a whole number", repr(threads), "give 2", kind=WorkersError):
        swept(networks[:1], tmp_path / "out", dask="local:1", threads=threads)


def test_threads_are_those_of_other_processes(networks, tmp_path, expect_refusal):
    with expect_refusal("without `dask`", "2", "before TensorFlow computes", kind=VisualizationError):
        swept(networks[:1], tmp_path / "out", threads=2)


def test_pictures_in_memory_are_made_here(networks, expect_refusal):
    options = visualize.Options(dask="local:1")
    with expect_refusal("`dask` must be left out", "local:1", "visualize.sweep", kind=VisualizationError):
        visualize.channels(networks[0], CHANNELS, steps=1, size=32, options=options)


def test_without_dask(networks, tmp_path, monkeypatch, expect_refusal):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with expect_refusal("not installed", "local:2", "artlucid[dask]", kind=WorkersError):
        by_workers(networks[:1], tmp_path / "out", "local:2")


def test_processes_of_this_machine_by_the_command_line(networks, tmp_path, capfd):
    """Quiet, and the same as here with so many threads."""
    threads = environment.threads()["intra_op"]
    words = ["--dask", "local:1", "--threads", str(threads), "--quiet"]
    result = by_command(networks[0], CHANNELS[1], "--steps", 3, "--out", tmp_path / "a" / "out", *words)
    assert result.exit_code == 0, result.output
    assert (result.stderr, capfd.readouterr().err) == ("", "")
    here = swept(networks[:1], tmp_path / "b" / "out", channels=CHANNELS[1:], batch_size=1)
    assert bits_of(tmp_path / "a" / "out") == bits_of(*here)
    manifests = [json.loads((tmp_path / name / "out" / "pictures.json").read_text()) for name in "ab"]
    assert manifests[0] == manifests[1]


def test_threads_by_the_command_line(networks, tmp_path):
    threads = environment.threads()["intra_op"]
    assert by_command(networks[0], "mixed3a:0", "--steps", 1, "--threads", threads, "--out", tmp_path).exit_code == 0
    result = by_command(networks[0], "mixed3a:0", "--threads", threads + 1, "--out", tmp_path / "other")
    assert result.exit_code == 2
    assert "TensorFlow has begun with" in result.stderr


def by_command(*arguments):
    return CliRunner().invoke(app, ["visualize", "--size", "32", *map(str, arguments)])
