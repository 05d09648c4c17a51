"""Pictures of channels: their files, their seeds, what is said of those that show nothing."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from artlucid import models, visualize
from artlucid.errors import ModelError, RunError, VisualizationError, VisualizationWarning
from artlucid.files import write_json
from artlucid.models._network import get_arrays, set_arrays
from artlucid.visualize import objectives

CHANNEL = "mixed4d_3x3_pre_relu:5"


def rendered(network, channels, out=None, steps=3, size=64, seed=0, **options):
    options = {"precision": "float32", **options}
    return visualize.channels(
        network, channels, steps=steps, size=size, seed=seed, out=out, options=visualize.Options(**options)
    )


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def folder(mini, tmp_path_factory):
    out = tmp_path_factory.mktemp("pictures") / "out"
    rendered(mini, [CHANNEL, "mixed4d_3x3_pre_relu:-1", "mixed3a:2"], out, snapshots=(2,), batch_size=2)
    return out


def test_files(folder):
    names = ["mixed3a-0002", "mixed4d_3x3_pre_relu-0005", "mixed4d_3x3_pre_relu-0071"]
    assert sorted(files_of(folder)) == sorted(
        ["pictures.json"]
        + [f"{name}.png" for name in names]
        + [f"curves/{name}.csv" for name in names]
        + [f"manifests/{name}.json" for name in names]
        + [f"snapshots/{name}-step-000002.png" for name in names]
    )


def test_a_picture_is_what_was_returned(mini, tmp_path):
    image = rendered(mini, [CHANNEL], tmp_path / "out")[0]
    with Image.open(tmp_path / "out" / "mixed4d_3x3_pre_relu-0005.png") as file:
        np.testing.assert_allclose(np.asarray(file) / 255, image, atol=0.5 / 255 + 1e-6)


def test_the_curve_is_the_objective_before_each_update(mini, tmp_path):
    rendered(mini, [CHANNEL], tmp_path / "out", transforms=[])
    lines = (tmp_path / "out" / "curves" / "mixed4d_3x3_pre_relu-0005.csv").read_text().splitlines()
    assert lines[0] == "step,objective" and len(lines) == 4
    start = rendered(mini, [CHANNEL], steps=1, transforms=[])
    part = keras.Model(mini.keras_model.input, models.layer_output(mini, "mixed4d_3x3_pre_relu"))
    after_one = part(start * 255)[..., 5].numpy().mean()
    assert float(lines[2].split(",")[1]) == pytest.approx(after_one, rel=1e-4)


def test_manifests(folder, mini):
    manifest = json.loads((folder / "pictures.json").read_text())
    assert (manifest["format"], manifest["version"]) == ("artlucid.pictures", 1)
    assert manifest["model"]["identity"] == mini.identity
    settings = manifest["settings"]
    assert (settings["steps"], settings["size"], settings["seed"], settings["batch_size"]) == (3, [64, 64], 0, 2)
    assert settings["transforms"][1] == "jitter(d=8)"
    record = json.loads((folder / "manifests" / "mixed3a-0002.json").read_text())
    assert (record["layer"], record["channel"], record["notices"]) == ("mixed3a", 2, [])
    assert record["environment"]["versions"]["tensorflow"]


def test_the_same_seed_the_same_bits_whatever_the_company(folder, mini, tmp_path):
    """At the same batch size: alone, in another order, with others."""
    rendered(mini, ["mixed3a:2", "mixed3a:7", "mixed4d_3x3_pre_relu:5"], tmp_path / "a", snapshots=(2,), batch_size=2)
    for name in ("mixed3a-0002.png", "mixed4d_3x3_pre_relu-0005.png", "curves/mixed3a-0002.csv"):
        assert (folder / name).read_bytes() == (tmp_path / "a" / name).read_bytes(), name
    other = rendered(mini, ["mixed3a:2"], seed=1)
    assert (other != rendered(mini, ["mixed3a:2"])).any()


def test_only_what_is_missing_is_made(folder, mini):
    picture = folder / "mixed3a-0002.png"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    bits = picture.read_bytes()
    picture.write_bytes(bits[:-20])
    rendered(mini, [CHANNEL, "mixed3a:2"], folder, snapshots=(2,))
    assert picture.read_bytes() == bits
    changed = {path.name for path in folder.rglob("*.png") if path.stat().st_mtime_ns != before[path]}
    assert changed == {"mixed3a-0002.png", "mixed3a-0002-step-000002.png"}


def test_sizes_that_are_not_square(mini):
    assert rendered(mini, [CHANNEL], size=(96, 64)).shape == (1, 64, 96, 3)


def test_start_from_an_image(mini, tmp_path):
    start = np.random.default_rng(0).uniform(0.2, 0.8, (64, 64, 3))
    Image.fromarray((start * 255).astype(np.uint8)).save(tmp_path / "start.png")
    from_array = rendered(mini, [CHANNEL], steps=1, init=start)[0]
    assert np.abs(from_array - start).mean() < 0.05
    assert np.abs(rendered(mini, [CHANNEL], steps=1, init=tmp_path / "start.png")[0] - from_array).mean() < 0.02


def test_colours_of_a_collection(mini):
    grey = visualize.ColourStatistics(np.diag([0.3, 0.2, 0.1]), [0.5, 0.5, 0.5], "by hand")
    assert (rendered(mini, [CHANNEL], colours=grey) != rendered(mini, [CHANNEL])).any()


def test_a_penalty_written_with_keras(mini):
    dark = objectives.penalty(lambda image: keras.ops.mean(image), name="dark")
    plain, darker = (rendered(mini, [CHANNEL], steps=20, penalty=one) for one in (None, -1e4 * dark))
    assert darker.mean() < plain.mean() - 0.05


def test_pictures_by_the_original(lucid, mini, tmp_path):
    images = rendered(mini, [CHANNEL], tmp_path / "out", size=(96, 64), engine="lucid", snapshots=(2,))
    assert images.shape == (1, 64, 96, 3)
    np.testing.assert_array_equal(images, rendered(mini, [CHANNEL], size=(96, 64), engine="lucid"))
    assert (tmp_path / "out" / "snapshots" / "mixed4d_3x3_pre_relu-0005-step-000002.png").is_file()


def changed(network, change):
    """A copy with other weights."""
    copy = models.load("none", architecture="mini")
    arrays = get_arrays(network.keras_model, network.architecture)
    change(arrays)
    set_arrays(copy.keras_model, copy.architecture, arrays)
    return copy


def test_a_dead_channel_is_named_and_has_no_picture(mini, tmp_path):
    def kill(arrays):
        arrays["mixed4d_3x3/kernel"][..., 5] = 0
        arrays["mixed4d_3x3/bias"][5] = -1

    dead = changed(mini, kill)
    with pytest.warns(VisualizationWarning, match=r"mixed4d_3x3_pre_relu:5: dead channel"):
        rendered(dead, [CHANNEL, "mixed4d_3x3_pre_relu:6"], tmp_path / "out", steps=20)
    assert not (tmp_path / "out" / "mixed4d_3x3_pre_relu-0005.png").exists()
    assert (tmp_path / "out" / "mixed4d_3x3_pre_relu-0006.png").exists()
    rows = {row["channel"]: row for row in visualize.pictures(tmp_path / "out")}
    assert rows[5]["file"] is None and rows[5]["notices"][0].startswith("dead channel")
    assert rows[6]["file"] and rows[6]["notices"] == []


def test_numbers_that_are_not_finite(mini, tmp_path, expect_refusal):
    broken = changed(mini, lambda arrays: arrays["mixed4d_3x3/bias"].__setitem__(5, np.nan))
    with expect_refusal("must stay finite", "mixed4d_3x3_pre_relu:5", "value range", kind=VisualizationError):
        rendered(broken, ["mixed4d_3x3_pre_relu:6", CHANNEL], tmp_path / "out")
    assert (tmp_path / "out" / "mixed4d_3x3_pre_relu-0006.png").exists()
    assert not (tmp_path / "out" / "mixed4d_3x3_pre_relu-0005.png").exists()


def small_network(**options):
    inputs = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 3, name="edges", bias_initializer="ones", **options)(inputs)
    return keras.Model(inputs, maps)


def test_a_value_range_that_does_not_fit():
    model = small_network(kernel_initializer=keras.initializers.RandomNormal(stddev=1e-4, seed=0))
    with pytest.warns(VisualizationWarning, match="edges of keras:.* change by less than 1%"):
        rendered(models.wrap(model, value_range=(0, 1)), ["edges:1"], steps=1)
    rendered(models.wrap(model, value_range=(-1000, 1000)), ["edges:1"], steps=1)


def test_a_network_of_ones_own():
    network = models.wrap(small_network(), value_range=(-1, 1))
    assert rendered(network, ["edges:1", "edges:3"], size=32).shape == (2, 32, 32, 3)


def test_a_network_of_one_size():
    inputs = keras.Input((48, 48, 3))
    network = models.wrap(keras.Model(inputs, keras.layers.Conv2D(4, 3, name="edges")(inputs)), value_range=(-1, 1))
    assert rendered(network, ["edges:1"], size=48).shape == (1, 48, 48, 3)
    assert rendered(network, ["edges:1", "edges:1"], size=48, transforms_per_image=True).shape == (2, 48, 48, 3)


def test_a_penalty_is_as_strong_in_any_company(mini):
    dark = -1e3 * objectives.penalty(lambda image: keras.ops.mean(image))
    alone = rendered(mini, [CHANNEL], steps=10, penalty=dark, batch_size=1)
    together = rendered(mini, [CHANNEL, "mixed4d_3x3_pre_relu:6"], steps=10, penalty=dark, batch_size=2)
    np.testing.assert_allclose(alone[0], together[0], atol=1e-3)


def test_a_folder_with_a_penalty_is_not_added_to(mini, tmp_path, expect_refusal):
    dark = objectives.penalty(lambda image: keras.ops.mean(image))
    rendered(mini, [CHANNEL], tmp_path / "out", steps=1, penalty=-1 * dark)
    with expect_refusal("made with the same settings", "penalty was", "another `--out`", kind=VisualizationError):
        rendered(mini, [CHANNEL], tmp_path / "out", steps=1, penalty=-1e4 * dark)


def test_the_original_with_other_colours_has_a_seed_too(lucid, mini):
    grey = visualize.ColourStatistics(np.diag([0.3, 0.2, 0.1]), [0.5, 0.5, 0.5], "by hand")
    images = [rendered(mini, [CHANNEL], steps=2, engine="lucid", colours=grey) for _ in range(2)]
    np.testing.assert_array_equal(*images)


def test_pictures_too_small_for_a_layer(expect_refusal):
    inputs = keras.Input((None, None, 3))
    maps = keras.layers.Conv2D(4, 31, strides=4, name="first")(inputs)
    network = models.wrap(keras.Model(inputs, keras.layers.Conv2D(4, 9, name="second")(maps)), value_range=(-1, 1))
    with expect_refusal("something to see", "40 x 40", "larger", kind=VisualizationError):
        rendered(network, ["second:1"], size=40)


def test_another_environment(folder, mini, expect_refusal):
    manifest = json.loads((folder / "pictures.json").read_text())
    other = {**manifest, "environment": {**manifest["environment"], "threads": {"intra_op": 64, "inter_op": 64}}}
    write_json(folder / "pictures.json", other)
    with expect_refusal("made in one environment", "threads were", "--allow-changed", kind=VisualizationError):
        rendered(mini, [CHANNEL], folder, snapshots=(2,))
    assert rendered(mini, [CHANNEL], folder, snapshots=(2,), allow_changed_environment=True).shape[0] == 1
    write_json(folder / "pictures.json", manifest)


def test_a_damaged_manifest_of_a_picture(mini, tmp_path, expect_refusal):
    rendered(mini, [CHANNEL], tmp_path / "out", steps=1)
    record = tmp_path / "out" / "manifests" / "mixed4d_3x3_pre_relu-0005.json"
    record.write_text(record.read_text()[:50])
    with expect_refusal("as artlucid writes it", record.name, "delete it", kind=VisualizationError):
        visualize.pictures(tmp_path / "out")
    rendered(mini, [CHANNEL], tmp_path / "out", steps=1)
    assert len(visualize.pictures(tmp_path / "out")) == 1


@pytest.mark.parametrize(
    ("channels", "options", "parts"),
    [
        ([], {}, ("`channels` must be a sequence", "[]", "Give at least one")),
        (CHANNEL, {}, ("`channels` must be a sequence", CHANNEL, "in a list")),
        (["mixed4d"], {}, ("must be written `layer:number`", "'mixed4d'", "artlucid info")),
        (["mixed4d:all"], {}, ("must be written `layer:number`", "'mixed4d:all'", "artlucid info")),
        (["mixed4d_3x3:72"], {}, ("one of the 72 of its layer", "mixed4d_3x3:72", "0 to mixed4d_3x3:71")),
        (["mixed4d_3x3:-73"], {}, ("one of the 72 of its layer", "mixed4d_3x3:-73", "from the end")),
        ([CHANNEL], {"steps": 0}, ("`steps` must be a whole number", "0", "Choose")),
        ([CHANNEL], {"steps": 2.5}, ("`steps` must be a whole number", "2.5", "Choose")),
        ([CHANNEL], {"size": 31}, ("at least 32 pixels", "31 x 31", "224")),
        ([CHANNEL], {"size": (64, 64, 3)}, ("width and height", "(64, 64, 3)", "224")),
        ([CHANNEL], {"size": 10**6}, ("from 1 to 8192", "1000000", "Choose")),
        ([CHANNEL], {"seed": -1}, ("`seed` must be a whole number", "-1", "Choose")),
        ([CHANNEL], {"batch_size": 0}, ("`batch_size` must be", "0", "Choose")),
        ([CHANNEL], {"snapshots": (4,)}, ("`snapshots` must be numbers of updates", "[4]", "in a list")),
        ([CHANNEL], {"snapshots": 2}, ("`snapshots` must be numbers of updates", "2", "in a list")),
        ([CHANNEL], {"size": 64.0}, ("`size` must be a whole number", "64.0", "Choose")),
        ([CHANNEL], {"colours": "x.json"}, ("`colours` must be colour statistics", "'x.json'", "load")),
        ([CHANNEL], {"penalty": 3}, ("`penalty` must be an objective", "3", "objectives.penalty")),
        ([CHANNEL], {"transforms": visualize.transform.jitter(2)}, ("sequence of callables", "Jitter", "jitter(8)")),
        ([CHANNEL], {"init": np.zeros((8, 8, 3))}, ("`init` must be", "(8, 8, 3)", "Resize")),
        ([CHANNEL], {"engine": "lucent"}, ("`engine` must be one of artlucid, lucid", "'lucent'", "Choose")),
    ],
)
def test_bad_input(mini, tmp_path, expect_refusal, channels, options, parts):
    with expect_refusal(*parts, kind=VisualizationError):
        rendered(mini, channels, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_an_unknown_layer(mini, expect_refusal):
    with expect_refusal("a layer of the network", "'mixed4d_3x4'", "mixed4d_3x3", kind=ModelError):
        rendered(mini, ["mixed4d_3x4:1"])


def test_a_folder_of_other_settings(folder, mini, expect_refusal):
    with expect_refusal("made with the same settings", "steps was 3, is 4", "another `--out`", kind=VisualizationError):
        rendered(mini, [CHANNEL], folder, steps=4, snapshots=(2,))
    other = models.load("none", architecture="mini", seed=4)
    with expect_refusal("pictures of one model", "model was", "another `--out`", kind=VisualizationError):
        rendered(other, [CHANNEL], folder, snapshots=(2,))


def test_folders_of_something_else(mini, tmp_path, expect_refusal):
    (tmp_path / "notes.txt").write_text("mine")
    with expect_refusal("or hold pictures", "notes.txt", "Choose another", kind=VisualizationError):
        rendered(mini, [CHANNEL], tmp_path)
    with expect_refusal("must be a folder", "a file", "Choose another", kind=VisualizationError):
        rendered(mini, [CHANNEL], tmp_path / "notes.txt")
    write_json(tmp_path / "new" / "pictures.json", {"format": "artlucid.pictures", "version": 2})
    with expect_refusal("at most 1", "version 2", "upgrade", kind=VisualizationError):
        rendered(mini, [CHANNEL], tmp_path / "new")
    (tmp_path / "new" / "pictures.json").write_text("{")
    with expect_refusal("how the pictures beside it were made", "cannot be read", "damaged", kind=VisualizationError):
        rendered(mini, [CHANNEL], tmp_path / "new")


def test_one_process_a_folder(mini, tmp_path):
    from artlucid import runs

    with runs.lock(tmp_path / "out"), pytest.raises(RunError, match="one process at a time"):
        rendered(mini, [CHANNEL], tmp_path / "out")
