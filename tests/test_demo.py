import dataclasses
import json
import shutil

import pytest
from finetune import small
from PIL import Image

from artlucid import compare, demo, evaluate, finetune, runs
from artlucid.demo import _demo
from artlucid.errors import DataError, RunError, RunWarning

OPTIONS = finetune.Options(architecture="tiny", precision="float32", progress=False)


@pytest.fixture
def exported(monkeypatch):
    return note_exports(monkeypatch)


def note_exports(patch):
    """Tiny has no graph of Lucid's; what is exported is noted instead."""
    calls = []
    patch.setattr(_demo.export, "frozen_graph", lambda run, path: calls.append((run, path)) or path)
    return calls


@pytest.fixture
def unseen(monkeypatch):
    """Without the look at what was trained, which two tests are about."""
    for name in ("paint", "draw", "compared", "write_page"):
        monkeypatch.setattr(_demo, name, lambda *_: None)


def test_every_step_on_data_of_ones_own(tiny, data, exported, tmp_path):
    made = demo.run(tmp_path, data=data, epochs=demo.QUICK_EPOCHS, seed=2, options=OPTIONS)
    run = runs.open_run(tmp_path / "run")
    assert (run.state["status"], run.state["epochs_done"], run.manifest["seed"]) == ("finished", 2, 2)
    assert run.manifest["recipe"]["name"] == "demo"
    assert made.scores == evaluate.evaluate(run, data)
    assert made.scores.split == "test"
    assert made.chance == pytest.approx(1 / 3)
    assert exported == [(run, tmp_path / "network.pb")]
    assert set(made.seconds) == {"data", "finetune", "evaluate", "export", "visualize", "compare", "report"}
    content = made.to_json()
    assert content["scores"] == made.scores.to_json()
    assert (content["run"], content["graph"]) == (str(tmp_path / "run"), str(tmp_path / "network.pb"))
    assert (made.starts, content["starts"]) == ((), [])
    assert made.networks == {"start": f"{run.path}@initial", "first task": str(run.path)}


@pytest.fixture(scope="module")
def twice(tiny, data, tmp_path_factory):
    """A demo with a second task, and the data of that."""
    second = small.with_several_labels(data)
    with pytest.MonkeyPatch.context() as patch:
        note_exports(patch)
        yield demo.run(tmp_path_factory.mktemp("demo"), data=data, then=second, epochs=1, options=OPTIONS), second


def test_what_was_trained_is_compared_and_browsed(twice):
    made, second = twice
    out = made.run.path.parent
    names = ["start", "first task", "second task alone", "second task after the first"]
    assert list(made.networks) == names
    found = compare.read(out / "comparison")
    assert found.manifest["dataset"]["identity"] == second.identity
    assert len(found.manifest["pairs"]) == 6
    page = json.loads((out / "page" / "page.json").read_text(encoding="utf-8"))
    assert list(page["models"].values()) == names
    assert made.page.path == out / "page" / "index.html"
    shown = made.page.path.read_text(encoding="utf-8")
    for scores in (
        made.scores,
        *(start.scores for start in made.starts if start.run.path.name in ("direct", "double")),
    ):
        value = scores.top_1 if scores.top_1 is not None else scores.mean_average_precision
        assert f"{value:.1%}".replace("%", "") in shown
    pictures = [
        sorted(path.name for path in (out / "pictures").glob(f"{name.replace(' ', '-')}/*.png")) for name in names
    ]
    assert len(pictures[0]) == 1 and all(one == pictures[0] for one in pictures)
    with Image.open(made.figure) as figure:
        assert figure.width > 100


def test_chance_is_the_most_frequent_class(tiny, data, exported, unseen, tmp_path):
    few = data.with_splits({**data.splits, "test": data.test.select([0, 1, 2, 4])})
    assert demo.run(tmp_path, data=few, epochs=1, options=OPTIONS).chance == 0.75


def test_again_it_says_that_the_run_is_finished(tiny, data, exported, unseen, tmp_path):
    first = demo.run(tmp_path, data=data, epochs=1, options=OPTIONS)
    with pytest.warns(RunWarning, match="is finished"):
        again = demo.run(tmp_path, data=data, epochs=1, options=OPTIONS)
    assert again.scores == first.scores
    with pytest.raises(RunError, match="seed was 0, is 1"):
        demo.run(tmp_path, data=data, epochs=1, seed=1, options=OPTIONS)


def test_weights_of_ones_own_are_fine_tuned_by_mode_a(tiny, data, exported, unseen, tmp_path):
    start = small.train(data, tmp_path / "start", recipe=dataclasses.replace(small.RECIPE, epochs=1))
    options = dataclasses.replace(OPTIONS, architecture=None)
    made = demo.run(tmp_path / "demo", data=data, weights=str(start.path), epochs=1, options=options)
    assert made.run.manifest["recipe"]["name"] == "A"
    assert made.run.manifest["initial_weights"]["source"] == str(start.path)


def test_four_ways_to_a_second_task(twice):
    made, second = twice
    out = made.run.path.parent
    ways = [
        ("off-the-shelf", "random weights", "off_the_shelf"),
        ("off-the-shelf-double", "after the first task", "off_the_shelf"),
        ("direct", "random weights", "demo_direct (epochs=1)"),
        ("double", "after the first task", "demo_double (epochs=1)"),
    ]
    for start, (folder, described, recipe) in zip(made.starts, ways, strict=True):
        assert start.run.path == out / "second" / folder
        assert described in start.description
        assert start.run.manifest["recipe"]["name"] == recipe
        parent = start.run.manifest["initial_weights"]["lineage"]
        assert parent.get("run") == (str(out / "run") if described == "after the first task" else None)
        assert start.scores == evaluate.evaluate(start.run, second)
    positives = second.test.labels.sum(axis=0)
    assert made.second_chance == pytest.approx(positives[positives > 0].mean() / len(second.test))


def test_missing_test_split_is_found_before_the_training(data, tmp_path):
    shutil.copytree(data.root, tmp_path / "drawn")
    shutil.rmtree(tmp_path / "drawn" / "test")
    with pytest.raises(DataError, match="Received 'test'"):
        demo.run(tmp_path / "out", data=f"folder:{tmp_path}/drawn", options=OPTIONS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", ["data", "then"])
def test_data_of_the_other_task_are_refused_before_anything_is_trained(wrong, data, tmp_path, expect_refusal):
    several = small.with_several_labels(data)
    given = {"data": several} if wrong == "data" else {"data": data, "then": data}
    wanted = "one label" if wrong == "data" else "several labels"
    with expect_refusal(f"`{wrong}` of a demo must have {wanted} an image", "_label", "Choose other", kind=DataError):
        demo.run(tmp_path / "demo", **given, options=OPTIONS)
    assert not (tmp_path / "demo").exists()


def test_second_data_without_a_test_split_are_refused_before_anything_is_trained(data, tmp_path):
    several = small.with_several_labels(data)
    without = several.with_splits({name: split for name, split in several.splits.items() if name != "test"})
    with pytest.raises(DataError, match="Received 'test'"):
        demo.run(tmp_path / "demo", data=data, then=without, options=OPTIONS)
    assert not (tmp_path / "demo").exists()
