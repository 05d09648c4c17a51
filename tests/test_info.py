import dataclasses
import doctest
import importlib
import json
import pkgutil
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from finetune import small
from typer.testing import CliRunner

from artlucid import cli, datasets, export, finetune, info, models, recipes, runs
from artlucid.datasets import Dataset, Split
from artlucid.errors import ArtlucidError, RecipeError, RunError, WeightsError
from artlucid.files import write_json
from artlucid.recipes import RECIPES

FIRST = dataclasses.replace(small.RECIPE, name="first", source="a test")
SECOND = recipes.changed(RECIPES["F"], {"epochs": 1, "batch_size": 8})
THIRD = recipes.changed(RECIPES["A"], {"epochs": 1, "layer_rates": [["conv2d0", 0.5]], "batch_size": 8})


@pytest.fixture(scope="module")
def trained(tiny, data, tmp_path_factory):
    """Three trainings, each from the one before."""
    folder = tmp_path_factory.mktemp("runs")
    first = small.train(data, folder / "first", recipe=FIRST, seed=3)
    second = small.train(data, folder / "second", recipe=SECOND, weights=first.at("last"), seed=4)
    small.train(data, folder / "third", recipe=THIRD, weights=second, seed=5)
    return folder


@pytest.fixture
def folder(trained, tmp_path, monkeypatch):
    """The same trainings at their own places, for changing: lineages hold absolute paths."""
    kept = trained.with_name(f"{trained.name}-kept")
    shutil.copytree(trained, kept)
    yield trained
    shutil.rmtree(trained)
    kept.rename(trained)


def lines_of(facts):
    return info.as_text(facts).splitlines()


def snapshot(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()}


def test_chain_of_trainings_back_to_the_first_weights(trained, data):
    facts = info.describe(str(trained / "third"))
    third, second, first, start = facts["lineage"]
    assert facts["kind"] == "run"
    assert [step["run"] for step in (third, second, first)] == [str(trained / n) for n in ("third", "second", "first")]
    assert [step["which"] for step in (third, second, first)] == ["best", "best", "last"]
    assert [step["seed"] for step in (third, second, first)] == [5, 4, 3]
    assert [step["label"] for step in (third, second, first)] == [
        'A (epochs=1, layer_rates=[["conv2d0", 0.5]], batch_size=8)',
        "F (epochs=1, batch_size=8)",
        "first",
    ]
    assert (start["weights"], set(start)) == ("none", {"weights", "identity"})
    for step, recipe in ((third, THIRD), (second, SECOND), (first, FIRST)):
        assert step["recipe"] == json.loads(json.dumps(recipes.to_json(recipe)))
        assert step["dataset"]["images"] == {"train": 36, "val": 12, "test": 12}
        assert step["dataset"]["identity"] == data.identity
        assert (step["status"], step["precision"], step["excluded"], step["now"]) == (
            "finished",
            "float32",
            0,
            "as recorded",
        )


def test_each_training_shows_the_scores_of_the_weights_that_are_meant(trained):
    third, second, first, _ = info.describe(trained / "third")["lineage"]
    history = runs.open_run(trained / "first").history
    last = history.iloc[-1]
    assert len(history) == 2
    assert first["validation"] == {
        "head_loss": last["val_head_loss"],
        "loss": last["val_loss"],
        "top_1": last["val_top_1"],
    }
    assert first["best_loss"] == history["val_head_loss"].min()
    assert second["validation"]["head_loss"] == second["best_loss"]
    assert third["identity"] is None
    assert second["identity"] == models.load(trained / "second").identity
    assert info.describe(f"{trained / 'first'}@initial")["lineage"][0]["validation"] == {}


