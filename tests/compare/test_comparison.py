"""How a comparison is made, kept, gone on with and refused."""

import dataclasses
import json
import shutil

import filelock
import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from activations.plain import hand_made
from compare.networks import tiny
from finetune import small

from artlucid import activations, architectures, compare, metrics, models, recipes
from artlucid.compare import _compare
from artlucid.compare._caches import check_alike
from artlucid.compare._candidates import Candidate
from artlucid.compare._channels import ordered
from artlucid.compare._frozen import Frozen, frozen_between
from artlucid.datasets import Dataset
from artlucid.errors import ActivationsError, ComparisonError, DataError, MetricError, OutputError
from artlucid.models._network import weights_of

pytestmark = pytest.mark.usefixtures("tiny")

EXTRACTION = activations.Options(cache=False)
QUICK = compare.Options(k=(5, 10), extraction=EXTRACTION)
LAYERS = ("conv2d0", "conv2d1")
ONE_SPLIT = dataclasses.replace(QUICK, top_split="test", cka_split="test")


@pytest.fixture(scope="module")
def two(tiny):
    return [models.load("none", architecture="tiny", seed=seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def made(two, data, tmp_path_factory):
    """Of two networks; for reading only."""
    return compare.compare(two, data, out=tmp_path_factory.mktemp("made"), options=QUICK)


def no_more(*_, **__):
    raise AssertionError("this was computed already")


def test_images_are_those_of_the_paper(made, data):
    assert made.layers["n_images"].unique().tolist() == [len(data.test)]
    assert made.layers["n_images_top"].unique().tolist() == [len(data.train)]
    assert made.manifest["dataset"]["images"] == {"train": len(data.train), "test": len(data.test)}


def test_the_same_source_twice_is_told_apart(made, two):
    names = [f"none#{network.identity[:8]}" for network in two]
    assert made.layers[["model_a", "model_b"]].drop_duplicates().values.tolist() == [names]
    assert [model["model"] for model in made.manifest["models"]] == names


def caches_of(made, two, split):
    for network in two:
        with activations.open(made.path / "activations" / f"{network.identity[:16]}-{split}.h5") as cache:
            yield {layer: np.asarray(cache[layer]) for layer in LAYERS}


def test_similarities_are_those_of_the_metrics(made, two):
    before, after = caches_of(made, two, "test")
    rows = made.layers.set_index("layer")
    for layer in LAYERS:
        found = metrics.cka_statistics(
            before[layer], after[layer], resampling=QUICK.resampling, permutations=QUICK.permutations
        )
        for name, value, interval, floor in (
            ("cka", found.cka, found.interval, found.floor),
            ("cka_debiased", found.cka_debiased, found.interval_debiased, found.floor_debiased),
        ):
            shown = rows.loc[layer, [name, *(f"{name}_{end}" for end in ("low", "high", "floor", "floor_mean"))]]
            expected = [value, interval.low, interval.high, floor.quantile, floor.mean]
            np.testing.assert_allclose(shown.astype(float), expected, err_msg=f"{layer} {name}")


def test_overlaps_and_entropies_are_those_of_the_metrics(made, two, data):
    features = list(caches_of(made, two, "train"))
    for layer in LAYERS:
        rows = made.channels[made.channels["layer"] == layer].set_index("channel").sort_index()
        for k in QUICK.k:
            tops = [metrics.top_images(one[layer], k) for one in features]
            for name, measure in (
                ("", metrics.overlap_ratio),
                ("_chance", metrics.expected_overlap_ratio),
                ("_corrected", metrics.corrected_overlap_ratio),
            ):
                np.testing.assert_allclose(rows[f"overlap_{k}{name}"], measure(*tops))
        for side, one in zip("ab", features, strict=True):
            top = metrics.top_images(one[layer], QUICK.k[0])
            entropy = metrics.class_entropy(top, data.train.labels, len(data.class_names))
            chance = metrics.expected_class_entropy(top, data.train.labels, len(data.class_names)).mean
            np.testing.assert_allclose(rows[f"entropy_{side}"], entropy)
            np.testing.assert_allclose(rows[f"entropy_{side}_chance"], chance)
            assert rows[f"n_positive_{side}"].tolist() == (one[layer] > 0).sum(axis=0).tolist()
            assert rows[f"dead_{side}"].tolist() == (one[layer] <= 0).all(axis=0).tolist()


def test_classes_are_those_of_the_top_images(made, two, data):
    for side, features in zip("ab", caches_of(made, two, "train"), strict=True):
        for row in made.channels.itertuples():
            values = features[row.layer][:, row.channel]
            top = [image for image in np.argsort(-values, kind="stable")[: QUICK.k[0]] if values[image] > 0]
            counts = np.bincount(np.array(data.train.labels)[top], minlength=len(data.class_names))
            named = dict(
                text.removesuffix(" %").rsplit(" ", 1) for text in getattr(row, f"classes_{side}").split("; ") if text
            )
            expected = {data.class_names[i]: f"{100 * count / len(top):.0f}" for i, count in enumerate(counts) if count}
            assert named == expected


def test_layers_have_what_their_channels_come_to(made):
    rows = made.layers.set_index("layer")
    for layer, channels in made.channels.groupby("layer"):
        for column in ("overlap_5", "overlap_10", "entropy_a", "entropy_b"):
            values = channels[column].dropna()
            expected = [values.mean(), *np.percentile(values, [50, 25, 75])]
            endings = ("mean", "median", "quartile_1", "quartile_3")
            np.testing.assert_allclose([rows[f"{column}_{ending}"][layer] for ending in endings], expected)
            assert rows[f"{column}_chance"][layer] == pytest.approx(channels[f"{column}_chance"].mean())
        for k in QUICK.k:
            corrected = channels[f"overlap_{k}_corrected"].mean()
            assert rows[f"overlap_{k}_corrected_mean"][layer] == pytest.approx(corrected)


def test_read_gives_the_same(made):
    found = compare.read(made.path)
    pd.testing.assert_frame_equal(found.layers, made.layers)
    pd.testing.assert_frame_equal(found.channels, made.channels)
    assert found.manifest == json.loads(json.dumps(made.manifest))


def test_csv_holds_what_parquet_does(made):
    for name in ("layers", "channels"):
        table = getattr(made, name)
        csv = pd.read_csv(made.path / f"{name}.csv")
        assert list(csv) == list(table) and len(csv) == len(table)
        numbers = table.select_dtypes("float64")
        np.testing.assert_array_equal(csv[list(numbers)], numbers)


def test_finished_work_is_not_done_again(two, data, tmp_path, monkeypatch):
    out = tmp_path / "out"
    first = compare.compare(two, data, out=out, options=ONE_SPLIT)
    monkeypatch.setattr(activations, "extract", no_more)
    with monkeypatch.context() as patch:
        patch.setattr(_compare, "tops_of", no_more)
        patch.setattr(_compare, "layer_table", no_more)
        again = compare.compare(two, data, out=out, options=ONE_SPLIT)
    pd.testing.assert_frame_equal(again.layers, first.layers)
    pd.testing.assert_frame_equal(again.channels, first.channels)
    # Other settings need other tables, and no other caches.
    other = compare.compare(two, data, out=out, options=dataclasses.replace(ONE_SPLIT, k=(3,)))
    assert "overlap_3" in other.channels and "overlap_5" not in other.channels


def test_half_a_comparison_is_none(two, data, tmp_path, monkeypatch, expect_refusal):
    out = tmp_path / "out"
    first = compare.compare(two, data, out=out, options=ONE_SPLIT)
    with monkeypatch.context() as patch:
        patch.setattr("artlucid.compare._files.write_json", no_more)
        with pytest.raises(AssertionError):
            compare.compare(two, data, out=out, options=ONE_SPLIT)
    with expect_refusal("a folder with compare.json", str(out), "artlucid compare", kind=ComparisonError):
        compare.read(out)
    again = compare.compare(two, data, out=out, options=ONE_SPLIT)
    pd.testing.assert_frame_equal(again.channels, first.channels)


@pytest.mark.parametrize("name", ["layers.parquet", "channels.parquet"])
def test_damaged_tables_are_refused_and_mended(two, data, tmp_path, expect_refusal, name):
    out = tmp_path / "out"
    first = compare.compare(two, data, out=out, options=ONE_SPLIT)
    for path in (out / name, next(out.glob(f"pairs/*/{name}"))):
        path.write_bytes(path.read_bytes()[:-100])
    with expect_refusal("as it was written", name, "artlucid compare", kind=ComparisonError):
        compare.read(out)
    compare.compare(two, data, out=out, options=ONE_SPLIT)
    pd.testing.assert_frame_equal(compare.read(out).channels, first.channels)


@pytest.mark.parametrize(
    ("change", "received", "advice"),
    [
        ({"version": 2}, "version 2", "upgrade"),
        ({"format": "artlucid.run"}, "'artlucid.run'", "artlucid compare"),
        ({"version": True}, "True", "artlucid compare"),
        ({"files": None}, "layers.parquet", "artlucid compare"),
    ],
)
def test_other_manifests_are_refused(made, tmp_path, expect_refusal, change, received, advice):
    for path in made.path.glob("*.parquet"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "compare.json").write_text(json.dumps({**made.manifest, **change}))
    with expect_refusal("", received, advice, kind=ComparisonError):
        compare.read(tmp_path)


def test_a_manifest_that_is_no_json_is_refused(tmp_path, expect_refusal):
    (tmp_path / "compare.json").write_text("[" * 100_000)
    with expect_refusal("readable JSON", str(tmp_path), "remove it", kind=ComparisonError):
        compare.read(tmp_path)


def test_all_pairs(data, two, tmp_path):
    networks = [*two, models.load("none", architecture="tiny", seed=2)]
    first, every = (
        compare.compare(networks, data, out=tmp_path / pairs, pairs=pairs, options=ONE_SPLIT).manifest["pairs"]
        for pairs in ("first", "all")
    )
    a, b, c = (f"none#{network.identity[:8]}" for network in networks)
    assert [(pair["model_a"], pair["model_b"]) for pair in first] == [(a, b), (a, c)]
    assert [(pair["model_a"], pair["model_b"]) for pair in every] == [(a, b), (a, c), (b, c)]


def test_training_with_a_frozen_layer(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, trainable=(("conv2d0", False), ("*", True)))
    run = small.train(data, tmp_path / "run", recipe=recipe, seed=3, keep_epochs=True)
    found = compare.compare([run.at("initial"), f"{run.path}@epochs"], data, out=tmp_path / "out", options=ONE_SPLIT)
    assert found.layers["which_b"].drop_duplicates().tolist() == ["epoch-1", "epoch-2"]
    assert set(found.layers["which_a"]) == {"initial"} and set(found.layers["seed_b"]) == {3}
    assert found.layers["recipe_b"].str.startswith("small").all()
    layers = found.layers.set_index(["which_b", "layer"])
    assert layers.loc[("epoch-2", "conv2d0"), ["frozen", "frozen_kernel"]].all()
    assert not layers.loc[("epoch-2", "conv2d1"), ["frozen", "frozen_kernel"]].any()
    assert layers["kernel_distance"]["epoch-2", "conv2d0"] == 0 < layers["kernel_distance"]["epoch-2", "conv2d1"]
    summary = found.manifest["pairs"][1]
    assert summary["frozen"] == ["conv2d0"]
    assert summary["kernel_distance_mean"] == layers["kernel_distance"]["epoch-2", "conv2d1"]
    assert summary["cka_mean"] == layers["cka"]["epoch-2", "conv2d1"]
    assert summary["cka_debiased_mean"] == layers["cka_debiased"]["epoch-2", "conv2d1"]
    assert summary["overlap_5_mean"] == pytest.approx(layers["overlap_5_mean"]["epoch-2", "conv2d1"])
    assert summary["overlap_5_median"] == pytest.approx(layers["overlap_5_median"]["epoch-2", "conv2d1"])
    assert summary["entropy_b_mean"] == pytest.approx(layers["entropy_b_mean"]["epoch-2", "conv2d1"])
    assert summary["n_channels"] == 8
    with_itself = compare.compare([run, run], data, out=tmp_path / "itself", options=ONE_SPLIT)
    assert not with_itself.layers["frozen"].any()


def test_rows_in_the_order_in_which_one_browses_them():
    table = pd.DataFrame(
        [
            ("frozen, few images", "conv2d0", 0, True, False, False, 0.2),
            ("dead after", "conv2d1", 1, False, False, True, 0.0),
            ("dead before", "conv2d1", 0, False, True, False, 0.0),
            ("another layer", "conv2d1", 2, False, False, False, 0.4),
            ("low", "conv2d1", 3, False, False, False, 0.1),
            ("another channel", "conv2d0", 5, False, False, False, 0.4),
            ("the same", "conv2d0", 4, False, False, False, 0.4),
        ],
        columns=["name", "layer", "channel", "frozen", "dead_a", "dead_b", "overlap_5"],
    )
    names = ordered(table, compare.Options(k=(5, 10)), ["conv2d0", "conv2d1"])["name"].tolist()
    expected = [
        "low",
        "the same",
        "another channel",
        "another layer",
        "frozen, few images",
        "dead before",
        "dead after",
    ]
    assert names == expected


def test_frozen_behind_what_was_trained(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, trainable=(("conv2d1", False), ("*", True)))
    run = small.train(data, tmp_path / "run", recipe=recipe)
    found = compare.compare([run.at("initial"), run], data, out=tmp_path / "out", options=ONE_SPLIT)
    layers = found.layers.set_index("layer")
    # Its kernel is what it was, but what it sees is not.
    assert layers.loc["conv2d1", ["frozen", "frozen_kernel"]].tolist() == [False, True]
    assert found.manifest["pairs"][0]["kernel_distance_layers"] == 1


def test_frozen_in_a_chain_of_trainings(data, tmp_path):
    recipe = dataclasses.replace(small.RECIPE, epochs=1, trainable=(("conv2d0", False), ("*", True)))
    first = small.train(data, tmp_path / "first", recipe=dataclasses.replace(small.RECIPE, epochs=1))
    second = small.train(data, tmp_path / "second", recipe=recipe, weights=first)
    stranger = small.train(data, tmp_path / "stranger", recipe=recipe, seed=1)
    networks = [models.load(run) for run in (first, second, stranger)]
    start = models.load(first.at("initial"))
    assert frozen_between(networks[0], networks[1]).kernels == {"conv2d0"}
    # The first training changed everything, and the second began with what it gave.
    assert not frozen_between(start, networks[1]).kernels
    starts = [Candidate("", network).start for network in (start, *networks)]
    assert starts == ["none", "none", recipes.label(recipes.from_json(networks[0].lineage["recipe"])), "none"]
    # Wherever the first run was moved to since the second began with it.
    moved = first.path.rename(tmp_path / "moved")
    assert frozen_between(models.load(moved), models.load(second)).kernels == {"conv2d0"}
    # These began with other weights, so that what both froze is not the same.
    assert not np.array_equal(*(weights_of(network).arrays["conv2d0/kernel"] for network in networks[1:]))
    assert not frozen_between(networks[1], networks[2]).kernels
    assert not frozen_between(networks[1], networks[1]).kernels
    unknown = [dataclasses.replace(one, lineage={**one.lineage, "initial_weights": None}) for one in networks[:2]]
    assert not frozen_between(*unknown).kernels


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_frozen_by_every_recipe_on_the_papers_network(name):
    architecture = architectures.get("inception5h")
    recipe = recipes.to_json(recipes.get(name))
    frozen = [frozen_between(*states(architecture, recipe, which)) for which in ("best", "initial")]
    # "The end from scratch": conv2d0 … mixed3b keep their weights, and the table of distances is over 42 convolutions.
    low = {layer for layer in architecture.convolutions if layer.startswith(("conv2d", "mixed3"))}
    expected = low if name == "high_layers_from_scratch" else set()
    assert frozen[0].kernels == expected and len(low) == 15
    assert expected <= frozen[0].activations and ("mixed3b" in frozen[0].activations) == bool(expected)
    assert "mixed4a" not in frozen[0].activations
    assert frozen[1] == Frozen()
    # As it began, beside a training that changed nothing at all: what was not drawn at random.
    beside = [states(architecture, {"costs": [1.0]}, "best")[1], states(architecture, recipe, "initial", "begun")[1]]
    kept = {"high_layers_from_scratch": low, "from_scratch": set(), "demo": set()}
    assert frozen_between(*beside).kernels == kept.get(name, set(architecture.convolutions))


def test_off_the_shelf_leaves_all_as_it_was():
    architecture = architectures.get("inception5h")
    found = frozen_between(*states(architecture, {"costs": [1.0]}, "best"))
    assert found.kernels == set(architecture.convolutions)
    assert {"conv2d0", "mixed5b"} <= found.activations


def states(architecture, recipe, which, after="after"):
    """Published weights, and what a training by this recipe made of them; no more than `frozen_between` looks at."""
    before = models.Network(None, architecture, (), "start", "published")
    lineage = {"run": "run", "which": which, "recipe": recipe, "initial_weights": {"identity": "start"}}
    return before, models.Network(None, architecture, (), after, "run", lineage)


def test_epochs_that_are_not_kept(data, tmp_path, expect_refusal):
    run = small.train(data, tmp_path / "run")
    with expect_refusal("keeps its epochs", str(run.path), "--keep-epochs", kind=ComparisonError):
        compare.compare([run, f"{run.path}@epochs"], data, out=tmp_path / "out", options=ONE_SPLIT)


def test_without_labels(two, data, tmp_path):
    plain = {name: dataclasses.replace(split, labels=None) for name, split in data.splits.items()}
    unlabelled = Dataset("folder", data.specification, data.root, (), plain, ())
    found = compare.compare(two, unlabelled, out=tmp_path / "out", options=ONE_SPLIT)
    assert found.channels[["entropy_a", "entropy_b", "entropy_b_chance"]].isna().all(axis=None)
    assert found.channels["notice"].str.contains("entropy: no labels").all()
    assert found.layers["notice"].str.contains("entropy: no labels").all()
    assert found.channels["classes_b"].eq("").all() and found.channels["overlap_5"].notna().all()


def test_one_class_only(two, data, tmp_path):
    test = data.test.with_labels(np.zeros(len(data.test), int))
    single = Dataset("folder", data.specification, data.root, ("blue",), {"test": test}, ())
    found = compare.compare(two, single, out=tmp_path / "out", options=ONE_SPLIT)
    assert found.channels["notice"].str.contains("entropy: one class only, blue").all()
    assert found.channels["entropy_a"].isna().all()
    alive = found.channels[~found.channels["dead_b"]]
    assert set(alive["classes_b"]) == {"blue 100 %"}


def test_several_labels_and_none(two, data, tmp_path):
    several = small.with_several_labels(data)
    found, literal = (
        compare.compare(
            two, several, out=tmp_path / str(way), options=dataclasses.replace(ONE_SPLIT, literal_entropy=way)
        )
        for way in (False, True)
    )
    assert found.channels["entropy_b"].dropna().between(0, 1).all()
    assert not found.channels["entropy_b"].equals(literal.channels["entropy_b"])
    nothing = several.with_splits({"test": several.test.with_labels(np.zeros_like(several.test.labels))})
    found = compare.compare(two, nothing, out=tmp_path / "nothing", options=ONE_SPLIT)
    alive = found.channels[~found.channels["dead_a"]]
    assert len(alive) and alive["entropy_a"].isna().all()
    assert alive["notice"].str.contains("entropy_a: no top image has a label").all()


def test_metadata(two, data, tmp_path):
    def compared(artists, out):
        test = dataclasses.replace(data.test, metadata={"artist": artists})
        return compare.compare(two, data.with_splits({"test": test}), out=out, options=ONE_SPLIT).channels

    # Each image its own value: those of the first in both top sets.
    found = compared([f"image {index}" for index in range(len(data.test))], tmp_path / "one")
    for side, network in zip("ab", two, strict=True):
        with activations.open(tmp_path / "one" / "activations" / f"{network.identity[:16]}-test.h5") as cache:
            for row in found[~found[f"dead_{side}"]].itertuples():
                top = metrics.top_images(cache[row.layer], QUICK.k[0]).indices[row.channel]
                named = {text.rsplit(" ", 2)[0] for text in getattr(row, f"metadata_artist_{side}").split("; ")}
                assert len(named) == min(3, (top >= 0).sum()) and named <= {f"image {image}" for image in top}
    half = len(data.test) // 2
    artists = ("Hals",) * half + ("",) * (len(data.test) - half)
    out = tmp_path / "out"
    named = set(compared(artists, out)["metadata_artist_b"])
    assert "Hals 100 %" in named and named <= {"Hals 100 %", ""}
    # They are no part of the dataset's identity, yet what is kept of a pair is of these.
    assert "Leyster 100 %" in set(compared(("Leyster",) * len(data.test), out)["metadata_artist_a"])


def test_constant_layers(data, tmp_path):
    bias = np.full(8, -1e6, np.float32)
    found = compare.compare(
        [tiny(), tiny(source="constant", conv2d1__bias=bias)], data, out=tmp_path / "out", options=ONE_SPLIT
    )
    layers = found.layers.set_index("layer")
    assert np.isnan(layers.loc["conv2d1", ["cka", "cka_debiased", "cka_low", "cka_floor"]].astype(float)).all()
    assert (
        "conv2d1 of constant" in layers["notice"]["conv2d1"] and "vary over the images" in layers["notice"]["conv2d1"]
    )
    assert layers["cka"]["conv2d0"] == pytest.approx(1)
    assert layers["dead_b"]["conv2d1"] == 8
    assert found.manifest["pairs"][0]["cka_layers"] == ["conv2d0"]


def test_too_few_images_for_anything(two, data, tmp_path):
    few = data.with_splits({"test": data.test.select([0, 5, 9])})
    found = compare.compare(two, few, out=tmp_path / "out", options=ONE_SPLIT)
    assert found.layers["cka"].isna().all() and found.layers["notice"].str.contains("at least 4 images").all()
    assert found.channels["overlap_5"].isna().all() and found.channels["n_positive_a"].max() == 3
    assert found.channels["notice"].str.contains("overlap_5: 3 images, fewer than 5").all()
    assert found.layers["kernel_distance"].notna().all()


def test_a_kernel_of_zeros(data, tmp_path):
    empty = np.zeros_like(weights_of(tiny()).arrays["conv2d1/kernel"])
    found = compare.compare(
        [tiny(source="zeros", conv2d1__kernel=empty), tiny()], data, out=tmp_path / "out", options=ONE_SPLIT
    )
    row = found.layers.set_index("layer").loc["conv2d1"]
    assert row["kernel_distance"] > 0 and np.isnan(row["kernel_distance_relative"])
    assert "kernel_distance_relative: a kernel of zeros" in row["notice"]


def wrapped(widths, seed=0):
    """A network of one's own, of convolutions by name."""
    keras.utils.set_random_seed(seed)
    inputs = maps = keras.Input((None, None, 3))
    for name, width in widths.items():
        maps = keras.layers.Conv2D(width, 3, activation="relu", name=name)(maps)
    return models.wrap(keras.Model(inputs, maps, name=f"own{seed}"), value_range=(0, 1))


def test_networks_with_different_layers(data, tmp_path):
    one, other = wrapped({"first": 4, "second": 6, "mine": 2}), wrapped({"first": 4, "second": 5, "yours": 2}, seed=1)
    options = dataclasses.replace(ONE_SPLIT, extraction=dataclasses.replace(EXTRACTION, size=32))
    found = compare.compare([one, other], data, out=tmp_path / "out", options=options)
    assert found.layers["layer"].tolist() == ["first", "second"]
    assert found.layers["cka"].notna().all()
    assert set(found.channels["layer"]) == {"first"}
    assert found.manifest["pairs"][0]["left_out"] == {
        "mine": "keras:own0 alone has it",
        "yours": "keras:own1 alone has it",
        "second": "6 channels and 5: compared by CKA alone",
    }
    row = found.layers.set_index("layer").loc["second"]
    assert "6 channels and 5" in row["notice"] and pd.isna(row["dead_a"]) and np.isnan(row["kernel_distance"])
    assert "left out mine (keras:own0 alone has it)" in compare.as_text(found)


def test_networks_that_cannot_be_compared(two, data, tmp_path, expect_refusal):
    out = tmp_path / "out"
    own = wrapped({"first": 4})
    with expect_refusal("one architecture", "keras:own0", "two states of one network", kind=ComparisonError):
        compare.compare([two[0], own], data, out=out, options=ONE_SPLIT)
    options = dataclasses.replace(ONE_SPLIT, extraction=dataclasses.replace(EXTRACTION, size=32))
    with expect_refusal("layers in common", "keras:own1 with other", "name layers alike", kind=ComparisonError):
        compare.compare([own, wrapped({"other": 4}, seed=1)], data, out=out, options=options)
    for models_given in (two[:1], [], "none"):
        with expect_refusal("two networks or more", "", "RUN@initial", kind=ComparisonError):
            compare.compare(models_given, data, out=out, options=ONE_SPLIT)
    with expect_refusal("`pairs` must be one of first, all", "'some'", "Choose", kind=ComparisonError):
        compare.compare(two, data, out=out, pairs="some", options=ONE_SPLIT)


def test_a_folder_that_cannot_be_written(two, data, tmp_path, expect_refusal):
    with (
        filelock.FileLock(tmp_path / ".lock"),
        expect_refusal("one process at a time", str(tmp_path), "--out", kind=ComparisonError),
    ):
        compare.compare(two, data, out=tmp_path, options=ONE_SPLIT)
    file = tmp_path / "file"
    file.write_text("")
    with expect_refusal("must be writable", str(file), "--out", kind=OutputError):
        compare.compare(two, data, out=file, options=ONE_SPLIT)


@pytest.mark.parametrize("k", [(), (0,), (5, 5), 5, "5", (True,), (2.0,)])
def test_bad_k(k, expect_refusal):
    with expect_refusal("`k` must be", repr(k), "(100, 1000)", kind=ComparisonError):
        compare.Options(k=k)


def test_a_split_that_is_not_there(two, tmp_path):
    black = hand_made(tmp_path, [np.zeros((32, 32, 3), np.uint8)] * 5)
    with pytest.raises(DataError, match="'train'"):
        compare.compare(two, black, out=tmp_path / "out", options=QUICK)


def test_caches_of_something_else_are_refused(two, data, tmp_path):
    out = tmp_path / "out"
    compare.compare(two, data, out=out, options=ONE_SPLIT)
    other = dataclasses.replace(ONE_SPLIT, extraction=dataclasses.replace(EXTRACTION, size=40))
    with pytest.raises(ActivationsError, match="preprocessing was size 32"):
        compare.compare(two, data, out=out, options=other)
    fewer = data.with_splits({"test": data.test.select(range(8))})
    with pytest.raises(ActivationsError, match="dataset was"):
        compare.compare(two, fewer, out=out, options=ONE_SPLIT)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"size": 40}, "preprocessing"),
        ({"precision": "bfloat16"}, "precision: float32 and bfloat16"),
        ({"split": "val"}, "split: test and val"),
        ({"order": [*range(1, 12), 0]}, "images and their order"),
        ({"order": range(6)}, "number of images: 12 and 6"),
    ],
)
def test_unlike_caches(two, data, tmp_path, change, word):
    options = dataclasses.replace(EXTRACTION, **{key: change[key] for key in ("size", "precision") if key in change})
    images = data.split(change.get("split", "test"))
    other = images.select(change["order"]) if "order" in change else images
    one = activations.extract(two[0], data.test, out=tmp_path / "one.h5", options=EXTRACTION)
    two_ = activations.extract(two[1], other, out=tmp_path / "two.h5", options=options)
    with one, two_, pytest.raises(ComparisonError, match=word):
        check_alike(one, two_)


