"""Interruptions within this process, and what a resumed run is held to."""

import dataclasses
import errno
import json
import os
import re
import shutil
import subprocess
import sys

import h5py
import keras
import numpy as np
import pytest
from finetune import small

from artlucid import environment, finetune, runs
from artlucid.errors import DataError, ModelError, OutputError, RecipeError, RunError, RunWarning
from artlucid.finetune import _callbacks, _manifest
from artlucid.recipes import RECIPES

pytestmark = pytest.mark.usefixtures("tiny")

# Every row with two epochs of five batches, under names of their own, so that they are no shortened rows.
EVERY_RECIPE = {
    name: dataclasses.replace(recipe, name=f"small {name}", epochs=2, batch_size=8) for name, recipe in RECIPES.items()
}
# That from scratch is resumed by a test of its schedule.
ROWS = [name for name in EVERY_RECIPE if name != "from_scratch"]


def train_interrupted(*arguments, epoch=1, batch=2, **options):
    """Train until Ctrl-C comes at the end of a batch; epoch and batch are counted from 0."""
    usual = _callbacks.StopAtNaN.on_train_batch_end

    def interrupting(self, index, logs=None):
        usual(self, index, logs)
        if (self._epoch, index) == (epoch, batch):
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(_callbacks.StopAtNaN, "on_train_batch_end", interrupting)
        small.train(*arguments, **options)


@pytest.fixture(scope="module")
def stopped(tiny, data, tmp_path_factory):
    """A run that was interrupted in its second epoch; for copying only."""
    out = tmp_path_factory.mktemp("stopped") / "run"
    train_interrupted(data, out)
    return runs.open_run(out)


@pytest.fixture
def interrupted(stopped, tmp_path):
    shutil.copytree(stopped.path, tmp_path / "interrupted")
    return runs.open_run(tmp_path / "interrupted")


def test_interrupted_run_says_so(stopped):
    state = stopped.state
    assert (state["status"], state["epochs_done"], len(stopped.history)) == ("interrupted", 1, 1)
    assert (stopped.path / "best.h5").read_bytes() == (stopped.path / "last.h5").read_bytes()


def test_resumed_with_the_recorded_settings_alone(interrupted, finished, data):
    run = finetune.fit(data, out=interrupted.path, resume=True)
    assert small.bits(run) == small.bits(finished)
    assert run.state["status"] == "finished"
    assert json.loads((run.path / "run.json").read_text()) == interrupted.manifest


@pytest.mark.parametrize(
    ("recipe", "precision"),
    [
        *((EVERY_RECIPE[name], "float32") for name in ROWS),
        (EVERY_RECIPE["A"], "bfloat16"),
        (EVERY_RECIPE["high_layers_from_scratch"], "bfloat16"),
    ],
    ids=[*ROWS, "A bfloat16", "high_layers_from_scratch bfloat16"],
)
def test_resumed_run_has_the_bits_of_an_uninterrupted_one(recipe, precision, data, tmp_path):
    options = {"recipe": recipe, "precision": precision, "keep_epochs": True}
    whole = small.train(data, tmp_path / "whole", **options)
    train_interrupted(data, tmp_path / "cut", epoch=1, batch=4, **options)
    assert small.bits(small.train(data, tmp_path / "cut", resume=True, **options)) == small.bits(whole)


def test_run_that_is_interrupted_twice(data, finished, tmp_path):
    train_interrupted(data, tmp_path / "cut", epoch=0, batch=3)
    train_interrupted(data, tmp_path / "cut", epoch=1, batch=4, resume=True)
    assert small.bits(small.train(data, tmp_path / "cut", resume=True)) == small.bits(finished)


def test_resumed_run_of_several_labels_has_the_bits_of_an_uninterrupted_one(data, tmp_path):
    several = small.with_several_labels(data)
    recipe = dataclasses.replace(EVERY_RECIPE["A"], loss_reduction="sum")
    whole = small.train(several, tmp_path / "whole", recipe=recipe)
    train_interrupted(several, tmp_path / "cut", recipe=recipe)
    assert small.bits(small.train(several, tmp_path / "cut", recipe=recipe, resume=True)) == small.bits(whole)


def test_resumed_schedule_goes_on_where_it_was(data, tmp_path):
    """GoogLeNet's first drop comes in the eighth epoch, after the interruption."""
    recipe = dataclasses.replace(EVERY_RECIPE["from_scratch"], epochs=8)
    train_interrupted(data, tmp_path / "cut", epoch=6, recipe=recipe)
    run = small.train(data, tmp_path / "cut", recipe=recipe, resume=True)
    assert run.history["head_rate"].tolist() == pytest.approx([0.001] * 7 + [0.00096])
    assert small.bits(run) == small.bits(small.train(data, tmp_path / "whole", recipe=recipe))


