"""Whole layers: which channels are meant, the same bits whatever happens, what is shared, what it would cost."""

import gc
import json
import shutil

import keras
import numpy as np
import pytest
from tensorflow.python.framework.func_graph import FuncGraph

from artlucid import models, visualize
from artlucid.environment import Precision
from artlucid.errors import ModelError, OutputError, VisualizationError, VisualizationWarning
from artlucid.models._network import get_arrays, set_arrays
from artlucid.visualize import _batch, _folder, _precision
from artlucid.visualize._channel import channels_of

LAYER = "mixed4a_5x5_pre_relu"


def swept(networks, channels, out, steps=2, seed=0, **options):
    options = visualize.Options(**{"batch_size": 2, **options})
    return visualize.sweep(networks, channels, out=out, steps=steps, size=32, seed=seed, options=options)


def names(network, *texts):
    return [str(channel) for channel in channels_of(network, texts)]


def pictures_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def test_patterns(mini):
    assert names(mini, "mixed4a_5x5:*") == [f"mixed4a_5x5:{number}" for number in range(12)]
    assert names(mini, "mixed4a_5x5:2-4", "conv2d0:-1") == [f"mixed4a_5x5:{number}" for number in (2, 3, 4)] + [
        "conv2d0:15"
    ]
    # Each channel of a convolution once, before its ReLU.
    layers = {channel.layer for channel in channels_of(mini, ["mixed4*:*"])}
    assert len(layers) == 30 and all(layer.endswith("_pre_relu") for layer in layers)
    assert names(mini, "conv2d?_pre_relu:0") == [f"conv2d{number}_pre_relu:0" for number in range(3)]
    assert len(names(mini, "*:*")) == sum(
        layer.filters for layer in mini.architecture.backbone if hasattr(layer, "filters")
    )
    # What no convolution is called: blocks, pools.
    assert names(mini, "mixed4?:0") == [f"mixed4{letter}:0" for letter in "abcde"]
    assert names(mini, "maxpool[01]:3") == ["maxpool0:3", "maxpool1:3"]