def test_drawn_as_a_tree(trained, monkeypatch):
    monkeypatch.chdir(trained)
    lines = lines_of(info.describe("third"))
    tree = lines[: lines.index("")]
    titles = [line for line in tree if not line.lstrip("│ ").startswith(tuple("abcdefghijklmnopqrstuvwxyz"))]
    assert titles == [
        str(trained / "third"),
        f"└── {trained / 'second'}",
        f"    └── {trained / 'first'}@last",
        "        └── none",
    ]
    second, first, start = (tree.index(title) for title in titles[1:])
    assert all(line.startswith("│   ") for line in tree[1:second])
    assert all(line.startswith("    │   ") for line in tree[second + 1 : first])
    assert all(line.startswith("        │   ") for line in tree[first + 1 : start])
    assert tree[start + 1 :] == [f"{' ' * 16}identity  {info.describe('third')['lineage'][-1]['identity']}"]
    assert tree[second + 1].startswith(
        "    │   recipe      F (epochs=1, batch_size=8): Table 5 of the paper, with epochs=1"
    )
    assert "│   rates       0.5 on conv2d0, 0.01 on the head, 0.001 elsewhere; sgd, inverse_time, batches of 8" in tree
    assert "│   training    finished, 1 of 1 epochs, float32" in tree
    assert [line for line in lines if len(line) > 100 and str(trained) not in line] == []


def test_network_of_a_run_is_described_too(trained):
    network = info.describe(trained / "third")["network"]
    # By hand: 3·3·3·4 + 4, 3·3·4·8 + 8, 8·3 + 3.
    assert network["parameters"] == 112 + 296 + 27
    assert (network["architecture"], network["variant"], network["classes"]) == ("tiny", "tiny", 3)
    assert network["class_names"] == list(small.CLASS_NAMES)
    assert network["input"] == {"channels": "RGB", "value_range": [0, 255], "size": [32, 32]}
    assert network["preprocess"] == {"channel_order": "RGB", "means": [117.0, 117.0, 117.0]}
    assert (network["analysed_layers"], network["feature_layer"]) == (["conv2d0", "conv2d1"], "avgpool")
    assert network["identity"] == models.load(trained / "third").identity
    assert "layers" not in network


@pytest.mark.parametrize("name", ["third", "third/run.json", "third@best", "third/best.h5"])
def test_ways_to_name_a_run(name, trained):
    facts = info.describe(trained / name)
    assert (facts["kind"], facts["run"], facts["which"]) == ("run", str(trained / "third"), "best")
    assert facts == info.describe(runs.open_run(trained / "third"))


def test_nothing_is_changed(trained):
    before = snapshot(trained)
    info.as_text(info.describe(trained / "third", layers=True))
    assert snapshot(trained) == before


def test_training_that_is_gone_is_shown_as_it_was_recorded(folder):
    shutil.rmtree(folder / "first")
    facts = info.describe(folder / "third")
    _, second, first, start = facts["lineage"]
    assert (first["now"], second["now"], start["weights"]) == ("gone", "as recorded", "none")
    assert (first["label"], first["seed"], first["epochs_done"], first["validation"]) == ("first", 3, 2, {})
    assert first["best_loss"] == runs.open_run(folder / "second").lineage["initial_weights"]["lineage"]["best_loss"]
    text = info.as_text(facts)
    assert text.count("no longer there") == 1
    assert "recipe      first: a test" in text or "recipe    first: a test" in text


def test_training_that_changed_is_said(folder):
    other = models.load(folder / "second@initial").identity
    shutil.copy(folder / "second" / "initial.h5", folder / "second" / "best.h5")
    facts = info.describe(folder / "third")
    assert [step.get("now") for step in facts["lineage"][:3]] == ["as recorded", "changed", "as recorded"]
    assert facts["lineage"][1]["identity_now"] == other
    assert facts["lineage"][1]["validation"] == {}
    assert f"changed since: holds {other[:12]}…" in " ".join(info.as_text(facts).split())


