"""The recipe as `artlucid finetune` takes it: by name or file, with what is changed on the command line."""

import logging
import warnings

import pytest
from typer.testing import CliRunner

from artlucid import cli, recipes, runs
from artlucid.recipes import RECIPES


@pytest.fixture(autouse=True)
def messages_as_before(monkeypatch):
    """The command line sets the messages of its process; here they are put back."""
    logger = logging.getLogger("artlucid")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


def invoke(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def begin(data, out, *options):
    always = ("--weights", "none", "--architecture", "tiny", "--precision", "float32", "--quiet")
    return invoke("finetune", data.specification, "--out", out, *always, *options)


def recorded(out):
    return recipes.from_json(runs.open_run(out).manifest["recipe"])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "gentle.toml"
    path.write_text('base = "F"\nhead_rate = 0.02\nepochs = 3\n[initialization]\nbias = 0.25\n')
    return path


@pytest.fixture(scope="module")
def run(tiny, data, tmp_path_factory):
    """A run of mode A at half the rate, begun with all three ways to change a recipe."""
    out = tmp_path_factory.mktemp("run") / "run"
    settings = ("--set", "head_rate=0.005", "--set", "initialization.kernel=HeNormal", "--set", "epochs=7")
    shown = begin(data, out, *settings, "--epochs", 1, "--batch-size", 12)
    assert shown.exit_code == 0, shown.stderr
    return out


def test_set_on_the_default_recipe(run):
    changes = {"head_rate": 0.005, "epochs": 1, "initialization.kernel": "HeNormal", "batch_size": 12}
    assert recorded(run) == recipes.changed(RECIPES["A"], changes)
    assert recorded(run).name == "A"
    assert recipes.differences(recorded(run)) == changes


def test_set_on_a_file(tiny, data, file, tmp_path):
    shown = begin(data, tmp_path / "run", "--recipe", file, "--set", "epochs=1")
    assert shown.exit_code == 0, shown.stderr
    made = recorded(tmp_path / "run")
    assert (made.name, made.source) == ("gentle (epochs=1)", "gentle.toml, on F, with epochs=1")
    assert (made.head_rate, made.body_rate, made.epochs, made.initialization.bias) == (0.02, 0.01, 1, 0.25)


@pytest.mark.filterwarnings("default::artlucid.errors.RunWarning")
def test_shortened_file_that_ends_far_from_its_rates(tiny, data, file, tmp_path):
    """Five steps an epoch: 0.02 / (1 + 0.5 * 4) at the end of one, 0.02 / (1 + 0.5 * 14) at the end of three."""
    file.write_text('base = "F"\nhead_rate = 0.02\nepochs = 3\ndecay = 0.5\nbatch_size = 8\n')
    settings = ("--weights", "none", "--architecture", "tiny", "--recipe", file, "--epochs", 1)
    shown = invoke("finetune", data.specification, "--out", tmp_path / "run", *settings)
    assert shown.exit_code == 0, shown.stderr
    assert "warning: 1 of the 3 epochs of recipe 'gentle' end far from where all do" in shown.stderr
    rates = runs.open_run(tmp_path / "run").manifest["final_rates"]
    assert (rates["head_rate"], rates["of_the_whole_recipe"]["head_rate"]) == pytest.approx((0.02 / 3, 0.02 / 8))


SAME = {
    "nothing": (),
    "one of the changes": ("--set", "epochs=1"),
    "another of them": ("--batch-size", 12),
    "the whole again": (
        *("--recipe", "A", "--set", "initialization={kernel = 'HeNormal'}", "--set", "head_rate=0.005"),
        *("--epochs", 1, "--batch-size", 12),
    ),
}
OTHER = {
    "another rate": (("--set", "head_rate=0.006"), "recipe.head_rate was 0.005, is 0.006"),
    "the row as it stands": (("--recipe", "A"), "recipe.head_rate was 0.005, is 0.01"),
    "another row": (("--recipe", "B"), "recipe.name was 'A', is 'B'"),
}


@pytest.mark.filterwarnings("default::artlucid.errors.RunWarning")
@pytest.mark.parametrize("case", [*SAME, *OTHER, "a file that says the same"])
def test_resumed_run_holds_to_its_recipe(case, run, data, tmp_path, monkeypatch):
    monkeypatch.setattr("artlucid.cli._runs.use_threads", lambda recorded: None)  # set already, by the training before
    same = tmp_path / "same.toml"
    same.write_text(
        'base = "A"\nname = "A"\nhead_rate = 0.005\nepochs = 1\nbatch_size = 12\ninitialization.kernel = "HeNormal"'
    )
    options, difference = OTHER.get(case, (SAME.get(case, ("--recipe", same)), None))
    resumed = invoke("finetune", data.specification, "--out", run, "--resume", "--quiet", *options)
    assert resumed.exit_code == (0 if difference is None else 2), resumed.stderr
    assert (difference or "") in resumed.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "haed_rate=0.1"), "For 'haed_rate', did you mean 'head_rate'"),
        (("--set", "head_rate"), "`--set` must be FIELD=VALUE"),
        (("--set", "epochs=1.5"), "`epochs` of a recipe must be an integer of at least 1. Received 1.5"),
        (("--set", 'trainable=[["conv2d1", true]]'), "The policy `trainable` must cover every layer"),
        (("--recipe", "absent.toml"), "'absent.toml', which does not exist"),
    ],
)
def test_refused_before_anything_is_written(options, message, tiny, data, tmp_path):
    shown = begin(data, tmp_path / "run", *options)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert message in shown.stderr
    assert not (tmp_path / "run").exists()