def test_patterns_over_a_network_of_ones_own(mini):
    inputs = keras.Input((None, None, 3))
    bracketed = keras.Model(inputs, keras.layers.Conv2D(4, 3, name="block[0]")(inputs))
    assert names(models.wrap(bracketed, value_range=(0, 1)), "block[0]:1", "block*:0") == ["block[0]:1", "block[0]:0"]
    network = models.wrap(mini.keras_model, value_range=(0, 255))
    assert names(network, "mixed4a_5x5*:1")[0] == "mixed4a_5x5_bottleneck_pre_relu:1"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("mixed9*:*", ("must match layers", "'mixed9*'", "mixed4*:*")),
        ("mixed4a_5x5:4-2", ("go upwards", "4-2", "2-4")),
        ("mixed4a_5x5:4-12", ("one of the 12", "mixed4a_5x5:12", "0 to mixed4a_5x5:11")),
        ("mixed4*:900", ("one of the", "900", "count from the end")),
        ("mixed4*:", ("must be written `layer:number`", "'mixed4*:'", "artlucid info")),
        ("mixed4a_5x5:1_1", ("must be written `layer:number`", "1_1", "artlucid info")),
        ("mixed4*:all", ("must be written `layer:number`", "all", "artlucid info")),
    ],
)
def test_patterns_that_mean_nothing(mini, tmp_path, expect_refusal, text, parts):
    with expect_refusal(*parts, kind=VisualizationError):
        swept([mini], [text], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_layer_with_all_channels(mini, expect_refusal):
    with expect_refusal("a layer of the network", "'mixed4a_4x4'", "mixed4a_5x5", kind=ModelError):
        channels_of(mini, ["mixed4a_4x4:*"])


@pytest.mark.parametrize(
    "options", [{"precision": "float32"}, {"precision": "bfloat16"}, {"transforms_per_image": True}]
)
def test_the_same_bits_whatever_happens(mini, tmp_path, options, monkeypatch):
    """Alone, in company, in reverse order, and after being interrupted when a picture was written."""
    layer = "mixed3a_5x5_pre_relu"
    channels = [f"{layer}:{number}" for number in range(6)]
    # Beyond the redirected ones, whose step is another.
    options = {"steps": 19, "batch_size": 4, **options}
    swept([mini], channels, tmp_path / "together", **options)
    truth = pictures_of(tmp_path / "together")
    assert len(truth) == 6 and len(set(truth.values())) == 6
    swept([mini], channels[4::-1], tmp_path / "reverse", **options)
    swept([mini], channels[1:2], tmp_path / "alone", **options)

    written = []
    write = _folder.Folder.write

    def interrupted(folder, picture):
        write(folder, picture)
        written.append(picture)
        if len(written) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(_folder.Folder, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        swept([mini], channels, tmp_path / "interrupted", **options)
    swept([mini], channels, tmp_path / "interrupted", **options)
    for folder, number in (("reverse", 5), ("alone", 1), ("interrupted", 6)):
        found = pictures_of(tmp_path / folder)
        assert len(found) == number and all(found[name] == truth[name] for name in found), folder
    swept([mini], channels[1:2], tmp_path / "seed", seed=1, **options)
    (name,) = pictures_of(tmp_path / "alone")
    assert pictures_of(tmp_path / "seed")[name] != truth[name]


def test_nothing_outlives_what_is_compiled(mini, tmp_path):
    def graphs():
        gc.collect()
        return sum(isinstance(one, FuncGraph) for one in gc.get_objects())

    swept([mini], ["conv2d1:0"], tmp_path / "a")
    before = graphs()
    swept([mini], ["conv2d1:1", "conv2d0:0", "conv2d2:0"], tmp_path / "b")
    assert graphs() <= before


def test_what_went_wrong_is_told_again(mini, tmp_path, expect_refusal):
    broken = models.load("none", architecture="mini", seed=3)
    arrays = get_arrays(broken.keras_model, broken.architecture)
    arrays["conv2d1/bias"][0] = np.nan
    arrays["conv2d1/kernel"][..., 1], arrays["conv2d1/bias"][1] = 0, -1
    set_arrays(broken.keras_model, broken.architecture, arrays)
    for _ in range(2):
        with (
            expect_refusal("must stay finite", "conv2d1_pre_relu:0", "value range", kind=VisualizationError),
            pytest.warns(VisualizationWarning, match="conv2d1_pre_relu:1: dead channel"),
        ):
            swept([broken], ["conv2d1_pre_relu:0-2"], tmp_path / "out", steps=19, precision="float32")


def test_pictures_of_another_folder_are_not_taken(mini, tmp_path):
    for seed in (0, 1):
        swept([mini], ["conv2d1:0-1"], tmp_path / str(seed), seed=seed)
    for name in ("conv2d1-0001.png", "curves/conv2d1-0001.csv", "manifests/conv2d1-0001.json"):
        shutil.copy(tmp_path / "1" / name, tmp_path / "0" / name)
    foreign = (tmp_path / "0" / "conv2d1-0001.png").read_bytes()
    swept([mini], ["conv2d1:0-1"], tmp_path / "0")
    assert (tmp_path / "0" / "conv2d1-0001.png").read_bytes() != foreign


def test_what_a_killed_process_left(mini, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".pictures.json.host-123.part").write_text("{")
    swept([mini], ["conv2d1:0"], tmp_path / "out", steps=1)
    assert not list((tmp_path / "out").glob(".*.part"))


def test_networks_share_what_is_compiled(mini, tmp_path, monkeypatch):
    # With other classes, as after a fine-tuning.
    other = models.load(models.InceptionV1(variant="mini", weights=None, classes=7))
    compiled = []
    make = _batch.BatchRenderer._compile
    monkeypatch.setattr(
        _batch.BatchRenderer, "_compile", lambda self, *given: (compiled.append(1), make(self, *given))[1]
    )
    folders = swept([mini, other], [f"{LAYER}:0-4", "conv2d1:2"], tmp_path / "both")
    assert len(compiled) == 2
    assert folders[0] == tmp_path / "both" and folders[1].parent == tmp_path / "both"
    alone = swept([other], [f"{LAYER}:0-4"], tmp_path / "other")[0]
    found = pictures_of(folders[1])
    assert all(found[name] == bits for name, bits in pictures_of(alone).items())
    assert pictures_of(folders[0]) != found


def test_batch_size_and_precision_are_recorded_and_kept(mini, tmp_path, monkeypatch, expect_refusal):
    swept([mini], [f"{LAYER}:0"], tmp_path / "out", batch_size=3, precision="bfloat16")
    manifest = json.loads((tmp_path / "out" / "pictures.json").read_text())
    assert (manifest["settings"]["batch_size"], manifest["settings"]["precision"]) == (3, "bfloat16")
    assert manifest["environment"]["precision"]["reason"] == "as asked for"
    # Also where `auto` would come to another one.
    decided = Precision("auto", "float32", "processor without bfloat16 instructions")
    monkeypatch.setattr(_precision.environment, "resolve_precision", lambda asked: decided)
    swept([mini], [f"{LAYER}:1"], tmp_path / "out", batch_size=None)
    record = json.loads((tmp_path / "out" / "manifests" / "mixed4a_5x5_pre_relu-0001.json").read_text())
    assert (record["settings"]["batch_size"], record["settings"]["precision"]) == (3, "bfloat16")
    with expect_refusal("same settings", "precision was bfloat16, is float32", "another", kind=VisualizationError):
        swept([mini], [f"{LAYER}:1"], tmp_path / "out", batch_size=None, precision="float32")


def test_precision_where_there_is_one_only(mini, tmp_path, expect_refusal):
    wrapped = models.wrap(mini.keras_model, value_range=(0, 255))
    swept([wrapped], ["mixed4a_5x5:0"], tmp_path / "out", batch_size=1)
    precision = json.loads((tmp_path / "out" / "pictures.json").read_text())["environment"]["precision"]
    assert precision["used"] == "float32" and "no architecture of this library" in precision["reason"]
    with expect_refusal("no architecture of this library", "'bfloat16'", "Leave it out", kind=VisualizationError):
        swept([wrapped], ["mixed4a_5x5:0"], tmp_path / "new", precision="bfloat16")
    swept([mini], ["mixed4a_5x5:0"], tmp_path / "half", precision="bfloat16")
    with expect_refusal("one precision", "in bfloat16", "another `--out`", kind=VisualizationError):
        swept([mini], ["predictions:0"], tmp_path / "half")
    with expect_refusal("predictions lies beyond the backbone", "'bfloat16'", "Leave", kind=VisualizationError):
        swept([mini], ["predictions:0"], tmp_path / "new", precision="bfloat16")


def test_both_ways_give_the_same_pictures(mini):
    """Along the layers that are known, and through the network as a user's own."""
    wrapped = models.wrap(mini.keras_model, value_range=(0, 255))
    options = visualize.Options(precision="float32", batch_size=2)
    images = [
        visualize.channels(network, ["mixed4a_5x5:0", "mixed4a_5x5:3"], steps=1, size=48, options=options)
        for network in (mini, wrapped)
    ]
    # Adam's first step is a sign: rounding turns some of them round.
    assert np.mean(np.abs(images[0] - images[1]) > 1e-3) < 0.01


def test_a_full_disk(mini, tmp_path, monkeypatch):
    written = []
    write = _folder.write_atomically

    def full(path, content):
        if len(written) == 4:
            raise OutputError(f"{path} must be writable, on a disk with room for it. Received: No space left.")
        written.append(path)
        write(path, content)

    monkeypatch.setattr(_folder, "write_atomically", full)
    with pytest.raises(OutputError, match="No space left"):
        swept([mini], [f"{LAYER}:0-3"], tmp_path / "out")
    monkeypatch.setattr(_folder, "write_atomically", write)
    assert len(visualize.pictures(tmp_path / "out")) < 4
    swept([mini], [f"{LAYER}:0-3"], tmp_path / "out")
    assert len(visualize.pictures(tmp_path / "out")) == 4


def test_a_plan(mini, tmp_path):
    swept([mini], [f"{LAYER}:0"], tmp_path / "out")
    options = visualize.Options(batch_size=2)
    request = {"out": tmp_path / "out", "size": 32, "options": options}
    costs = visualize.plan([mini], [f"{LAYER}:*", "conv2d1:0"], steps=2, **request)
    assert (costs.pictures, costs.there, costs.layers, costs.batches) == (12, 1, 2, 7)
    assert costs.batch_size == 2 and set(costs.measured) == {LAYER, "conv2d1"}
    assert costs.seconds > 0 and costs.memory > 1e8 and costs.disk > 0
    assert len(visualize.pictures(tmp_path / "out")) == 1
    longer = visualize.plan([mini], [f"{LAYER}:*", "conv2d1:0"], steps=2 * 10**6, out=tmp_path / "new", size=32)
    assert longer.seconds > 1000 * costs.seconds and not (tmp_path / "new").exists()


def test_models_that_are_none(mini, tmp_path, expect_refusal):
    for models_ in ("none", [], mini):
        with expect_refusal("`models` must be a sequence", str(models_)[:4], "in a list", kind=VisualizationError):
            swept(models_, [f"{LAYER}:0"], tmp_path / "out")
    for options, parts in (
        (visualize.Options(engine="lucid"), ("`engine` must be artlucid", "'lucid'", "Leave out")),
        (visualize.Options(dask="local:2"), ("`dask` must be left out", "'local:2'", "number of workers")),
    ):
        with expect_refusal(*parts, kind=VisualizationError):
            visualize.plan([mini], [f"{LAYER}:0"], out=tmp_path / "out", steps=2, size=32, options=options)
