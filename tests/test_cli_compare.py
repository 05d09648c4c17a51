"""The command `compare`."""

import json

import pytest
from finetune import small
from test_cli import TINY_COMMAND, command, invoke
from test_cli import messages_as_before as messages_as_before

from artlucid import compare, figures, visualize

pytestmark = pytest.mark.usefixtures("tiny")


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    return small.train(data, tmp_path_factory.mktemp("compare") / "run", keep_epochs=True)


def arguments(data, run, out, *more):
    models = (f"{run.path}@initial", run.path)
    return ("compare", *models, "--data", data.specification, "--out", out, "--no-cache", "--k", 5, *more)


def test_in_json(data, run, tmp_path):
    settings = ("--k", 10, "--resamples", 0, "--permutations", 20, "--json")
    shown = invoke(*arguments(data, run, tmp_path / "out", *settings))
    assert shown.exit_code == 0, shown.stderr
    found, written = json.loads(shown.stdout), compare.read(tmp_path / "out")
    assert found == {
        "out": str(tmp_path / "out"),
        "n_layers": 2,
        "n_channels": 12,
        "pairs": written.manifest["pairs"],
    }
    assert written.manifest["settings"]["k"] == [5, 10]
    assert written.layers["cka_low"].isna().all() and written.layers["cka_floor"].notna().all()
    assert found["pairs"][0]["model_a"] == f"{run.path}@initial"


def test_in_words_with_epochs_and_metadata(data, run, tmp_path):
    table = tmp_path / "metadata.csv"
    table.write_text("path,artist\n" + "".join(f"{path},Hals\n" for path in data.split("all").relative_paths))
    words = ("compare", run.path, f"{run.path}@epochs", "--data", data.specification, "--out", tmp_path / "out")
    shown = invoke(*words, "--no-cache", "--pairs", "all", "--k", 5, "--metadata", table, "--quiet")
    assert shown.exit_code == 0, shown.stderr
    # The best epoch is one of the two, and is there under both names.
    summaries = compare.read(tmp_path / "out").manifest["pairs"]
    names = [str(run.path), f"{run.path}@epoch-1", f"{run.path}@epoch-2"]
    expected = [(names[0], names[1]), (names[0], names[2]), (names[1], names[2])]
    assert [(pair["model_a"], pair["model_b"]) for pair in summaries] == expected
    assert 1.0 in [pytest.approx(pair["cka_mean"]) for pair in summaries[:2]]
    assert f"tables in {tmp_path / 'out'}" in shown.stdout and "overlap 5" in shown.stdout
    assert f"{run.path}@epoch-2" in shown.stdout
    assert "Hals 100 %" in set(compare.read(tmp_path / "out").channels["metadata_artist_a"])


def test_patches_and_grids(data, run, tmp_path):
    words = ("--patch", "gradient", "--patches", 5, "--patch-channels", 2, "--grids", "conv2d1:3", "--json", "--quiet")
    settings = ("--resamples", 0, "--permutations", 0)
    shown = invoke(*arguments(data, run, tmp_path / "out", *words, *settings))
    assert shown.exit_code == 0, shown.stderr
    grids = tmp_path / "out" / "grids"
    names = ["conv2d1-0003.png", "conv2d1-0003.pdf", "conv2d1-0003-gradient.png", "conv2d1-0003-gradient.pdf"]
    assert json.loads(shown.stdout)["grids"] == [str(grids / name) for name in names]
    assert all((grids / name).stat().st_size for name in names)
    found = compare.read(tmp_path / "out")
    assert found.patches["rank"].max() == 4
    assert found.manifest["patches"]["also"] == ["conv2d1:3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--patches", 4), "go with `--patch`"),
        (("--patch", "whole"), "'whole'"),
        (("--patch", "gradient", "--patches", 0), "`--patches`"),
        (("--grids", "conv2d1"), "`layer:number`"),
    ],
)
def test_patches_refused(data, run, tmp_path, words, said):
    shown = invoke(*arguments(data, run, tmp_path / "out", *words))
    assert shown.exit_code == 2 and said in shown.stderr
    assert not (tmp_path / "out").exists()