def finished_caches(made, out):
    """The activations of a comparison, for a new one."""
    shutil.copytree(made.path / "activations", out / "activations")
    return sorted((out / "activations").glob("[!.]*-train.h5"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_activations_that_are_not_finite(made, two, data, tmp_path, expect_refusal, value):
    path = finished_caches(made, tmp_path)[0]
    with h5py.File(path, "r+") as file:
        file["layers/conv2d1/mean"][3, 2] = value
    with expect_refusal(f"conv2d1 of {path}", "for image 3, channel 2", "the network", kind=MetricError):
        compare.compare(two, data, out=tmp_path, options=QUICK)


def test_a_cache_that_is_cut_short(made, two, data, tmp_path, expect_refusal):
    path = finished_caches(made, tmp_path)[1]
    path.write_bytes(path.read_bytes()[:-1000])
    with expect_refusal("a whole file", str(path), "extract again", kind=ActivationsError):
        compare.compare(two, data, out=tmp_path, options=QUICK)


def test_caches_whose_images_are_in_another_order(made, two, data, tmp_path, expect_refusal):
    path = finished_caches(made, tmp_path)[0]
    with h5py.File(path, "r+") as file:
        file["images/path"][...] = file["images/path"][()][::-1]
    with expect_refusal("in the same order", "paths of the images", "Extract both", kind=ComparisonError):
        compare.compare(two, data, out=tmp_path, options=QUICK)


def test_fewer_images_than_classes(two, data, tmp_path):
    few = data.with_splits({"test": data.test.select([0, 5])})
    found = compare.compare(two, few, out=tmp_path, options=dataclasses.replace(ONE_SPLIT, k=(2,)))
    assert len(few.class_names) == 3
    assert found.layers["cka"].isna().all() and found.layers["notice"].str.contains("at least 4 images").all()
    # Two images of two of three classes.
    entropies = found.channels["entropy_a"][found.channels["n_positive_a"] == 2]
    np.testing.assert_allclose(entropies, 1 / np.log2(3))


def test_no_images_at_all(two, data, tmp_path):
    nothing = data.with_splits({"test": data.test.select([])})
    found = compare.compare(two, nothing, out=tmp_path, options=ONE_SPLIT)
    assert found.layers["cka"].isna().all() and found.layers["kernel_distance"].notna().all()
    assert found.channels["notice"].str.contains("overlap_5: 0 images, fewer than 5").all()