@pytest.mark.parametrize(
    "damage",
    [
        lambda run: (run / "run.json").write_text("{"),
        lambda run: (run / "best.h5").write_bytes(b"no HDF5"),
        lambda run: (run / "best.h5").unlink(),
    ],
    ids=["manifest", "weights", "no weights"],
)
def test_training_that_cannot_be_read_is_said(damage, folder):
    damage(folder / "second")
    facts = info.describe(folder / "third")
    assert [step.get("now") for step in facts["lineage"][:3]] == ["as recorded", "unreadable", "as recorded"]
    assert "there, but cannot be read: " in info.as_text(facts)


def test_file_of_first_weights_is_looked_at_too(tiny, data, trained, tmp_path):
    file = Path(shutil.copy(trained / "first" / "last.h5", tmp_path / "start.h5"))
    recipe = dataclasses.replace(small.RECIPE, epochs=1)
    small.train(data, tmp_path / "run", recipe=recipe, weights=file)
    assert info.describe(tmp_path / "run")["lineage"][1] == {
        "weights": str(file),
        "identity": models.load(file).identity,
        "now": "as recorded",
    }
    shutil.copy(trained / "first" / "initial.h5", file)
    assert info.describe(tmp_path / "run")["lineage"][1]["now"] == "changed"
    file.write_bytes(b"")
    assert info.describe(tmp_path / "run")["lineage"][1]["now"] == "unreadable"
    file.unlink()
    assert info.describe(tmp_path / "run")["lineage"][1]["now"] == "gone"


def test_run_before_its_first_epoch(folder):
    for name in ("best.h5", "last.h5", "history.csv"):
        (folder / "third" / name).unlink()
    state = {"status": "running", "epochs_done": 0, "best_epoch": 0, "best_loss": None}
    write_json(folder / "third" / "state.json", state)
    facts = info.describe(folder / "third")
    assert (facts["network"], facts["weights"]) == (None, ["initial"])
    assert "training  running, 0 of 1 epochs, float32" in info.as_text(facts)
    assert info.describe(f"{folder / 'third'}@initial")["network"]["classes"] == 3
    with pytest.raises(RunError, match="Received 'last'"):
        info.describe(f"{folder / 'third'}@last")


def test_what_a_reader_of_the_scores_should_know(folder):
    run = runs.open_run(folder / "third")
    dataset = {**run.manifest["dataset"], "notices": ["2 files are no images"]}
    write_json(
        run.path / "run.json", {**run.manifest, "dataset": dataset, "duplicates": [[["train", "a"], ["val", "b"]]]}
    )
    change = {"after_epoch": 1, "changed": ["environment.versions.keras was '3', is '4'"]}
    write_json(run.path / "state.json", {**run.state, "environments": [change], "error": "disk full"})
    assert info.describe(run.path)["notices"] == [
        "2 files are no images",
        "groups of equal files in several splits: 1",
        "went on in another environment after epoch 1: environment.versions.keras was '3', is '4'",
        "it ended with: disk full",
    ]


def test_training_of_support_vector_machines(folder):
    """As `off-the-shelf --head svm` records it, and a training that goes on from it."""
    head = finetune.SupportVectors(costs=(0.1, 1.0), folds=3)
    recipe = {**dataclasses.asdict(head), "costs": list(head.costs)}
    run = runs.open_run(folder / "first")
    write_json(run.path / "run.json", {**run.manifest, "recipe": recipe, "head": "svm", "command": "off-the-shelf"})
    lines = lines_of(info.describe(run.path))
    assert f"│   recipe      off_the_shelf_svm: {head.source}" in lines
    assert "│   costs       of 0.1, 1.0, chosen over 3 folds" in lines
    assert "│   training    finished, float32" in lines
    assert not [line for line in lines if "None" in line or "rates" in line]
    next_run = runs.open_run(folder / "second")
    start = next_run.manifest["initial_weights"]
    start = {**start, "lineage": {**start["lineage"], "recipe": recipe}}
    write_json(next_run.path / "run.json", {**next_run.manifest, "initial_weights": start})
    lines = lines_of(info.describe(next_run.path))
    assert "    │   costs       of 0.1, 1.0, chosen over 3 folds" in lines
    assert not [line for line in lines if "None" in line]


