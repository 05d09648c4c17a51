"""Caches by workers of Dask: the same bits as without, whatever happens to the workers."""

import contextlib
import dataclasses
import io
import json
import os
import shutil
import signal
import socket
import sys
import threading

import filelock
import h5py
import numpy as np
import pandas as pd
import pytest
from finetune import small
from test_cli import invoke
from test_cli import messages_as_before as messages_as_before

from artlucid import activations, compare, environment, models
from artlucid._workers import _scheduler
from artlucid.activations._extraction import _dask, _worker
from artlucid.activations._format import to_text
from artlucid.activations._part import part_of
from artlucid.errors import ActivationsError, ComparisonError, DataError, OutputError, WorkersError
from artlucid.models._network import weights_of
from artlucid.models.weights import _own

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.processes

EXTRACTION = activations.Options(size=32, batch_size=4, cache=False)
OPTIONS = compare.Options(
    k=(5,), resampling=None, permutations=None, cka_split="test", top_split="test", extraction=EXTRACTION
)


class WithTiny(distributed.WorkerPlugin):
    """Puts the architecture `tiny` among those that a worker knows."""

    def setup(self, worker):
        small.register_tiny(pytest.MonkeyPatch())


@pytest.fixture(scope="module")
def cluster(tiny):
    """Two workers with as many threads as this process has."""
    with _scheduler.started(2) as cluster:
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            client.register_plugin(WithTiny())
            # So that no test depends on which one comes first.
            client.run(begin_with, environment.threads())
        yield cluster


def begin_with(threads):
    import tensorflow as tf

    from artlucid._workers import _threads

    _threads.use(threads)
    tf.constant(0.0)


@pytest.fixture(scope="module")
def networks(tiny, tmp_path_factory):
    """Three files of a small network."""
    return written("tiny", tmp_path_factory.mktemp("networks"), 3)


def written(architecture, folder, number):
    paths = [folder / f"{seed}.h5" for seed in range(number)]
    for seed, path in enumerate(paths):
        path.write_bytes(_own.to_bytes(weights_of(models.load("none", architecture=architecture, seed=seed))))
    return paths


def copied(data, root):
    """The same images at another place."""
    shutil.copytree(data.root, root)
    test = dataclasses.replace(data.test, root=root)
    return dataclasses.replace(data, specification=f"folder:{root}", root=root, splits={"test": test})


@pytest.fixture(scope="module")
def here(networks, data, tmp_path_factory):
    """Without Dask; for reading only."""
    return compare.compare(networks, data, out=tmp_path_factory.mktemp("here"), options=OPTIONS)


def by_workers(networks, data, out, cluster, **options):
    address = getattr(cluster, "scheduler_address", cluster)
    given = {"dask": address, "threads": environment.threads()["intra_op"], **options}
    return compare.compare(networks, data, out=out, options=dataclasses.replace(OPTIONS, **given))


def contents_of(folder):
    """Of all caches: every array, and the manifest without the time."""
    found = {}
    for path in sorted((folder / "activations").glob("*.h5")):
        with h5py.File(path) as file:
            file.visititems(
                lambda name, item, path=path: found.update(
                    {(path.name, name): item[()].tobytes()} if isinstance(item, h5py.Dataset) else {}
                )
            )
        manifest = json.loads(found.pop((path.name, "manifest")))
        found[path.name, "manifest"] = {key: value for key, value in manifest.items() if key != "created"}
    return found


def test_workers_give_the_bits_of_one_process(here, networks, data, cluster, tmp_path):
    there = by_workers(networks, data, tmp_path / "out", cluster)
    assert len(list((tmp_path / "out" / "activations").glob("*.h5"))) == 3
    assert contents_of(there.path) == contents_of(here.path)
    pd.testing.assert_frame_equal(there.channels, here.channels)
    pd.testing.assert_frame_equal(there.layers, here.layers)
    assert sorted(path.name for path in (tmp_path / "out" / "activations").iterdir() if path.suffix != ".lock") == [
        path.name for path in sorted((here.path / "activations").glob("*.h5"))
    ]