def test_quiet_and_again(data, run, tmp_path):
    words = arguments(data, run, tmp_path / "out", "--quiet")
    first = command(*words, script=TINY_COMMAND)
    assert (first.returncode, first.stderr) == (0, "")
    assert "conv2d1" in first.stdout and "mean CKA" in first.stdout
    again = invoke(*words)
    assert (again.exit_code, again.stdout) == (0, first.stdout)


def test_refused(data, run, tmp_path):
    shown = invoke("compare", run.path, "--data", data.specification, "--out", tmp_path / "out")
    assert shown.exit_code == 2
    assert "error: `models` must be two networks or more." in shown.stderr


@pytest.fixture(scope="module")
def pictures(run, tmp_path_factory):
    """Of the second layer, before and after."""
    parent = tmp_path_factory.mktemp("pictures")
    for name, model in (("before", f"{run.path}@initial"), ("after", run.path)):
        visualize.channels(model, ["conv2d1_pre_relu:0-5"], steps=2, size=32, out=parent / name)
    return parent


def test_contact_sheets(data, run, pictures, tmp_path):
    words = ("--pictures", pictures, "--sheets", "overlap_5", "--resamples", 0, "--permutations", 0)
    shown = invoke(*arguments(data, run, tmp_path / "out", *words, "--json"))
    assert shown.exit_code == 0, shown.stderr
    path = tmp_path / "out" / "sheets" / "conv2d1_pre_relu.png"
    assert json.loads(shown.stdout)["sheets"] == [str(path)]
    before = path.read_bytes()
    shown = invoke(*arguments(data, run, tmp_path / "out", *words, "--highest-first"))
    assert f"1 contact sheet in {tmp_path / 'out' / 'sheets'}" in shown.stdout
    assert path.read_bytes() != before
    found = compare.read(tmp_path / "out").channels
    figures.save_contact_sheets(
        {f"{run.path.name}@initial": pictures / "before", run.path.name: pictures / "after"},
        order="overlap_5", channels=found, highest_first=True, out=tmp_path / "own",
    )  # fmt: skip
    assert (tmp_path / "own" / "conv2d1_pre_relu.png").read_bytes() == path.read_bytes()


def test_contact_sheets_of_several_pairs(data, run, pictures, tmp_path):
    words = ("compare", run.path, f"{run.path}@initial", run.path, "--data", data.specification, "--k", 5, "--no-cache")
    words += ("--pictures", pictures, "--sheets", "dead_a", "--resamples", 0, "--permutations", 0, "--json")
    shown = invoke(*words, "--out", tmp_path / "out")
    assert shown.exit_code == 0, shown.stderr
    folders = [tmp_path / "out" / "sheets" / f"pair-{number}" for number in (1, 2)]
    assert json.loads(shown.stdout)["sheets"] == [str(folder / "conv2d1_pre_relu.png") for folder in folders]


def test_contact_sheets_that_cannot_be(data, run, pictures, tmp_path):
    alone = invoke(*arguments(data, run, tmp_path / "out", "--sheets", "overlap_5"))
    assert alone.exit_code == 2 and "must come with folders of pictures" in alone.stderr
    without = invoke(*arguments(data, run, tmp_path / "out", "--highest-first"))
    assert without.exit_code == 2 and "must come with a column" in without.stderr
    assert not (tmp_path / "out").exists()
    words = ("--resamples", 0, "--permutations", 0, "--sheets")
    one = invoke(*arguments(data, run, tmp_path / "out", "--pictures", pictures / "after", *words, "overlap_5"))
    assert one.exit_code == 2 and "pictures of both networks of a pair" in one.stderr
    for column, reason in (("overlap_100", "which it does not have"), ("classes_a", "which holds text")):
        unknown = invoke(*arguments(data, run, tmp_path / "out", "--pictures", pictures, *words, column))
        assert unknown.exit_code == 2 and reason in unknown.stderr and "overlap_5" in unknown.stderr
    # What was computed is there.
    assert len(compare.read(tmp_path / "out").layers) == 2


def test_metadata_that_names_no_image(data, run, tmp_path):
    table = tmp_path / "metadata.csv"
    table.write_text("path,artist\nnowhere.jpg,Hals\n")
    shown = invoke(*arguments(data, run, tmp_path / "out", "--metadata", table))
    assert shown.exit_code == 2 and "'nowhere.jpg'" in shown.stderr
    assert not (tmp_path / "out").exists()
