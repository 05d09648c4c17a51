import json

import pytest

from artlucid import runs
from artlucid.errors import RunError
from artlucid.files import write_json

MANIFEST = {"recipe": {"name": "A"}, "seed": 4}
STATE = {"status": "running", "epochs_done": 10, "best_epoch": 2, "best_loss": 0.25}


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
    run = runs.create(tmp_path, MANIFEST)
    message = "must be one of {}. Received '{}' of .* No epoch of it is finished yet: go on with `--resume`.$"
    for which in ("best", "last", "epoch-1"):
        with pytest.raises(RunError, match=message.format("none yet", which)):
            run.at(which).weights_file()
    (tmp_path / "initial.h5").write_bytes(b"")
    with pytest.raises(RunError, match=message.format("initial", "best")):
        run.weights_file()


def test_best_weights_that_were_removed(run):
    (run.path / "best.h5").unlink()
    with pytest.raises(
        RunError, match=r"must be one of initial, last, .*Received 'best' of .*removed or never written"
    ):
        run.weights_file()


@pytest.mark.parametrize(
    ("file", "which"),
    [
        ("best.h5", "best"),
        ("initial.h5", "initial"),
        ("last.h5", "last"),
        ("epochs/epoch-002.h5", "epoch-2"),
        ("epochs/epoch-010.h5", "epoch-10"),
        ("epochs/epoch-003.h5", "epoch-3"),  # one that is not there, of which the run can say more
    ],
)
def test_found_by_a_weights_file_in_it(file, which, run, monkeypatch):
    found = runs.find(str(run.path / file))
    assert (found, found.explicit) == (run.at(which), True)
    monkeypatch.chdir((run.path / file).parent)
    assert runs.find((run.path / file).name) == found
    monkeypatch.chdir(run.path.parent)
    assert runs.find(f"run/{file}") == found


@pytest.mark.parametrize("file", ["other.h5", "epochs/best.h5", "epoch-002.h5", "epochs/epoch-2.h5", "best.npz"])
def test_other_files_in_a_run_are_not_its_weights(file, run):
    (run.path / file).write_bytes(b"")
    assert runs.find(str(run.path / file)) is None


def test_weights_file_in_a_run_of_any_name(run):
    named = run.path.rename(run.path.with_name("epochs"))
    assert runs.find(str(named / "best.h5")).path == named
    assert runs.find(str(named / "epochs" / "epoch-002.h5")).which == "epoch-2"


def test_weights_file_beside_no_run(run):
    (run.path / "run.json").unlink()
    assert runs.find(str(run.path / "best.h5")) is None


def test_only_weights_asked_for_by_name_are_explicit(run):
    assert not runs.find(str(run.path)).explicit
    assert runs.find(f"{run.path}@best").explicit
    assert run.at("best").explicit


def test_history_and_state_before_the_first_epoch(run):
    assert run.history.empty
    with pytest.raises(RunError, match=r"state.json of a run must be readable JSON"):
        _ = run.state
    first = {"status": "running", "epochs_done": 0, "best_epoch": 0, "best_loss": None}
    write_json(run.path / "state.json", first)
    assert run.state == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": None}, "with status None. The run is damaged"),
        ({"epochs_done": "3"}, "with epochs_done '3'"),
        ({"epochs_done": 3.5}, "with epochs_done 3.5"),
        ({"epochs_done": True}, "with epochs_done True"),
        ({"best_epoch": None}, "with best_epoch None"),
        ({"best_loss": "inf"}, "with best_loss 'inf'"),
        ({"version": 2, "status": None}, "at most 1. Received .*state.json of version 2.*upgrade"),
    ],
)
def test_state_with_something_else_in_it(change, message, run):
    write_json(run.path / "state.json", STATE | change)
    with pytest.raises(RunError, match=message):
        _ = run.state


@pytest.mark.parametrize("key", STATE)
def test_state_with_something_missing(key, run):
    write_json(run.path / "state.json", {name: value for name, value in STATE.items() if name != key})
    with pytest.raises(RunError, match=f"must hold status, .* Received .*state.json with {key} 'missing'. The run is"):
        _ = run.state


def test_state_of_today_and_what_is_added_to_it(run):
    for content in (STATE, {"format": "artlucid.state", "version": 1, **STATE, "best_loss": 1, "more": [1]}):
        write_json(run.path / "state.json", content)
        assert run.state == content


def test_lineage(run, monkeypatch):
    earlier = {"source": "imagenet", "identity": "0", "lineage": {}}
    manifest = {
        **MANIFEST,
        "created": "today",
        "architecture": {"name": "inception_v1", "variant": "mini"},
        "dataset": {"specification": "synthetic:styles"},
        "initial_weights": earlier,
        "environment": {"precision": {"requested": "auto", "used": "bfloat16"}},
    }
    made = runs.create(run.path, manifest)
    write_json(run.path / "state.json", {**STATE, "selected_by": "val_loss", "seconds": [1.0]})
    expected = {
        "run": str(run.path),
        "which": "best",
        "recipe": {"name": "A"},
        "seed": 4,
        "architecture": {"name": "inception_v1", "variant": "mini"},
        "dataset": {"specification": "synthetic:styles"},
        "initial_weights": earlier,
        "precision": "bfloat16",
        **STATE,
        "selected_by": "val_loss",
    }
    assert made.lineage == expected
    assert json.loads(json.dumps(made.at("epoch-2").lineage)) == {**expected, "which": "epoch-2"}
    monkeypatch.chdir(run.path.parent)
    assert runs.find("run").lineage == expected


@pytest.mark.parametrize("environment", [None, {}, {"precision": None}, "here"])
def test_lineage_of_a_run_that_records_less(environment, run):
    write_json(run.path / "state.json", STATE)
    lineage = runs.create(run.path, {**MANIFEST, "environment": environment}).lineage
    assert (lineage["precision"], lineage["dataset"], lineage["selected_by"]) == (None, None, None)


def test_lineage_needs_the_state(run):
    with pytest.raises(RunError, match=r"state.json of a run must be readable JSON"):
        _ = run.lineage


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "readable JSON. Received .*The run is damaged"),
        ("[" * 100_000, "readable JSON. Received .*The run is damaged"),
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