def test_only_what_is_missing_is_made(here, networks, data, cluster, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(here.path / "activations", out / "activations")
    lost = sorted((out / "activations").glob("*.h5"))[1]
    lost.unlink()
    times = {path: path.stat().st_mtime_ns for path in (out / "activations").glob("*.h5")}
    by_workers(networks, data, out, cluster, threads=None)
    assert contents_of(out) == contents_of(here.path)
    assert [path for path in (out / "activations").glob("*.h5") if path.stat().st_mtime_ns != times.get(path)] == [lost]


def test_where_nothing_is_missing_nobody_is_asked(here, networks, data, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(here.path, out)
    by_workers(networks, data, out, "tcp://127.0.0.1:1", extraction=dataclasses.replace(EXTRACTION, precision="auto"))


def test_a_worker_that_is_killed(here, networks, data, cluster, tmp_path, monkeypatch):
    """After its first block, which the next worker need not do again."""
    marker, resumed = tmp_path / "killed", tmp_path / "resumed"
    monkeypatch.setattr(_worker, "extract_order", _killed_once(marker, resumed))
    by_workers(networks, data, tmp_path / "out", cluster)
    assert marker.exists() and resumed.read_text() == "8"
    assert contents_of(tmp_path / "out") == contents_of(here.path)


def _killed_once(marker, resumed):
    """A task that lets the first process die that finishes a block of eight images."""

    def extract_order(plan, order, number):
        from artlucid.activations._extraction import _extract, _worker

        _extract.IMAGES_A_BLOCK = 8
        original = _worker._until_unwanted

        def watched(reporter):
            told, first = original(reporter), []

            def deadly(finished):
                told(finished)
                if not first and marker.exists() and finished and not resumed.exists():
                    resumed.write_text(str(finished))
                first.append(finished)
                if finished == 8 and not marker.exists():
                    marker.touch()
                    os.kill(os.getpid(), signal.SIGKILL)

            return deadly

        _worker._until_unwanted = watched
        try:
            return _worker.extract_order(plan, order, number)
        finally:
            _worker._until_unwanted = original

    return extract_order


def begun(here, out):
    """A folder in which one cache is there."""
    shutil.copytree(here.path / "activations", out / "activations")
    kept, *others = sorted((out / "activations").glob("*.h5"))
    for path in others:
        path.unlink()
    return kept


def with_manifest(path, **changes):
    with h5py.File(path, "r+") as file:
        manifest = {**json.loads(file["manifest"][()]), **changes}
        del file["manifest"]
        text = to_text(manifest)
        file.create_dataset("manifest", data=np.array(text, dtype=h5py.string_dtype("utf-8", len(text))))


def test_a_worker_in_another_environment(here, networks, data, cluster, tmp_path, expect_refusal):
    kept = begun(here, tmp_path / "out")
    with activations.open(kept) as cache:
        recorded = dict(cache.manifest["environment"])
    with_manifest(kept, environment={**recorded, "processor": {"name": "an abacus", "flags": []}})
    own = environment.processor()
    with expect_refusal(
        "On worker tcp://", f"processor were {{'name': 'an abacus', 'flags': []}}, are {own}",
        "--allow-changed-environment", kind=WorkersError,
    ):  # fmt: skip
        by_workers(networks, data, tmp_path / "out", cluster)
    by_workers(networks, data, tmp_path / "out", cluster, allow_changed_environment=True)
    with_manifest(kept, environment=recorded)
    assert contents_of(tmp_path / "out") == contents_of(here.path)


def test_other_threads_than_the_caches_that_are_there(here, networks, data, cluster, tmp_path, expect_refusal):
    kept = begun(here, tmp_path / "out")
    wanted = environment.threads()["intra_op"] + 1
    with expect_refusal("in one environment", f"{kept}, where threads were", "--threads", kind=WorkersError):
        by_workers(networks, data, tmp_path / "out", cluster, threads=wanted)


def test_a_worker_that_has_begun_with_other_threads(networks, data, cluster, tmp_path, expect_refusal):
    wanted = environment.threads()["intra_op"] + 1
    with expect_refusal("On worker tcp://", "TensorFlow has begun with", "restart it", kind=WorkersError):
        by_workers(networks, data, tmp_path / "out", cluster, threads=wanted)
    assert not list(tmp_path.glob("out/activations/*"))


def test_a_worker_without_the_model(networks, data, cluster, tmp_path, monkeypatch, expect_refusal):
    path = tmp_path / "only-here.h5"
    path.write_bytes(networks[0].read_bytes())
    network = models.load(path)
    path.unlink()
    with expect_refusal("must be one that workers can load", str(path), "give its path", kind=WorkersError):
        by_workers([networks[1], network], data, tmp_path / "out", cluster)
    # As if this machine had the file.
    monkeypatch.setattr(_scheduler, "check_loadable", lambda network: None)
    with expect_refusal("On worker tcp://", str(path), "Share its folder", kind=WorkersError):
        by_workers([networks[1], network], data, tmp_path / "out", cluster)
    path.write_bytes(networks[2].read_bytes())
    with expect_refusal("On worker tcp://", "another model there", "Share its folder", kind=WorkersError):
        by_workers([networks[1], network], data, tmp_path / "out", cluster)


def test_a_worker_without_the_folder(networks, data, cluster, tmp_path, monkeypatch, expect_refusal):
    # As if the folder of this machine were another one than the worker's.
    plan = _dask._plan
    monkeypatch.setattr(_dask, "_plan", lambda *all: dataclasses.replace(plan(*all), topic="artlucid-another"))
    with expect_refusal("On worker tcp://", str(tmp_path / "out"), "Share it", kind=WorkersError):
        by_workers(networks, data, tmp_path / "out", cluster)


@pytest.mark.parametrize("what", ["do not exist", "of other sizes"])
def test_a_worker_without_the_images(networks, data, cluster, tmp_path, monkeypatch, expect_refusal, what):
    images = copied(data, tmp_path / "images")
    path = images.test.path(3)

    # As if the worker saw others than this machine.
    def changed(missing, orders=_dask._orders):
        made = orders(missing)
        path.unlink() if what == "do not exist" else path.write_bytes(b"")
        return made

    monkeypatch.setattr(_dask, "_orders", changed)
    with expect_refusal("On worker tcp://", what, "Share it", kind=WorkersError):
        by_workers(networks, images, tmp_path / "out", cluster)


def test_a_worker_that_cannot_write(networks, data, cluster, tmp_path, monkeypatch):
    # The folder is there, and the file of the first network is in its way.
    identity = models.load(networks[0]).identity
    part = part_of(tmp_path / "out" / "activations" / f"{identity[:16]}-test.h5")
    part.with_name(f".{part.name}.new").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"On worker tcp://.*must be writable"):
        by_workers(networks, data, tmp_path / "out", cluster)


def test_a_cache_of_something_else(here, networks, data, cluster, tmp_path):
    kept = begun(here, tmp_path / "out")
    other = dataclasses.replace(EXTRACTION, size=40)
    with pytest.raises(ActivationsError, match=r"On worker tcp://.*preprocessing was size 32"):
        by_workers(networks, data, tmp_path / "out", cluster, extraction=other)
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(ActivationsError, match="damaged, cut short"):
        by_workers(networks, data, tmp_path / "out", cluster)


def test_warnings_of_workers_are_heard(networks, data, cluster, tmp_path):
    images = copied(data, tmp_path / "images")
    images.test.path(3).write_bytes(b"no image")
    lax = dataclasses.replace(EXTRACTION, max_excluded=0.5)
    with pytest.warns(match=r"1 of 12 images|unusable|left out") as caught:
        found = by_workers(networks, images, tmp_path / "out", cluster, extraction=lax)
    assert len([one for one in caught if images.test.relative_paths[3] in str(one.message)]) == 1
    assert found.layers["n_images"].unique().tolist() == [11]
    with pytest.raises(DataError, match="On worker tcp://"):
        by_workers(networks, images, tmp_path / "strict", cluster)


def test_work_that_nobody_wants_any_more_ends(networks, data, cluster, tmp_path, monkeypatch):
    """Whoever asks again need not wait for it; what was done stays."""
    out = tmp_path / "out"
    go_on = tmp_path / "go on"
    monkeypatch.setattr(_worker, "extract_order", _paused_before_a_block(go_on))
    work = _scheduler.Workers.work

    class LeftError(Exception):
        pass

    def left(self, *arguments):
        for number, told in work(self, *arguments):
            if told == 4:
                raise LeftError
            yield number, told

    with monkeypatch.context() as patch, pytest.raises(LeftError):
        patch.setattr(_scheduler.Workers, "work", left)
        by_workers(networks[:2], data, out, cluster)
    with distributed_client(cluster) as client:
        wait_until_idle(client, go_on)
    parts = list(out.glob("activations/*.part"))
    assert parts and not list(out.glob("activations/*.h5"))
    for part in parts:
        with filelock.FileLock(part.with_name(f".{part.name.removesuffix('.part')}.lock"), timeout=0):
            pass


def _paused_before_a_block(go_on):
    """A task with blocks of four images, that waits after the first one until a file is there."""

    def extract_order(plan, order, number):
        import time

        from artlucid.activations._extraction import _extract, _worker

        _extract.IMAGES_A_BLOCK = 4
        write = _extract._write

        def patient(writer, rows):
            while writer.finished and not go_on.exists():
                time.sleep(0.01)
            write(writer, rows)

        _extract._write = patient
        try:
            return _worker.extract_order(plan, order, number)
        finally:
            _extract._write = write

    return extract_order


@contextlib.contextmanager
def distributed_client(cluster):
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        yield client


def wait_until_idle(client, go_on):
    """Let workers go on once they know that nobody wants their work, and wait until they have ended it."""

    def states(dask_worker):
        return [task.state for task in dask_worker.state.tasks.values() if task.state in ("executing", "cancelled")]

    waiting = threading.Event()
    while any("executing" in found for found in client.run(states).values()):
        waiting.wait(0.02)
    go_on.touch()
    while any(client.run(states).values()):
        waiting.wait(0.02)


def test_one_bar_over_all_images(networks, data, cluster, tmp_path, monkeypatch):
    bars = []

    class Bar(_dask.tqdm):
        def __init__(self, **options):
            super().__init__(**{**options, "disable": False, "file": io.StringIO()})
            bars.append(self)

    monkeypatch.setattr(_dask, "tqdm", Bar)
    by_workers(networks, data, tmp_path / "out", cluster)
    assert [(bar.total, bar.n) for bar in bars] == [(36, 36)]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tcp://127.0.0.1", "silent"])
def test_nobody_answers(networks, data, tmp_path, monkeypatch, expect_refusal, address):
    monkeypatch.setattr(_scheduler, "SECONDS_TO_ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, expect_refusal(
        "address of a scheduler", "none did", "dask scheduler", kind=WorkersError
    ):  # fmt: skip
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}" if address == "silent" else address
        by_workers(networks, data, tmp_path / "out", address)


