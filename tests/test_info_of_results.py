"""What `info` says of comparisons, caches of activations and pictures, finished, unfinished and damaged."""

import contextlib
import json
import shutil
import subprocess
import sys

import filelock
import h5py
import numpy as np
import pytest
from figures.folders import add, begin, solid
from finetune import small
from test_cli import invoke
from test_cli import messages_as_before as messages_as_before

from artlucid import activations, compare, info, models, visualize
from artlucid.activations import _writer
from artlucid.errors import ActivationsError, ArtlucidError, ComparisonError, VisualizationError, WeightsError

pytestmark = pytest.mark.usefixtures("tiny")

EXTRACTION = activations.Options(cache=False, batch_size=6)


@pytest.fixture(scope="module")
def run(tiny, data, tmp_path_factory):
    return small.train(data, tmp_path_factory.mktemp("info") / "run", seed=3)


@pytest.fixture(scope="module")
def made(run, data, tmp_path_factory):
    """A comparison; for reading only."""
    options = compare.Options(
        k=(5,), resampling=None, permutations=None, cka_split="test", top_split="test", extraction=EXTRACTION
    )
    return compare.compare([run.at("initial"), run], data, out=tmp_path_factory.mktemp("made"), options=options)


@pytest.fixture
def comparison(made, tmp_path):
    return shutil.copytree(made.path, tmp_path / "comparison")


@pytest.fixture
def cache(comparison, run, tmp_path):
    """Of the trained network."""
    identity = models.load(run).identity
    return shutil.copy(comparison / "activations" / f"{identity[:16]}-test.h5", tmp_path / "after.h5")


def text_of(thing, **options):
    return info.as_text(info.describe(thing, **options))


def row(text, label):
    """What stands beside a label."""
    lines = [line for line in text.splitlines() if line.split(" ")[0] == label.split(" ")[0] and label in line]
    return [line[len(label) :].strip() for line in lines]


def test_a_cache(cache, run, data):
    facts = info.describe(cache)
    assert (facts["kind"], facts["file"], facts["finished"]) == ("activations", str(cache), True)
    assert (facts["images"], facts["finished_images"]) == (12, 12)
    assert facts["model"]["source"] == str(run.path) and facts["model"]["identity"] == models.load(run).identity
    assert facts["dataset"] == {
        "specification": data.specification, "identity": data.identity, "task": "single_label", "split": "test"
    }  # fmt: skip
    assert (facts["layer_count"], facts["channel_count"], facts["batch_size"]) == (2, 12, 6)
    assert facts["preprocessing"]["size"] == 32
    assert [step.get("run", "none") for step in facts["lineage"]] == [str(run.path), "none"]
    text = info.as_text(facts)
    assert row(text, "images") == ["12, all finished"]
    assert row(text, "seen") == ["32 x 32 pixels, float32, batches of 6"]
    assert str(run.path) in text and "seed" in text
    assert info.describe(cache, layers=True)["layers"][1] == {"name": "conv2d1", "channels": 8, "map": [8, 8]}
    assert "conv2d0 (4), conv2d1 (8)" in text_of(cache, layers=True)
    shown = invoke("info", cache, "--json")
    assert shown.exit_code == 0 and json.loads(shown.stdout) == json.loads(json.dumps(facts))


@contextlib.contextmanager
def held_by_another_process(path):
    code = "import h5py, sys; file = h5py.File(sys.argv[1], 'r+'); print(flush=True); sys.stdin.read()"
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, str(path)], **options) as process:
        process.stdout.readline()
        with pytest.raises(BlockingIOError):
            h5py.File(path)
        yield
        process.stdin.close()


@pytest.mark.parametrize("name", ["before.h5", "before.h5.part"])
def test_an_unfinished_cache(name, run, data, tmp_path, monkeypatch):
    """Also while another process fills it."""

    class EndedError(Exception):
        pass

    def ended(self):
        raise EndedError

    with monkeypatch.context() as patch, pytest.raises(EndedError):
        patch.setattr(_writer.Writer, "finish", ended)
        activations.extract(run, data.test, out=tmp_path / "before.h5", options=EXTRACTION)
    with h5py.File(tmp_path / "before.h5.part", "r+") as file:
        file.attrs.modify("finished", np.int64(7))
    with held_by_another_process(tmp_path / "before.h5.part"):
        facts = info.describe(tmp_path / name)
    assert (facts["finished"], facts["images"], facts["finished_images"]) == (False, 12, 7)
    assert row(info.as_text(facts), "images") == ["7 of 12 finished: the command that began it goes on there"]


def test_a_damaged_cache(cache, comparison, expect_refusal):
    with h5py.File(cache, "r+") as file:
        file.attrs.modify("version", 2)
    with expect_refusal("must be at most 1", "version 2", "upgrade", kind=ActivationsError):
        info.describe(cache)
    kept = next((comparison / "activations").glob("[!.]*.h5"))
    kept.write_bytes(kept.read_bytes()[:-100])
    with expect_refusal("a whole file", "it cannot be read", "extract again", kind=ActivationsError):
        info.describe(kept)
    # Of a file that nothing tells from damaged weights.
    cache.write_bytes(b"")
    with expect_refusal("must be HDF5", str(cache), "get it again", kind=WeightsError):
        info.describe(cache)
    part = cache.with_name("x.h5.part")
    part.write_bytes(b"nothing")
    with expect_refusal("a whole file", str(part), "extract again", kind=ActivationsError):
        info.describe(part)