def test_frozen_layers_have_no_rate(folder):
    run = runs.open_run(folder / "third")
    for trainable, expected in {
        (("head", True), ("*", False)): ["rates       0.01 on the head; sgd", "frozen      all else"],
        (("conv2d0", False), ("*", True)): [
            "rates       0.01 on the head, 0.001 elsewhere; sgd",
            "frozen      conv2d0",
        ],
    }.items():
        recipe = {**run.manifest["recipe"], "layer_rates": [], "trainable": trainable}
        write_json(run.path / "run.json", {**run.manifest, "recipe": recipe})
        text = info.as_text(info.describe(run.path))
        assert all(line in text for line in expected)


HOSTILE = {
    "lineage": {"initial_weights": {"lineage": {"run": 5, "initial_weights": {"lineage": {"recipe": [1]}}}}},
    "nothing": {"initial_weights": None, "recipe": None, "dataset": None, "architecture": None},
    "texts": {"initial_weights": "x", "recipe": "x", "dataset": "x", "architecture": "x", "duplicates": "x"},
    "lists": {"initial_weights": [], "recipe": {"name": []}, "dataset": {"images": [], "class_names": 3, "notices": 4}},
    "weights": {"initial_weights": {"source": "/dev/zero", "identity": 3}},
    "terminal": {"recipe": {"name": "\x1b[2J", "source": "\r\n"}, "dataset": {"class_names": ["\x1b]0;x\x07"]}},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_manifest_that_was_tampered_with(case, folder):
    run = runs.open_run(folder / "third")
    write_json(run.path / "run.json", {**run.manifest, **HOSTILE[case]})
    text = info.as_text(info.describe(run.path))
    assert all(character.isprintable() for line in text.splitlines() for character in line)


def test_history_that_cannot_be_read_gives_no_scores(folder):
    (folder / "third" / "history.csv").write_bytes(b"\xff\xfe\x00")
    assert info.describe(folder / "third")["lineage"][0]["validation"] == {}


def test_chain_without_end_is_followed(folder):
    """A hundred trainings, as a manifest may record them."""
    run = runs.open_run(folder / "third")
    lineage = {"run": "/none/0", "which": "best"}
    for step in range(1, 100):
        lineage = {"run": f"/none/{step}", "which": "best", "initial_weights": {"lineage": lineage}}
    write_json(run.path / "run.json", {**run.manifest, "initial_weights": {"source": "/none/99", "lineage": lineage}})
    facts = info.describe(run.path)
    assert len(facts["lineage"]) == 101
    assert sum(step["now"] == "gone" for step in facts["lineage"]) == 100
    assert "/none/0" in info.as_text(facts)


def test_every_layer_by_hand(tiny):
    network = models.load("none", architecture="tiny")
    assert [tuple(layer.values()) for layer in info.describe(network, layers=True)["network"]["layers"]] == [
        ("preprocess", 3, "preprocessing"),
        ("conv2d0_pre_relu", 4, "convolution"),
        ("conv2d0", 4, "ReLU"),
        ("conv2d1_pre_relu", 8, "convolution"),
        ("conv2d1", 8, "ReLU"),
        ("avgpool", 8, "global mean"),
        ("logits", 10, "dense"),
        ("predictions", 10, "activation"),
    ]


def test_layers_of_a_whole_inception():
    facts = info.describe("none", architecture="mini", layers=True)
    layers = {layer["name"]: layer for layer in facts["network"]["layers"]}
    assert len(layers) == facts["network"]["layer_count"]
    assert list(layers) == list(models.load("none", architecture="mini").layer_names)
    assert sum(layer["kind"] == "convolution" for layer in layers.values()) == 57
    # A quarter of inception5h's widths: 112, 288, 64, 64.
    assert (layers["mixed4d"]["depth"], layers["mixed4d_3x3_pre_relu"]["depth"]) == (132, 72)
    assert layers["mixed4d_pre_relu"]["kind"] == "concatenation before the ReLUs"
    text = lines_of(facts)
    assert [line.split() for line in text if line.startswith("mixed4d_3x3_pre_relu ")] == [
        ["mixed4d_3x3_pre_relu", "72", "convolution"]
    ]
    assert max(map(len, text)) <= 100


def test_layers_are_listed_on_demand_only():
    text = info.as_text(info.describe("none", architecture="mini"))
    assert "layers    151 (--layers lists them)" in text
    assert "mixed4d_3x3_pre_relu" not in text


def test_wrapped_network():
    inputs = keras.Input((32, 48, 3))
    maps = keras.layers.ReLU(name="after")(keras.layers.Conv2D(4, 3, name="edges")(inputs))
    network = models.wrap(keras.Model(inputs, maps), value_range=(-1, 1), class_names=("a", "b", "c", "d"))
    facts = info.describe(network, layers=True)["network"]
    assert (facts["architecture"], facts["parameters"], facts["feature_layer"]) == (None, 4 * 28, None)
    assert facts["preprocess"]["value_range"] == pytest.approx([-1, 1])
    assert facts["input"]["size"] == [32, 48]
    assert facts["layers"] == [
        {"name": "edges", "depth": 4, "kind": "Conv2D"},
        {"name": "after", "depth": 4, "kind": "ReLU"},
    ]
    assert "inside -1 … 1" in info.as_text(info.describe(network))


@pytest.mark.parametrize(("name", "variant", "classes"), [("imagenet", "inception5h", 1008), ("bvlc", "bvlc", 1000)])
def test_published_weights_are_not_downloaded(name, variant, classes, tmp_path, monkeypatch):
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", lambda *_, **__: pytest.fail("a download"))
    facts = info.describe(name)
    assert facts["network"]["identity"] is None
    assert "downloaded when first used" in facts["notice"]
    assert (facts["network"]["variant"], facts["network"]["classes"]) == (variant, classes)
    assert list(tmp_path.iterdir()) == []


def test_published_weights_as_another_variant(tmp_path, monkeypatch, expect_refusal):
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path))
    assert info.describe("imagenet", architecture="gonthier")["network"]["variant"] == "gonthier"
    with expect_refusal("must be the variant of the weights", "'mini'", "Leave", kind=WeightsError):
        info.describe("imagenet", architecture="mini")


