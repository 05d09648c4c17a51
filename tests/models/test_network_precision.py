import dataclasses

import keras
import numpy as np
import pytest

from artlucid import models
from artlucid.errors import ModelError
from artlucid.models._network import get_arrays
from artlucid.models._precision import in_precision


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_keeps_what_must_stay_exact_in_float32(policy, network, images):
    half = in_precision(network, policy)
    kept = {
        layer.name
        for layer in half.keras_model.layers
        if layer.compute_dtype == "float32" and not isinstance(layer, keras.layers.InputLayer)
    }
    assert kept == {"preprocess", "avgpool0", "logits", "predictions"}
    assert half.keras_model.get_layer("conv2d0").output.dtype == policy.removeprefix("mixed_")
    assert {variable.dtype for variable in half.keras_model.variables} == {"float32"}
    found = np.asarray(half.keras_model(images, training=False))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, network.keras_model(images, training=False), atol=0.05)


def test_precision_changes_nothing_else(network):
    half = in_precision(network, "mixed_bfloat16")
    again = in_precision(half, "float32")
    for name, array in get_arrays(network.keras_model, network.architecture).items():
        np.testing.assert_array_equal(get_arrays(again.keras_model, network.architecture)[name], array)
    assert again.keras_model.get_layer("conv2d0").compute_dtype == "float32"
    for field in dataclasses.fields(network):
        if field.name != "keras_model":
            assert getattr(half, field.name) == getattr(network, field.name)


def test_same_precision_is_the_same_network(network):
    assert in_precision(network, "float32") is network
    half = in_precision(network, "mixed_bfloat16")
    assert in_precision(half, "mixed_bfloat16") is half


def test_wrapped_networks_keep_their_own(refused):
    inputs = keras.Input((32, 32, 3))
    wrapped = models.wrap(keras.Model(inputs, keras.layers.Conv2D(2, 3)(inputs)), value_range=(0, 1))
    assert in_precision(wrapped, "float32") is wrapped
    with refused("`precision` of a wrapped network", "'mixed_bfloat16'", "before wrapping", kind=ModelError):
        in_precision(wrapped, "mixed_bfloat16")