def test_no_address_and_no_dask(networks, data, tmp_path, monkeypatch, expect_refusal):
    with expect_refusal("`dask` must be the address", "'localhost'", "local:2", kind=WorkersError):
        by_workers(networks, data, tmp_path / "out", "localhost")
    with expect_refusal("`threads` must be a whole number", "0", "give 2", kind=WorkersError):
        by_workers(networks, data, tmp_path / "out", "local:1", threads=0)
    with expect_refusal("without `dask`", "2", "use the command line", kind=ComparisonError):
        compare.Options(threads=2)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with expect_refusal("not installed", "local:2", "artlucid[dask]", kind=WorkersError):
        by_workers(networks, data, tmp_path / "out", "local:2")


def test_processes_of_this_machine_by_the_command_line(data, tmp_path, capfd):
    """Quiet, and the same as here with so many threads."""
    threads = environment.threads()["intra_op"]
    two = written("mini", tmp_path, 2)
    words = ("compare", *two, "--data", data.specification, "--size", 32, "--top-split", "test", "--k", 5, "--no-cache")
    words += ("--resamples", 0, "--permutations", 0, "--quiet")
    shown = invoke(*words, "--out", tmp_path / "there", "--dask", "local:1", "--threads", threads)
    assert shown.exit_code == 0, shown.output
    assert (shown.stderr, capfd.readouterr().err) == ("", "")
    here = invoke(*words, "--out", tmp_path / "here", "--threads", threads)
    assert here.exit_code == 0, here.output
    made = contents_of(tmp_path / "there")
    assert made == contents_of(tmp_path / "here")
    recorded = [value["environment"]["threads"] for (_, name), value in made.items() if name == "manifest"]
    assert recorded == [environment.threads()] * 2
    again = invoke(*words, "--out", tmp_path / "again", "--threads", threads + 1)
    assert again.exit_code == 2 and "TensorFlow has begun with" in again.stderr