def test_resumed_run_knows_its_best_epoch(data, tmp_path, monkeypatch):
    small.climb_from(2, monkeypatch)
    train_interrupted(data, tmp_path / "run", epoch=1, recipe=small.CLIMBING)
    first = (tmp_path / "run" / "best.h5").read_bytes()
    run = small.train(data, tmp_path / "run", resume=True, recipe=small.CLIMBING)
    assert run.state["best_epoch"] == 1
    assert (run.path / "best.h5").read_bytes() == first != (run.path / "last.h5").read_bytes()


# Of each kind one: those that begin a run, those of an epoch (its history is the 8th, its state the 9th), the last.
@pytest.mark.parametrize("write", [1, 4, 6, 7, 8, 9, 16])
def test_full_disk(write, data, finished, tmp_path, monkeypatch):
    written, fsync = [], os.fsync

    def full(descriptor):
        written.append(descriptor)
        if len(written) >= write:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with (
        monkeypatch.context() as patch,
        pytest.raises(OutputError, match=r"on a disk with room.*No space left.*--resume"),
    ):
        patch.setattr(os, "fsync", full)
        small.train(data, tmp_path / "run")
    assert list((tmp_path / "run").rglob("*.part")) == [] if (tmp_path / "run").exists() else write == 1
    assert small.bits(small.train(data, tmp_path / "run", resume=True)) == small.bits(finished)


def test_full_disk_never_counts_an_epoch_that_is_not_there(data, tmp_path, monkeypatch):
    """Only the weights find no room: the small files that follow are still written."""
    written, fsync = [], os.fsync

    def full(descriptor):
        written.append(descriptor)
        if len(written) == 11:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"(best|last)\.h5 must be writable"):
        small.train(data, tmp_path / "run")
    run = runs.open_run(tmp_path / "run")
    assert (run.state["status"], run.state["epochs_done"], run.state["best_epoch"]) == ("failed", 1, 1)
    assert len(run.history) == 1
    assert "No space left" in run.state["error"]


def test_finished_run_is_left_alone(copied, data):
    files = [path for path in copied.path.rglob("*") if path.is_file() and path.name != ".lock"]
    before = {path: path.stat().st_mtime_ns for path in files}
    with pytest.warns(RunWarning, match="is finished: nothing to resume"):
        run = finetune.fit(data, out=copied.path, resume=True)
    assert run.manifest == copied.manifest
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_finished_run_that_is_asked_for_more_is_refused(copied, data):
    recipe = dataclasses.replace(small.RECIPE, epochs=5)
    with pytest.raises(RunError, match="epochs was 2, is 5"):
        finetune.fit(data, recipe=recipe, out=copied.path, resume=True)


def test_leftovers_are_removed(interrupted, data, finished):
    leftovers = [interrupted.path / ".last.h5.123.part", interrupted.path / "epochs" / ".epoch-002.h5.123.part"]
    for path in leftovers:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    assert small.bits(finetune.fit(data, out=interrupted.path, resume=True)) == small.bits(finished)
    assert not any(path.exists() for path in leftovers)


def test_resume_of_nothing_begins(data, tmp_path, finished):
    assert small.bits(small.train(data, tmp_path / "new", resume=True)) == small.bits(finished)


OTHER_SETTINGS = {
    "seed": ({"seed": 3}, "seed was 0, is 3"),
    "epochs": ({"recipe": dataclasses.replace(small.RECIPE, epochs=9)}, "epochs was 2, is 9"),
    "recipe": ({"recipe": "B"}, "name was 'small', is 'B'"),
    "weights": ({"weights": "none", "options": {"architecture": "mini"}}, "variant was 'tiny', is 'mini'"),
    "keep_epochs": ({"options": {"keep_epochs": True}}, "keep_epochs was False, is True"),
}


@pytest.mark.parametrize("case", OTHER_SETTINGS)
def test_other_settings_are_refused_with_both_sides(case, interrupted, data):
    arguments, difference = OTHER_SETTINGS[case]
    options = finetune.Options(**arguments.pop("options", {}))
    with pytest.raises(RunError, match=f"settings that it began with. Received other ones.*{difference}.*Leave them"):
        finetune.fit(data, out=interrupted.path, resume=True, options=options, **arguments)
    assert interrupted.state["status"] == "interrupted"


