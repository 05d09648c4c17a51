"""What a comparison must say of networks whose difference is known."""

import numpy as np
import pytest
from compare.networks import (
    CONSUMERS,
    KILLED,
    SHIFTED,
    with_a_channel_killed,
    with_channels_shifted,
    with_red_and_blue_swapped,
)

from artlucid import activations, compare, models
from artlucid.models._network import weights_of

K = 5


@pytest.fixture(scope="module")
def networks():
    mini = models.load("none", architecture="mini")
    return [mini, with_red_and_blue_swapped(mini), with_channels_shifted(mini), with_a_channel_killed(mini)]


@pytest.fixture(scope="module")
def found(networks, data, tmp_path_factory):
    """The network with itself and with each of the others, for the same images in both parts."""
    options = compare.Options(
        k=(K, 1000), top_split="train", cka_split="train", extraction=activations.Options(size=32, cache=False)
    )
    out = tmp_path_factory.mktemp("laws")
    return compare.compare([networks[0], *networks], data, out=out, options=options)


@pytest.fixture(scope="module")
def cache(found, networks):
    with activations.open(found.path / "activations" / f"{networks[0].identity[:16]}-train.h5") as opened:
        yield opened


def of(table, source):
    return table[table["model_b"] == source]


def best(features, channel):
    """The images of a channel's top set, by a sort."""
    values = features[:, channel]
    return {image for image in np.argsort(-values, kind="stable")[:K].tolist() if values[image] > 0}


def test_every_layer_and_channel_has_a_row(found, cache):
    assert len(cache.layers) == 66
    for source in ("none", "swapped", "shifted", "killed"):
        assert of(found.layers, source)["layer"].tolist() == list(cache.layers)
        channels = of(found.channels, source)
        numbered = [(layer, channel) for layer in cache.layers for channel in range(cache[layer].shape[1])]
        assert sorted(zip(channels["layer"], channels["channel"], strict=True)) == sorted(numbered)
    groups = of(found.layers, "none").set_index("layer")["group"]
    assert groups[["conv2d0", "mixed3b", "mixed4d_3x3", "mixed5b"]].tolist() == ["low", "low", "mid", "high"]
    assert of(found.layers, "none")["analysed"].sum() == 12


def test_a_network_with_itself(found, cache):
    layers, channels = of(found.layers, "none"), of(found.channels, "none")
    analysed = layers[layers["analysed"]]
    np.testing.assert_allclose(layers[["cka", "cka_debiased"]], 1, atol=1e-9)
    np.testing.assert_allclose(analysed[["cka_low", "cka_high"]], 1, atol=1e-9)
    assert (analysed["cka_floor_mean"] < analysed["cka_floor"]).all() and (analysed["cka_floor"] < 1).all()
    assert layers.loc[~layers["analysed"], ["cka_low", "cka_floor"]].isna().all(axis=None)
    kernels = layers[layers["layer"].isin(cache.stored_layers)]
    assert len(kernels) == 57
    assert (kernels["kernel_distance"] == 0).all() and (kernels["kernel_distance_relative"] == 0).all()
    np.testing.assert_allclose(kernels["kernel_cosine"], 1)
    positive = [(cache[row.layer][:, row.channel] > 0).sum() for row in channels.itertuples()]
    assert channels["n_positive_a"].tolist() == positive
    np.testing.assert_allclose(channels[f"overlap_{K}"], np.minimum(positive, K) / K)
    assert min(positive) < K < max(positive), "both cases occur"
    assert channels["kernel_distance"].eq(0).all()
    np.testing.assert_array_equal(channels["entropy_a"], channels["entropy_b"])


def test_red_and_blue_swapped(found, networks):
    layers = of(found.layers, "swapped").set_index("layer")
    kernel = weights_of(networks[0]).arrays["conv2d0/kernel"].astype(float)
    expected = np.sqrt(((kernel[:, :, 0] - kernel[:, :, 2]) ** 2).sum() * 2)
    distances = layers["kernel_distance"].dropna()
    assert distances["conv2d0"] == pytest.approx(expected)
    assert distances.drop("conv2d0").eq(0).all()
    channels = of(found.channels, "swapped")
    first = channels[channels["layer"] == "conv2d0"].set_index("channel").sort_index()
    np.testing.assert_allclose(
        first["kernel_distance"], np.sqrt(((kernel[:, :, 0] - kernel[:, :, 2]) ** 2).sum(axis=(0, 1)) * 2), rtol=1e-6
    )
    alone = of(found.channels, "none")
    same = alone[alone["layer"] == "conv2d0"][f"overlap_{K}"].mean()
    assert first[f"overlap_{K}"].mean() < 0.8 * same