def test_real_weights(shared_data):
    facts = info.describe(shared_data / "weights" / "bvlc_googlenet.npz")
    assert (facts["kind"], facts["network"]["variant"], facts["network"]["classes"]) == ("network", "bvlc", 1000)
    assert facts["network"]["preprocess"] == {"channel_order": "BGR", "means": [104.0, 117.0, 123.0]}
    assert facts["bytes"] == (shared_data / "weights" / "bvlc_googlenet.npz").stat().st_size
    assert len(facts["network"]["analysed_layers"]) == 12
    assert facts["network"]["parameters"] == 6_998_552  # of Caffe's release without its auxiliary heads


@pytest.fixture
def exported(folder, tmp_path):
    return export.keras_file(models.load(folder / "second"), tmp_path / "second.keras")


@pytest.mark.parametrize("suffix", [".keras", ".keras.manifest.json"])
def test_export_tells_its_trainings(suffix, exported, folder):
    facts = info.describe(exported.with_suffix(suffix))
    assert (facts["kind"], facts["source"], facts["disagrees"]) == ("network", str(exported), None)
    assert [step.get("run", "none") for step in facts["lineage"]] == [
        *map(str, (folder / "second", folder / "first")),
        "none",
    ]
    assert [step.get("now") for step in facts["lineage"]] == ["as recorded", "as recorded", None]
    assert facts["network"]["identity"] == facts["lineage"][0]["identity"]
    assert f"└── {folder / 'first'}@last" in lines_of(facts)


