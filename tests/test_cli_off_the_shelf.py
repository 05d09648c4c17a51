"""The command `off-the-shelf`."""

import json

import pytest
from finetune import shelf
from test_cli import TINY_COMMAND, command, invoke
from test_cli import messages_as_before as messages_as_before

from artlucid import runs
from artlucid.finetune import _features

pytestmark = pytest.mark.usefixtures("tiny")


def off_the_shelf(data, out, *more):
    settings = ("--weights", "none", "--architecture", "tiny")
    return ("off-the-shelf", data.specification, "--out", out, *settings, *more)


def test_in_json(data, tmp_path):
    shown = invoke(*off_the_shelf(data, tmp_path / "run", "--json", "--seed", 4, "--epochs", 2, "--batch-size", 12))
    assert shown.exit_code == 0, shown.stderr
    made = runs.open_run(tmp_path / "run")
    best = made.history.iloc[made.state["best_epoch"] - 1]
    assert json.loads(shown.stdout) == {
        "run": str(tmp_path / "run"),
        "head": "dense",
        "epochs": 2,
        "best_epoch": made.state["best_epoch"],
        "validation": {"head_loss": best["val_head_loss"], "loss": best["val_loss"], "top_1": best["val_top_1"]},
        "precision": {"requested": "float32", "used": "float32", "reason": "as asked for"},
        "changed_environments": [],
    }
    recipe = made.manifest["recipe"]
    assert (recipe["name"], recipe["epochs"], recipe["batch_size"], made.manifest["seed"]) == (
        "off_the_shelf (epochs=2, batch_size=12)",
        2,
        12,
        4,
    )


def test_in_words(data, tmp_path):
    shown = invoke(*off_the_shelf(data, tmp_path / "run", "--epochs", 1))
    assert shown.stdout.startswith(f"{tmp_path / 'run'}: dense head, best epoch 1 of 1, validation loss ")
    assert ", validation top-1 " in shown.stdout


def test_several_labels_in_words(data, tmp_path):
    from artlucid.cli import _off_the_shelf

    run = shelf.train(shelf.with_several_labels(data), tmp_path / "run")
    results, text = _off_the_shelf._off_the_shelf_results(run)
    score = run.history["val_mean_average_precision"][run.state["best_epoch"] - 1]
    assert results["validation"]["mean_average_precision"] == score
    assert text.endswith(f", validation mean average precision {score:.1%}")


def test_svm_with_the_features_of_another_run(data, tmp_path, monkeypatch):
    assert invoke(*off_the_shelf(data, tmp_path / "dense", "--epochs", 1)).exit_code == 0
    monkeypatch.setattr(_features, "compute", None)
    shown = invoke(*off_the_shelf(data, tmp_path / "svm", "--head", "svm", "--features", tmp_path / "dense", "--json"))
    assert shown.exit_code == 0, shown.stderr
    assert f"features of {tmp_path / 'dense'} are used again" in shown.stderr
    assert json.loads(shown.stdout)["head"] == "svm"


def test_resumed_with_what_it_recorded(data, tmp_path):
    run = shelf.train(data, tmp_path / "run", precision="bfloat16")
    state = json.loads((run.path / "state.json").read_text())
    (run.path / "state.json").write_text(json.dumps({**state, "status": "interrupted"}))
    arguments = ("off-the-shelf", data.specification, "--out", run.path, "--resume", "--quiet", "--json")
    resumed = command(*arguments, script=TINY_COMMAND)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    results = json.loads(resumed.stdout)
    assert (results["epochs"], results["precision"]["used"]) == (3, "bfloat16")


def test_quiet_success_writes_nothing_to_standard_error(data, tmp_path):
    done = invoke(*off_the_shelf(data, tmp_path / "run", "--quiet", "--json"))
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["epochs"] == 20


ERRORS = {
    "head": (("--head", "forest"), "`head` must be one of dense, svm. Received 'forest'"),
    "head, with epochs": (("--head", "forest", "--epochs", "2"), "`head` must be one of dense, svm"),
    "epochs of svm": (("--head", "svm", "--epochs", "2"), "`--epochs` and `--batch-size` belong to the dense head"),
    "epochs": (("--epochs", "0"), "`epochs` of a recipe must be an integer of at least 1. Received 0"),
    "precision": (("--precision", "half"), "`precision` must be auto or one of"),
    "weights": (("--weights", "nowhere.npz"), "Received 'nowhere.npz', which does not exist"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_deliberate_errors_are_a_message_and_code_2(case, data, tmp_path):
    options, message = ERRORS[case]
    shown = invoke(*off_the_shelf(data, tmp_path / "run", *options))
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.splitlines()[-1].startswith("error: ") and message in shown.stderr
    assert not (tmp_path / "run").exists()


def test_fine_tuning_does_not_go_on_with_it(data, tmp_path):
    assert invoke(*off_the_shelf(data, tmp_path / "run", "--epochs", 1)).exit_code == 0
    shown = invoke("finetune", data.specification, "--out", tmp_path / "run", "--resume")
    assert shown.exit_code == 2
    assert "Go on with `artlucid off-the-shelf`" in shown.stderr
