"""The command line: in this process where nothing speaks against it, in processes of their own where it matters."""

import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from finetune import small
from typer.testing import CliRunner

import artlucid
from artlucid import cli, datasets, models, runs
from artlucid.errors import ArtlucidError, DataWarning

# The command as a script of its own, with `tiny` among the architectures.
TINY_COMMAND = f"""
import sys
sys.path.insert(0, {os.path.dirname(__file__)!r})
import pytest
from artlucid import cli
from artlucid.cli import _app
with _app.tensorflow_silenced():
    from finetune import small
small.register_tiny(pytest.MonkeyPatch())
"""


@pytest.fixture(autouse=True)
def messages_as_before(monkeypatch):
    """The command line sets the messages of its process; here they are put back."""
    import logging
    import warnings

    logger = logging.getLogger("artlucid")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    handlers, level = list(logger.handlers), logger.level
    of_tensorflow = logging.getLogger("tensorflow")
    filters = list(of_tensorflow.filters)
    yield
    of_tensorflow.filters[:] = filters
    logger.handlers[:] = handlers
    logger.setLevel(level)


def invoke(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def environment():
    """That of a user: without what the tests set."""
    return {
        **{name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"},
        "PYTHONUNBUFFERED": "1",
    }


def command(*arguments, script=None, **options):
    start = (
        [sys.executable, "-c", script + "\ncli.main()"]
        if script
        else [sys.executable, "-c", "from artlucid.cli import main; main()"]
    )
    return subprocess.run(
        [*start, *map(str, arguments)], capture_output=True, text=True, check=False, env=environment(), **options
    )


def finetune(data, out, *more):
    settings = ("--recipe", "A", "--weights", "none", "--architecture", "tiny", "--batch-size", "12", "--epochs", "1")
    return ("finetune", data.specification, "--out", out, "--precision", "float32", *settings, *more)


@pytest.fixture(scope="module")
def run(tiny, data, tmp_path_factory):
    return small.train(data, tmp_path_factory.mktemp("run") / "run")


def test_version_without_tensorflow():
    script = "import sys\nfrom artlucid import cli\ntry:\n    cli.app(['--version'])\nexcept SystemExit:\n    pass\n"
    script += "print(sorted({'tensorflow', 'keras', 'pandas', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"artlucid {artlucid.__version__}\n[]\n"
    assert done.stderr == ""


def test_help_names_the_commands():
    shown = invoke("--help")
    assert shown.exit_code == 0
    for name in ("demo", "finetune", "off-the-shelf", "evaluate", "export"):
        assert f"  {name} " in shown.stdout
    for name in ("demo", "finetune", "off-the-shelf", "evaluate", "export"):
        options = invoke(name, "--help")
        assert options.exit_code == 0
        assert "--quiet" in options.stdout and "--json" in options.stdout


def test_finetune_in_json(tiny, data, tmp_path):
    shown = invoke(*finetune(data, tmp_path / "run", "--json", "--keep-epochs", "--seed", 4))
    assert shown.exit_code == 0, shown.stderr
    results = json.loads(shown.stdout)
    made = runs.open_run(tmp_path / "run")
    best = made.history.iloc[0]
    assert results == {
        "run": str(tmp_path / "run"),
        "epochs": 1,
        "best_epoch": 1,
        "validation": {"head_loss": best["val_head_loss"], "loss": best["val_loss"], "top_1": best["val_top_1"]},
        "precision": {"requested": "float32", "used": "float32", "reason": "as asked for"},
        "changed_environments": [],
    }
    recipe = made.manifest["recipe"]
    assert (recipe["name"], recipe["epochs"], recipe["batch_size"], made.manifest["seed"]) == ("A", 1, 12, 4)
    assert made.at("epoch-1").weights_file().exists()


def test_metadata_go_into_the_manifest(tiny, data, tmp_path):
    table = tmp_path / "metadata.csv"
    table.write_text("path,artist\n" + "".join(f"{path},x\n" for path in data.split("all").relative_paths))
    shown = invoke(*finetune(data, tmp_path / "run", "--metadata", table))
    assert shown.exit_code == 0, shown.stderr
    described = runs.open_run(tmp_path / "run").manifest["dataset"]
    assert (described["metadata_columns"], described["identity"]) == (["artist"], data.identity)


def test_finetune_in_words(tiny, data, tmp_path):
    shown = invoke(*finetune(data, tmp_path / "run"))
    assert shown.stdout.startswith(f"{tmp_path / 'run'}: best epoch 1 of 1, validation loss ")
    assert "epoch 1/1: loss " in shown.stderr


def test_evaluate_in_json(run, data):
    shown = invoke("evaluate", run.path, "--data", data.specification, "--split", "val", "--json")
    assert shown.exit_code == 0, shown.stderr
    results = json.loads(shown.stdout)
    assert (results["split"], results["images"], results["model"]) == ("val", 12, str(run.path))
    assert "test" not in set(results) | set(results["class_accuracies"])


def test_evaluate_in_words(run, data):
    shown = invoke("evaluate", f"{run.path}@last", "--data", data.specification)
    assert f"{run.path}@last on the test split of {data.specification}: 12 images" in shown.stdout
    assert "test top-1 " in shown.stdout


def test_evaluate_takes_metadata(run, data, tmp_path):
    table = tmp_path / "metadata.csv"
    table.write_text("path,artist\nnowhere.png,x\n")
    shown = invoke("evaluate", run.path, "--data", data.specification, "--metadata", table)
    assert shown.exit_code == 2
    assert "The column 'path' must name images of the dataset" in shown.stderr


def test_evaluate_several_in_json(run, data, tmp_path):
    models = (f"{run.path}@initial", run.path)
    settings = ("--intervals", "--level", 0.9, "--resamples", 100, "--seed", 3)
    shown = invoke(
        "evaluate", *models, "--data", data.specification, *settings, "--predictions", tmp_path / "p.csv", "--json"
    )
    assert shown.exit_code == 0, shown.stderr
    first, second = json.loads(shown.stdout)["scores"]
    assert (first["model"], second["model"]) == (f"{run.path}@initial", str(run.path))
    assert {"level": 0.9, "resamples": 100, "seed": 3}.items() <= first["intervals"]["top_1"].items()
    assert second["difference"]["values"]["top_1"] == pytest.approx(second["top_1"] - first["top_1"])
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 1 + 2 * 12


def test_evaluate_an_ensemble_in_words(run, data):
    shown = invoke("evaluate", run.path, f"{run.path}@initial", "--data", data.specification, "--ensemble")
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.startswith(
        f"ensemble of 2 on the test split of {data.specification}: 12 images\n  {run.path}\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--ensemble",), "error: An ensemble must have two networks or more. Received "),
        (("--level", 0.9), "must come with `--intervals`. Received --level 0.9 without it"),
        (("--intervals", "--level", 95), "error: `level` of an interval must be above 0 and below 1. Received 95"),
        (("--intervals", "--resamples", 10), "error: `resamples` of an interval must be an integer of at least 100"),
        (("--predictions", "p.npz"), "error: `predictions` must be a file that ends in .csv. Received 'p.npz'"),
    ],
)
def test_evaluate_with_options_that_do_not_fit(options, message, run, data):
    shown = invoke("evaluate", run.path, "--data", data.specification, *options)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert message in shown.stderr