def test_export_whose_run_went_on(exported, folder):
    shutil.copy(folder / "second" / "initial.h5", folder / "second" / "best.h5")
    assert info.describe(exported)["lineage"][0]["now"] == "changed"


def test_frozen_graph_beside_its_manifest(tmp_path):
    graph = export.frozen_graph(models.load("none", architecture="mini"), tmp_path / "mini.pb")
    facts = info.describe(graph)
    assert (facts["disagrees"], facts["lineage"], facts["made_from"]) == (None, [], "none")
    assert "artlucid" in facts["made_with"]
    assert info.describe(tmp_path / "mini.manifest.json") == facts
    manifest = json.loads((tmp_path / "mini.manifest.json").read_text())
    write_json(tmp_path / "mini.manifest.json", {**manifest, "sha256": "0" * 64})
    assert "another sha256" in info.as_text(info.describe(graph))
    (tmp_path / "mini.manifest.json").write_text("[" * 100_000)
    assert "it cannot be read" in info.as_text(info.describe(graph))
    (tmp_path / "mini.manifest.json").unlink()
    assert "manifest" not in info.describe(graph)


def test_manifest_of_another_network(exported, tmp_path):
    manifest = exported.with_suffix(".keras.manifest.json")
    other = info._manifest.facts_of(exported, "0" * 64)
    assert "one of the two was changed" in other["disagrees"]
    assert json.loads(manifest.read_text())["identity"] in other["disagrees"]


def test_dataset_with_one_label_an_image(data, tmp_path):
    shutil.copytree(data.root, tmp_path / "drawn")
    (tmp_path / "drawn" / "train" / "red" / "00.png").unlink()
    facts = info.describe(f"folder:{tmp_path}/drawn")
    assert (facts["kind"], facts["task"]) == ("dataset", "single_label")
    assert facts["images"] == {"train": 35, "val": 12, "test": 12}
    assert facts["images_of_class"]["train"] == {"blue": 12, "green": 12, "red": 11}
    assert facts["identity"] == datasets.load(f"folder:{tmp_path}/drawn").identity
    assert [line.split() for line in lines_of(facts)[-4:]] == [
        ["class", "train", "val", "test"],
        ["blue", "12", "4", "4"],
        ["green", "12", "4", "4"],
        ["red", "11", "4", "4"],
    ]


def test_dataset_with_several_labels_an_image(data):
    labels = np.zeros((36, 2), np.uint8)
    labels[:5, 0] = 1
    labels[3:10, 1] = 1
    split = data.train.with_labels(labels)
    facts = info.describe(Dataset("folder", "folder:x", data.root, ("boat", "cow"), {"train": split}, ("a notice",)))
    assert facts["images_of_class"] == {"train": {"boat": 5, "cow": 7}}
    assert facts["without_label"] == {"train": 26}
    text = lines_of(facts)
    assert text[-1].split() == ["(without", "a", "label)", "26"]
    assert any(line.startswith("notice") and line.endswith("a notice") for line in text)


def test_dataset_with_missing_files_and_metadata(data):
    train = dataclasses.replace(data.train, metadata={"artist": ("x",) * 36})
    missing = tuple(datasets.Excluded(split, "a.jpg", "no such image file") for split in ("train", "train", "test"))
    facts = info.describe(dataclasses.replace(data, splits={"train": train}, missing=missing))
    assert (facts["missing"], facts["metadata_columns"]) == ({"train": 2, "test": 1}, ["artist"])
    lines = lines_of(facts)
    assert "missing   2 train, 1 test: named in the table, and no usable file" in lines
    assert "metadata  artist" in lines
    assert not [line for line in lines_of(info.describe(data)) if line.startswith(("missing", "metadata"))]


