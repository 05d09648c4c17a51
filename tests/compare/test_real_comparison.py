"""The published weights with red and blue swapped, on paintings."""

import pytest
from compare.networks import with_red_and_blue_swapped

from artlucid import activations, compare, models

pytestmark = pytest.mark.real_data


def test_overlap_tells_swapped_colours_and_cka_hardly(shared_data, tmp_path):
    network = models.load(shared_data / "weights/bvlc_googlenet.npz")
    options = compare.Options(
        k=(20, 50), top_split="test", cka_split="test", extraction=activations.Options(cache=False, max_excluded=0.2)
    )
    found = compare.compare(
        [network, with_red_and_blue_swapped(network)],
        f"rasta:{shared_data / 'data/rasta_small'}",
        out=tmp_path,
        options=options,
    )
    layers = found.layers[found.layers["analysed"]]
    assert layers["cka"].between(0.85, 0.98).all()
    assert (layers["cka_floor_mean"] < layers["cka_floor"]).all() and (layers["cka_floor"] < layers["cka_low"]).all()
    # By chance it would be 20 of 122.
    assert layers["overlap_20_mean"].between(0.5, 0.85).all()
    assert (layers["overlap_20_chance"] < 0.17).all()
