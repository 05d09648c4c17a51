import json

import pytest

from artlucid import runs
from artlucid.errors import RunError
from artlucid.files import write_json

MANIFEST = {"recipe": {"name": "A"}, "seed": 4}


@pytest.fixture
def run(tmp_path):
    made = runs.create(tmp_path / "run", MANIFEST)
    for name in ("initial", "best", "last", "epochs/epoch-002", "epochs/epoch-010"):
        path = made.path / f"{name}.h5"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    return made


def test_manifest_as_it_was_given(run):
    assert json.loads((run.path / "run.json").read_text()) == {"format": "artlucid.run", "version": 1, **MANIFEST}
    assert runs.open_run(run.path) == run


@pytest.mark.parametrize(
    ("which", "file"),
    [
        ("best", "best.h5"),
        ("initial", "initial.h5"),
        ("last", "last.h5"),
        ("epoch-2", "epochs/epoch-002.h5"),
        ("epoch-010", "epochs/epoch-010.h5"),
    ],
)
def test_found_by_its_name_and_the_weights_behind_it(which, file, run):
    found = runs.find(f"{run.path}@{which}")
    assert (found.path, found.which, found.weights_file()) == (run.path, which, run.path / file)
    assert str(found) == (str(run.path) if which == "best" else f"{run.path}@{which}")
    assert found == run.at(which)


def test_found_without_weights(run):
    assert runs.find(str(run.path)) == run
    assert runs.find(str(run.path.parent)) is None
    assert runs.find(f"{run.path}-2") is None
    assert runs.find("imagenet") is None


def test_at_sign_in_a_folder_name_comes_first(run):
    other = runs.create(run.path.with_name("run@last"), MANIFEST)
    assert runs.find(f"{run.path}@last").path == other.path
    assert runs.find(f"{run.path}@last@initial").path == other.path


@pytest.mark.parametrize("which", ["epoch-3", "first", "epoch-", "../best", "epoch--2"])
def test_weights_that_are_not_there(which, run):
    message = f"must be one of initial, best, last, epoch-2, epoch-10. Received '{which}' of .*--keep-epochs"
    with pytest.raises(RunError, match=message):
        run.at(which).weights_file()


def test_weights_of_a_run_that_has_none(tmp_path):
    with pytest.raises(RunError, match=r"must be one of none yet. Received 'best'"):
        runs.create(tmp_path, MANIFEST).weights_file()


def test_history_and_state_before_the_first_epoch(run):
    assert run.history.empty
    with pytest.raises(RunError, match=r"state.json of a run must be readable JSON"):
        _ = run.state
    write_json(run.path / "state.json", {"status": "running"})
    assert run.state == {"status": "running"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "readable JSON. Received .*The run is damaged"),
        ("3", "must hold an object"),
        ('{"format": "artlucid.weights", "version": 1}', "format 'artlucid.run' and a version. Received .*weights"),
        ('{"format": "artlucid.run", "version": "1"}', "version '1'. It was not written by artlucid"),
        ('{"format": "artlucid.run", "version": 2}', "at most 1. Received .* of version 2. It was written by a newer"),
    ],
)
def test_manifest_of_another_kind(content, message, run):
    (run.path / "run.json").write_text(content)
    for opening in (runs.open_run, lambda path: runs.find(str(path)), lambda path: runs.list_runs(path.parent)):
        with pytest.raises(RunError, match=message):
            opening(run.path)


def test_runs_below_a_folder_in_the_order_of_their_paths(run, tmp_path):
    runs.create(tmp_path / "deep" / "b", MANIFEST)
    runs.create(tmp_path / "deep" / "a", MANIFEST)
    names = [found.path.relative_to(tmp_path).as_posix() for found in runs.list_runs(tmp_path)]
    assert names == ["deep/a", "deep/b", "run"]
    assert runs.list_runs(tmp_path / "none") == []


def test_lock_is_for_one_at_a_time(tmp_path):
    refused = pytest.raises(RunError, match=r"one process at a time. Received .*Wait")
    with runs.lock(tmp_path / "run"), refused, runs.lock(tmp_path / "run"):
        pass
    with runs.lock(tmp_path / "run"):
        pass


def test_lock_is_released_by_an_error(tmp_path):
    with pytest.raises(KeyError), runs.lock(tmp_path / "run"):
        raise KeyError
    with runs.lock(tmp_path / "run"):
        pass


def test_errors_within_the_lock_are_not_its_own(tmp_path):
    with pytest.raises(FileNotFoundError), runs.lock(tmp_path / "run"):
        (tmp_path / "missing").read_text()


def test_lock_where_no_folder_can_be(tmp_path):
    (tmp_path / "file").write_text("")
    refused = pytest.raises(RunError, match=r"must be writable. Received .*Change the rights")
    with refused, runs.lock(tmp_path / "file" / "run"):
        pass