def test_other_weights_are_refused(interrupted, finished, data):
    identity = interrupted.manifest["initial_weights"]["identity"]
    with pytest.raises(RunError, match=f"initial_weights.identity was '{identity}', is '(?!{identity})"):
        finetune.fit(data, weights=finished, out=interrupted.path, resume=True)


def test_other_data_are_refused(interrupted, tmp_path):
    other = small.draw_dataset(tmp_path / "other", {"train": 3, "val": 1, "test": 1})
    recorded = interrupted.manifest["dataset"]["identity"]
    with pytest.raises(RunError, match=f"dataset.identity was '{recorded}', is '{other.identity}'"):
        finetune.fit(other, out=interrupted.path, resume=True)


def other_threads(patch):
    patch.setattr(environment, "threads", lambda: {"intra_op": 77, "inter_op": 78})


def other_versions(patch):
    patch.setattr(keras, "__version__", "9.9")


@pytest.mark.parametrize(
    ("change", "difference"),
    [(other_threads, r"intra_op was \d+, is 77"), (other_versions, r"keras was '3\..*', is '9\.9'")],
)
def test_other_environment(change, difference, interrupted, data, monkeypatch):
    change(monkeypatch)
    with pytest.raises(RunError, match=f"only in the environment.*{difference}.*--allow-changed-environment"):
        finetune.fit(data, out=interrupted.path, resume=True)
    options = finetune.Options(allow_changed_environment=True)
    with pytest.warns(RunWarning, match=f"goes on in another environment: .*{difference}"):
        run = finetune.fit(data, out=interrupted.path, resume=True, options=options)
    assert run.state["status"] == "finished"
    (recorded,) = run.state["environments"]
    assert recorded["after_epoch"] == 1
    assert re.search(difference, "; ".join(recorded["changed"]))


def test_other_precision(interrupted, data):
    with pytest.raises(RunError, match=r"precision.used was 'float32', is 'bfloat16'"):
        finetune.fit(data, out=interrupted.path, resume=True, options=finetune.Options(precision="bfloat16"))


def test_taken_folder(copied, data):
    with pytest.raises(RunError, match=r"`out` must be empty.*Received .*copy, which holds best.h5.*, ….*--resume"):
        small.train(data, copied.path)