def test_export_as_keras_file(run, tmp_path):
    shown = invoke("export", run.path, tmp_path / "network.keras", "--json")
    assert shown.exit_code == 0, shown.stderr
    assert json.loads(shown.stdout)["file"] == str(tmp_path / "network.keras")
    assert json.loads(shown.stdout)["identity"] == models.load(run).identity
    assert (tmp_path / "network.keras").exists()


ERRORS = {
    "recipe": (("--recipe", "AB"), "`recipe` must be one of A, B"),
    "seed": (("--seed", "-1"), "`seed` must be an integer of at least 0. Received -1"),
    "epochs": (("--epochs", "0"), "`epochs` of a recipe must be an integer of at least 1. Received 0"),
    "batch size": (("--batch-size", "0"), "`batch_size` of a recipe must"),
    "weights": (("--weights", "nowhere.npz"), "Received 'nowhere.npz', which does not exist"),
    "precision": (("--precision", "half"), "`precision` must be auto or one of"),
    "excluded": (("--max-excluded", "2"), "`max_excluded` must be a part"),
    "metadata": (("--metadata", "nowhere.csv"), "nowhere.csv: No such file"),
    "split seed": (("--split-seed", "1"), "`split_seed` must be given once, and only with paintings:PATH"),
    "devices": (("--devices", "some"), "`devices` must be one of one, all. Received 'some'"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_deliberate_errors_are_a_message_and_code_2(case, tiny, data, tmp_path):
    options, message = ERRORS[case]
    shown = invoke(*finetune(data, tmp_path / "run", *options))
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert shown.stderr.splitlines()[-1].startswith("error: ")
    assert message in shown.stderr
    assert "Traceback" not in shown.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("evaluate", "no-run", "--data", "synthetic:nothing"), "error: "),
        (("finetune", "folder:/no/such/folder", "--out", "x"), "error: "),
        (("finetune", "iconart:/no/such/folder", "--out", "x"), "`iconart:PATH` must name an existing folder"),
        (("export", "no-run", "x.onnx"), "error: FILE must end in .pb or .keras. Received 'x.onnx'"),
        (("evaluate", "none", "--data", "folder:/"), "`architecture` must name the network"),
        (("finetune", "rasta:/x"), "Missing option '--out'"),
    ],
)
def test_other_commands_too(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = invoke(*arguments)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert message in shown.stderr
    assert list(tmp_path.iterdir()) == []


def test_our_own_bugs_keep_their_traceback(run, data, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(artlucid.evaluate, "evaluate", broken)
    shown = invoke("evaluate", run.path, "--data", data.specification)
    assert isinstance(shown.exception, ZeroDivisionError)
    assert "error: " not in shown.stderr


def test_error_that_is_no_artlucid_error_stays_a_value_error(run, data, monkeypatch):
    def broken(*_, **__):
        raise ValueError("a bug")

    assert issubclass(ArtlucidError, ValueError)
    monkeypatch.setattr(artlucid.evaluate, "evaluate", broken)
    assert isinstance(invoke("evaluate", run.path, "--data", data.specification).exception, ValueError)


def test_ctrl_c_is_130(run, data, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(artlucid.evaluate, "evaluate", interrupted)
    shown = invoke("evaluate", run.path, "--data", data.specification)
    assert (shown.exit_code, shown.stdout) == (130, "")
    assert shown.stderr.endswith("interrupted\n")


@pytest.mark.filterwarnings("default::artlucid.errors.DataWarning")
def test_warnings_are_lines_unless_quiet(tiny, data, monkeypatch):
    import warnings

    from artlucid import evaluate, models

    def warned(*_, **__):
        warnings.warn("one image is odd", DataWarning, stacklevel=2)
        raise artlucid.errors.DataError("stop")

    monkeypatch.setattr(evaluate, "evaluate", warned)
    monkeypatch.setattr(models, "load", lambda *_, **__: None)
    assert "warning: one image is odd\n" in invoke("evaluate", "x", "--data", data.specification).stderr
    assert invoke("evaluate", "x", "--data", data.specification, "--quiet").stderr == "error: stop\n"


def test_each_networks_own_functions_are_no_reason_to_warn(run, data, monkeypatch, caplog):
    import tensorflow as tf

    from artlucid import evaluate

    def many_networks(*_, **__):
        for _ in range(6):
            keras.Sequential([keras.layers.Dense(1)]).predict(np.ones((1, 1)), verbose=0)
        tf.get_logger().warning("something else")
        raise artlucid.errors.DataError("stop")

    monkeypatch.setattr(evaluate, "evaluate", many_networks)
    with caplog.at_level("WARNING", logger="tensorflow"):
        assert invoke("evaluate", run.path, "--data", data.specification).exit_code == 2
    assert [record.getMessage() for record in caplog.records if record.name == "tensorflow"] == ["something else"]


@pytest.mark.filterwarnings("default::artlucid.errors.DataWarning")
def test_unusable_files_are_named(run, data, tmp_path):
    import shutil

    shutil.copytree(data.root, tmp_path / "drawn")
    (tmp_path / "drawn" / "test" / "red" / "empty.jpg").write_bytes(b"")
    evaluation = ("evaluate", run.path, "--data", f"folder:{tmp_path}/drawn")
    assert invoke(*evaluation).exit_code == 2
    shown = invoke(*evaluation, "--max-excluded", 0.1)
    assert shown.exit_code == 0
    assert "warning: 1 of 13 images is left out: " in shown.stderr and "empty.jpg: it is empty" in shown.stderr


@pytest.mark.processes
def test_demo_end_to_end(tmp_path):
    drawn = datasets.synthetic(folder=tmp_path / "drawn", images_per_class=(4, 2, 2))
    options = ("--data", drawn.specification, "--quick", "--precision", "float32")
    done = command("demo", "--out", tmp_path / "out", *options, "--quiet", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads(done.stdout)
    assert results["chance"] == pytest.approx(1 / 6)
    assert results["scores"]["images"] == 12
    assert (tmp_path / "out" / "network.pb").stat().st_size > 1e6
    assert models.load(results["graph"]).layer_names
    assert runs.open_run(tmp_path / "out" / "run").manifest["recipe"]["epochs"] == 2


# Waits within a training until the test has sent its signal.
PAUSED = """
from artlucid.finetune import _callbacks
usual = _callbacks.StopAtNaN.on_train_batch_end
def paused(self, index, logs=None):
    usual(self, index, logs)
    if (self._epoch, index) == (1, 1):
        print("training", flush=True)
        sys.stdin.readline()
_callbacks.StopAtNaN.on_train_batch_end = paused
"""


@pytest.mark.processes
def test_ctrl_c_leaves_a_run_that_is_resumed_with_what_it_recorded(data, tiny, tmp_path):
    out = tmp_path / "run"
    arguments = finetune(data, out, "--epochs", "2", "--seed", "7")
    script = (
        TINY_COMMAND + "import tensorflow as tf\ntf.config.threading.set_intra_op_parallelism_threads(1)\n" + PAUSED
    )
    started = subprocess.Popen(
        [sys.executable, "-c", script + "cli.main()", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with started:
        assert started.stdout.readline() == "training\n", started.stderr.read()
        started.send_signal(signal.SIGINT)
        _, messages = started.communicate(timeout=60)
    assert started.returncode == 130, messages
    assert messages.endswith("interrupted\n")
    assert "Traceback" not in messages
    interrupted = runs.open_run(out)
    assert (interrupted.state["status"], interrupted.state["epochs_done"]) == ("interrupted", 1)
    assert interrupted.manifest["environment"]["threads"]["intra_op"] == 1

    resumed = command("finetune", data.specification, "--out", out, "--resume", "--quiet", script=TINY_COMMAND)
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert "best epoch" in resumed.stdout and " of 2, " in resumed.stdout
    assert runs.open_run(out).manifest == interrupted.manifest

    whole = TINY_COMMAND + "import tensorflow as tf\ntf.config.threading.set_intra_op_parallelism_threads(1)\n"
    settings = ("--epochs", "2", "--seed", "7", "--quiet", "--json")
    done = command(*finetune(data, tmp_path / "whole", *settings), script=whole)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["epochs"] == 2
    assert small.bits(runs.open_run(tmp_path / "whole")) == small.bits(runs.open_run(out))