def test_dataset_without_labels(data):
    bare = Split("train", data.train.root, data.train.relative_paths, None)
    facts = info.describe(Dataset("folder", "folder:x", data.root, (), {"train": bare}, ()))
    assert (facts["task"], facts["images_of_class"], facts["class_names"]) == ("unlabelled", {"train": {}}, [])
    assert "class" not in info.as_text(facts)


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_by_its_name(name):
    facts = info.describe(name)
    assert (facts["kind"], facts["label"], facts["differences"]) == ("recipe", name, {})
    assert recipes.from_json(facts["recipe"]) == RECIPES[name]
    labels = {line.split()[0] for line in lines_of(facts)}
    fields = {field.name for field in dataclasses.fields(recipes.Recipe)} - {"name", "initialization"}
    assert labels == {"recipe", "initialization.kernel", "initialization.bias", *fields}


def test_recipe_from_a_file(tmp_path):
    (tmp_path / "gentle.toml").write_text('base = "A"\nname = "A"\nhead_rate = 0.005\n')
    facts = info.describe(tmp_path / "gentle.toml")
    assert (facts["label"], facts["differences"]) == ("A (head_rate=0.005)", {"head_rate": 0.005})
    with pytest.raises(RecipeError, match=r"'absent\.toml', which does not exist"):
        info.describe("absent.toml")


def test_path_comes_before_the_name_of_a_recipe(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained / "first", "A")
    assert info.describe("A")["kind"] == "run"
    assert info.describe("B")["kind"] == "recipe"


@pytest.mark.parametrize("name", ["imagenet", "bvlc", "none"])
def test_name_of_weights_comes_before_a_path(name, trained, tmp_path, monkeypatch):
    """As wherever else a model is named."""
    monkeypatch.setenv("ARTLUCID_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained / "first", name)
    options = {"architecture": "mini"} if name == "none" else {}
    assert info.describe(name, **options)["kind"] == "network"


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("absent", "'absent', which does not exist"),
        ("text.txt", "'text.txt', a file of another kind"),
        ("folder", "(for the images in it write `folder:folder`)"),
        ("fodler:x", "'fodler:x', which does not exist"),
        (5, "'5', a int"),
    ],
)
def test_what_is_of_no_kind(name, received, tmp_path, monkeypatch, expect_refusal):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("")
    Path("folder").mkdir()
    with expect_refusal("must be of a known kind", received, "Name one of:", kind=ArtlucidError):
        info.describe(name)
    with pytest.raises(ArtlucidError) as caught:
        info.describe(name)
    assert all(kind.takes in str(caught.value) for kind in info.KINDS.values())


@pytest.fixture
def invoke(monkeypatch):
    """The command line sets the messages of its process; here they are put back."""
    import logging
    import warnings

    logger = logging.getLogger("artlucid")
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    handlers, level = list(logger.handlers), logger.level
    yield lambda *arguments: CliRunner().invoke(cli.app, ["info", *map(str, arguments)])
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize("options", [(), ("--layers",)])
def test_command_gives_the_same_facts_in_words_and_as_json(options, invoke, trained):
    facts = info.describe(trained / "third", layers="--layers" in options)
    shown = invoke(trained / "third", "--json", *options)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert json.loads(shown.stdout) == json.loads(json.dumps(facts))
    assert invoke(trained / "third", *options).stdout == info.as_text(facts) + "\n"


@pytest.mark.parametrize("thing", ["A", "none"])
def test_command_for_the_other_kinds(thing, invoke):
    shown = invoke(thing, "--architecture", "mini", "--json")
    assert shown.exit_code == 0, shown.stderr
    assert next(iter(json.loads(shown.stdout))) == "kind"


def test_command_for_what_is_of_no_kind(invoke):
    shown = invoke("absent")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert shown.stderr.startswith("error: What is described must be of a known kind")


@pytest.mark.parametrize("name", [module.name for module in pkgutil.walk_packages(info.__path__, "artlucid.info.")])
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