def test_folder_of_other_things_is_never_resumed_into(data, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("holiday.jpg", ".cut.part", "best.h5"):
        (photos / name).write_text("mine")
    with pytest.raises(RunError, match=r"which holds best.h5, holiday.jpg. Go on"):
        small.train(data, photos, resume=True)
    assert sorted(path.name for path in photos.iterdir()) == [".cut.part", "best.h5", "holiday.jpg"]


def test_file_in_the_way(data, tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunError, match=r"must be a folder or not exist. Received .*run, a file. Choose"):
        small.train(data, tmp_path / "run")


def test_folder_below_a_file(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"must be writable. Received .*Not a directory. Change the rights"):
        small.train(data, tmp_path / "file" / "run")


def test_at_in_the_name_of_a_folder_is_part_of_the_name(interrupted, data, finished):
    out = interrupted.path.with_name("interrupted@last")
    assert small.train(data, out, resume=True).path == out
    assert interrupted.state["status"] == "interrupted"
    assert runs.find(str(out)).path == out


HOLDER = """
import sys
from pathlib import Path
from artlucid import runs
with runs.lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_cannot_write_one_run(interrupted, data, finished):
    command = [sys.executable, "-c", HOLDER, interrupted.path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match=r"one process at a time. Received .*another process holds. Wait"):
            finetune.fit(data, out=interrupted.path, resume=True)
        holder.kill()
        holder.wait()
    assert small.bits(finetune.fit(data, out=interrupted.path, resume=True)) == small.bits(finished)


def test_refused_process_leaves_the_others_folder(data, tmp_path):
    out = tmp_path / "run"
    with runs.lock(out), pytest.raises(RunError, match="one process at a time"):
        small.train(data, out)
    assert (out / ".lock").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("run.json", b"{", "run.json of a run must be readable JSON. Received .*The run is damaged"),
        ("run.json", b"", "run.json of a run must be readable JSON"),
        ("run.json", b"[]", "must hold an object"),
        ("run.json", b"{}", "must have the format 'artlucid.run' and a version. Received .*None"),
        ("run.json", b'{"format": "artlucid.run", "version": 1}', "without recipe, seed, dataset.identity"),
        ("run.json", b'{"format": "artlucid.run", "version": 2}', "at most 1. Received .* of version 2.*upgrade"),
        ("state.json", b"\xff", "state.json of a run must be readable JSON"),
        ("excluded.csv", b"", "must be a table with the columns split, path, reason. Received"),
        ("excluded.csv", b"a,b\n1,2\n", "must be a table with the columns"),
        ("checkpoint/state.h5", b"not HDF5", "A checkpoint must hold the state of its run. Received"),
        ("checkpoint/state.h5", None, "A checkpoint must hold the state of its run. Received"),
    ],
)
def test_damaged_run(name, content, message, interrupted, data):
    path = interrupted.path / name
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    with pytest.raises(RunError, match=message):
        finetune.fit(data, out=interrupted.path, resume=True)


def test_recorded_recipe_with_a_value_out_of_range(interrupted, data):
    manifest = {**interrupted.manifest, "recipe": {**interrupted.manifest["recipe"], "epochs": 0}}
    (interrupted.path / "run.json").write_text(json.dumps(manifest))
    with pytest.raises(RecipeError, match="`epochs` of a recipe must"):
        finetune.fit(data, out=interrupted.path, resume=True)


def test_checkpoint_of_another_optimizer(interrupted, data, tmp_path):
    recipe = {**interrupted.manifest["recipe"], "optimizer": "adam"}
    changed = {**interrupted.manifest, "recipe": recipe}
    (interrupted.path / "run.json").write_text(json.dumps(changed))
    with pytest.raises(RunError, match="of a run with other settings"):
        finetune.fit(data, out=interrupted.path, resume=True)
    with h5py.File(interrupted.path / "checkpoint" / "state.h5", "a") as file:
        file.attrs["run"] = _manifest.settings_digest(changed)
    with pytest.raises(RunError, match="optimizer variables where"):
        finetune.fit(data, out=interrupted.path, resume=True)


def test_checkpoint_with_values_elsewhere(interrupted, data, tmp_path):
    path = interrupted.path / "checkpoint" / "state.h5"
    with h5py.File(path, "a") as file:
        (tmp_path / "other.h5").write_bytes(path.read_bytes())
        del file["weights"]
        file["weights"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "weights")
    with pytest.raises(RunError, match=r"must hold the state of its run. Received .*ExternalLink"):
        finetune.fit(data, out=interrupted.path, resume=True)


def test_checkpoint_with_nan(interrupted, data):
    with h5py.File(interrupted.path / "checkpoint" / "state.h5", "a") as file:
        file["weights/logits/bias"][0] = np.nan
    with pytest.raises(RunError, match="holds values that are not finite"):
        finetune.fit(data, out=interrupted.path, resume=True)


def test_weights_that_a_killed_process_did_not_write(interrupted, data, finished):
    """The checkpoint counts the epoch; what else belongs to it is made again."""
    for name in ("best.h5", "last.h5"):
        (interrupted.path / name).write_bytes((interrupted.path / "initial.h5").read_bytes())
    assert small.bits(finetune.fit(data, out=interrupted.path, resume=True)) == small.bits(finished)


def test_newer_checkpoint(interrupted, data):
    with h5py.File(interrupted.path / "checkpoint" / "state.h5", "a") as file:
        file.attrs["version"] = 2
    with pytest.raises(RunError, match=r"version of at most 1. Received .*version 2.*upgrade"):
        finetune.fit(data, out=interrupted.path, resume=True)


def test_nothing_is_left_of_a_run_that_could_not_begin(data, tmp_path):
    headless = {"recipe": "D", "architecture": "headless"}
    for arguments, error in ((headless, RecipeError), ({"precision": "float8"}, ModelError)):
        with pytest.raises(error):
            small.train(data, tmp_path / "run", **arguments)
        assert list(tmp_path.iterdir()) == []


def test_folder_that_was_there_stays(data, tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(RecipeError):
        small.train(data, tmp_path / "run", recipe="D", architecture="headless")
    assert (tmp_path / "run").is_dir()
    small.train(data, tmp_path / "run", recipe=dataclasses.replace(small.RECIPE, epochs=1))


def test_dataset_that_lost_a_file(interrupted, data, tmp_path):
    shutil.copytree(data.root, tmp_path / "moved")
    from artlucid import datasets

    moved = datasets.folder(tmp_path / "moved")
    moved.train.path(0).unlink()
    with pytest.raises(DataError, match="must exist while it is used"):
        finetune.fit(moved, out=interrupted.path, resume=True)