def test_a_comparison(comparison, run, data):
    facts = info.describe(comparison)
    assert (facts["kind"], facts["finished"], facts["pairs_done"]) == ("comparison", True, 1)
    assert [model["model"] for model in facts["models"]] == [f"{run.path}@initial", str(run.path)]
    assert [model["seed"] for model in facts["models"]] == [3, 3]
    assert facts["dataset"]["specification"] == data.specification
    assert facts["rows"] == {"layers": 2, "channels": 12}
    assert [(cache["images"], cache["finished"], cache["split"]) for cache in facts["caches"]] == [
        (12, True, "test")
    ] * 2
    text = info.as_text(facts)
    assert row(text, "state") == ["finished"] and row(text, "made") == ["CKA of test, top 5 of test"]
    mean = facts["pairs"][0]["cka_mean"]
    assert text.splitlines()[-1].split()[-3] == f"{mean:.3f}"
    assert info.describe(comparison / "compare.json") == facts
    shown = invoke("info", comparison, "--json")
    assert shown.exit_code == 0 and json.loads(shown.stdout) == json.loads(json.dumps(facts))


def test_an_unfinished_comparison(comparison):
    (comparison / "compare.json").unlink()
    first, second = sorted((comparison / "activations").glob("[!.]*.h5"))
    first.rename(f"{first}.part")
    with h5py.File(f"{first}.part", "r+") as file:
        file.attrs.modify("finished", np.int64(6))
    second.write_bytes(b"")
    facts = info.describe(comparison)
    assert (facts["finished"], facts["pairs_done"], len(facts["caches"])) == (False, 1, 2)
    text = info.as_text(facts)
    assert row(text, "state") == ["not finished: the command that began it goes on there"]
    assert "6 of 12 images of test" in text and "damaged, cut short" in text


def test_a_damaged_comparison(comparison, expect_refusal):
    manifest = json.loads((comparison / "compare.json").read_text())
    (comparison / "compare.json").write_text(json.dumps({**manifest, "version": 2}))
    with expect_refusal("must be at most 1", "version 2", "upgrade", kind=ComparisonError):
        info.describe(comparison)
    (comparison / "compare.json").write_text(json.dumps(manifest))
    (comparison / "layers.parquet").write_bytes(b"")
    with expect_refusal("as it was written", "layers.parquet", "artlucid compare", kind=ComparisonError):
        info.describe(comparison)


@pytest.mark.parametrize("content", [[], "x", 5, None])
def test_a_comparison_that_was_tampered_with(comparison, content):
    manifest = json.loads((comparison / "compare.json").read_text())
    keys = ("models", "dataset", "settings", "environment", "pairs")
    for key in keys:
        (comparison / "compare.json").write_text(json.dumps({**manifest, key: content}))
        assert text_of(comparison)
    (comparison / "compare.json").write_text(json.dumps({**manifest, "models": [content], "pairs": [content]}))
    assert text_of(comparison)


@pytest.fixture
def pictures(tmp_path):
    """Three of two layers, one of which is dead, and one of another network beside them."""
    folder = begin(tmp_path / "pictures", "imagenet", engine="lucid")
    for number in (0, 1):
        add(folder, f"mixed4d:{number}", solid((9, 9, 9)))
    add(folder, "mixed5a:7", notices=["dead channel: it gave the same at every step"])
    beside = begin(folder / "styles", "styles", seed=4)
    add(beside, "mixed4d:0", solid((1, 2, 3)))
    return folder


def test_pictures(pictures):
    facts = info.describe(pictures)
    assert facts["kind"] == "pictures" and facts["index"] is None
    (folder,) = facts["folders"]
    assert folder["layers"] == [
        {"name": "mixed4d", "channels": 2, "pictures": 2},
        {"name": "mixed5a", "channels": 1, "pictures": 0},
    ]
    assert (folder["pictures"], folder["beside"], folder["sheets"]) == (2, ["styles"], 0)
    assert folder["model"]["source"] == "runs/imagenet" and folder["settings"]["steps"] == 128
    text = info.as_text(facts)
    assert row(text, "number") == ["2 of 3 channels"]
    assert row(text, "made") == ["128 steps, 24 x 24 pixels, seed 0"]
    assert row(text, "notice") == ["1 times: dead channel: it gave the same at every step"]
    assert info.describe(pictures / "pictures.json") == facts
    shown = invoke("info", pictures, "--json")
    assert shown.exit_code == 0 and json.loads(shown.stdout) == facts


def test_an_index_of_pictures(pictures):
    path = visualize.write_index(pictures, {"after": pictures / "styles"}, label="before")
    facts = info.describe(path)
    assert facts["index"] == str(path)
    assert [(one["label"], one["folder"], one["pictures"]) for one in facts["folders"]] == [
        ("before", str(pictures), 2), ("after", str(pictures / "styles"), 1),
    ]  # fmt: skip
    assert "seed 4" in info.as_text(facts)
    assert info.describe(pictures)["index"] == str(path)


def test_damaged_pictures(pictures, expect_refusal):
    manifest = json.loads((pictures / "pictures.json").read_text())
    (pictures / "pictures.json").write_text(json.dumps({**manifest, "version": 2}))
    with expect_refusal("version", "2", "upgrade", kind=VisualizationError):
        info.describe(pictures)
    (pictures / "pictures.json").write_text("[")
    with expect_refusal("", "pictures.json", "", kind=VisualizationError):
        info.describe(pictures)
    (pictures / "index.json").write_text("{}")
    with expect_refusal("as artlucid writes it", "index.json", "write_index", kind=VisualizationError):
        info.describe(pictures / "index.json")


def test_a_folder_that_is_nothing_of_all_this(tmp_path, expect_refusal):
    (tmp_path / "activations").mkdir()
    with expect_refusal(
        "of a known kind", "a folder without a run, a comparison or pictures", "pictures", kind=ArtlucidError
    ):
        info.describe(tmp_path)
    with filelock.FileLock(tmp_path / ".lock"):
        assert info.describe(tmp_path)["finished"] is False