def test_channels_permuted_with_what_takes_them_in(found, networks, cache, data):
    image = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3))
    one, other = (network.keras_model.predict_on_batch(image) for network in (networks[0], networks[2]))
    np.testing.assert_allclose(one, other, atol=1e-6)
    layers = of(found.layers, "shifted").set_index("layer")
    np.testing.assert_allclose(layers["cka"], 1, atol=1e-5)
    np.testing.assert_allclose(layers["cka_debiased"], 1, atol=1e-5)
    distances = layers["kernel_distance"].dropna()
    assert set(distances.index[distances > 0]) == {SHIFTED, *CONSUMERS}
    channels, same = (
        of(found.channels, source).set_index(["layer", "channel"])[f"overlap_{K}"] for source in ("shifted", "none")
    )
    features, width = np.asarray(cache[SHIFTED]), cache[SHIFTED].shape[1]
    expected = [
        len(best(features, channel) & best(features, channel - 1)) / K for channel in range(width)
    ]  # channel 0 became that of the last one
    np.testing.assert_allclose(channels[SHIFTED].loc[range(width)], expected)
    start = cache["mixed4d_1x1"].shape[1]
    np.testing.assert_allclose(channels["mixed4d"].loc[range(start, start + width)], expected)
    assert np.mean(expected) < 0.5 * same[SHIFTED].mean()
    inside = {(SHIFTED, channel) for channel in range(width)}
    inside |= {("mixed4d", channel) for channel in range(start, start + width)}
    elsewhere = [place for place in same.index if place not in inside]
    np.testing.assert_allclose(channels[elsewhere], same[elsewhere])


def test_a_killed_channel_is_named_dead(found, cache):
    layer, channel = KILLED
    in_block = cache["mixed3a_1x1"].shape[1] + channel
    channels, before = (of(found.channels, source).set_index(["layer", "channel"]) for source in ("killed", "none"))
    for place in ((layer, channel), ("mixed3a", in_block)):
        row = channels.loc[place]
        assert row["dead_b"] and not row["dead_a"]
        assert "dead in b" in row["notice"] and "dead in a" not in row["notice"]
        assert row["n_positive_b"] == 0 and row[f"overlap_{K}"] == 0
        assert np.isnan(row["entropy_b"]) and row["classes_b"] == "" and row["classes_a"]
        assert row["kernel_distance_relative"] == 1
    assert channels.loc["mixed3a", "dead_b"].sum() == before.loc["mixed3a", "dead_b"].sum() + 1
    layers = of(found.layers, "killed").set_index("layer")
    assert layers["dead_b"]["mixed3a"] == layers["dead_a"]["mixed3a"] + 1
    assert layers["kernel_distance"].dropna().drop(layer).eq(0).all()


def test_low_overlap_first_and_dead_channels_last(found):
    for source in ("swapped", "killed"):
        channels = of(found.channels, source)
        dead = (channels["dead_a"] | channels["dead_b"]).to_numpy()
        assert dead.any() and (np.diff(dead.astype(int)) >= 0).all()
        assert channels[f"overlap_{K}"][~dead].is_monotonic_increasing


def test_fewer_images_than_k(found, data):
    assert found.channels["overlap_1000"].isna().all() and found.layers["overlap_1000_mean"].isna().all()
    reason = f"overlap_1000: {len(data.train)} images, fewer than 1000"
    assert found.channels["notice"].str.contains(reason).all()
    assert found.layers["notice"].str.contains(reason).all()


def test_means_of_layers_are_those_of_their_channels(found):
    layers = of(found.layers, "swapped").set_index("layer")
    channels = of(found.channels, "swapped").groupby("layer")
    for column in (f"overlap_{K}", "entropy_a", "entropy_b"):
        np.testing.assert_allclose(layers[f"{column}_mean"], channels[column].mean()[layers.index])
        np.testing.assert_allclose(layers[f"{column}_median"], channels[column].median()[layers.index])
    rows = of(found.channels, "swapped")
    alive = rows[~rows["dead_a"] & ~rows["dead_b"]].groupby("layer")[f"overlap_{K}"].mean()
    np.testing.assert_allclose(layers[f"overlap_{K}_mean_alive"], alive[layers.index])
    assert (layers[f"overlap_{K}_mean_alive"] > layers[f"overlap_{K}_mean"]).any()
    entropies = of(found.channels, "killed")["entropy_b"].dropna()
    assert entropies.between(0, 1).all()


def test_summary_has_the_means_over_layers(found):
    summary = {pair["model_b"]: pair for pair in found.manifest["pairs"]}["swapped"]
    layers = of(found.layers, "swapped")
    assert summary["cka_mean"] == pytest.approx(layers["cka"][layers["analysed"]].mean())
    distances = layers["kernel_distance"].dropna()
    assert len(distances) == summary["kernel_distance_layers"] == 57
    assert summary["kernel_distance_mean"] == pytest.approx(distances.mean())
    assert summary["frozen"] == [] and summary["left_out"] == {}
    channels = of(found.channels, "swapped")
    # Those of blocks are there once more.
    own = channels[~channels["layer"].str.fullmatch(r"mixed\d\w")]
    assert summary["n_channels"] == len(own) < len(channels)
    assert summary[f"overlap_{K}_mean"] == pytest.approx(own[f"overlap_{K}"].mean())
    assert summary[f"overlap_{K}_chance"] == pytest.approx(own[f"overlap_{K}_chance"].mean())
    assert summary["entropy_b_mean"] == pytest.approx(own["entropy_b"].mean())
    assert summary["dead_b"] == own["dead_b"].sum()
