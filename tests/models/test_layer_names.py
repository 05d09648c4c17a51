import keras
import numpy as np
import pytest
from plain_inception import compute

from artlucid import architectures, models
from artlucid.errors import ModelError
from artlucid.models import Network
from artlucid.models._build import BuildOptions, build
from artlucid.models._network import layer_outputs


def value(network, name, images):
    tensor = models.layer_output(network, name)
    return np.asarray(keras.Model(network.keras_model.input, tensor)(images, training=False))


def test_names_are_lucids(network):
    names = network.layer_names
    assert names[:6] == (
        "preprocess",
        "conv2d0_pre_relu",
        "conv2d0",
        "maxpool0",
        "localresponsenorm0",
        "conv2d1_pre_relu",
    )
    assert names[-5:] == ("mixed5b_pre_relu", "mixed5b", "avgpool0", "logits", "predictions")
    for name in (
        "mixed4d_3x3_bottleneck_pre_relu",
        "mixed4d_3x3_pre_relu",
        "mixed4d_pool_reduce_pre_relu",
        "mixed4d_3x3",
    ):
        assert name in names
    # 57 convolutions and 9 blocks twice, 4 + 9 pools, 2 normalizations, preprocess, avgpool0, logits, predictions.
    assert len(names) == len(set(names)) == 2 * (57 + 9) + 13 + 2 + 4


def test_each_name_alone_gives_its_layer(network, arrays, images):
    truth = compute(images, arrays, "mini")
    for name in ("mixed4d_pre_relu", "mixed4d", "mixed3a_5x5_pre_relu", "maxpool10", "avgpool0", "logits"):
        np.testing.assert_allclose(
            value(network, name, images), truth[name], rtol=0, atol=1e-5 * np.abs(truth[name]).max(), err_msg=name
        )


def test_asking_changes_nothing(network, images):
    before = [layer.name for layer in network.keras_model.layers]
    assert models.layer_output(network, "mixed4d_pre_relu").shape == (None, None, None, 132)
    models.layer_output(network, "mixed4d_pre_relu")
    assert [layer.name for layer in network.keras_model.layers] == before


@pytest.mark.parametrize(("alias", "name"), [("softmax2", "predictions"), ("softmax2_pre_activation", "logits")])
def test_lucids_names_of_a_softmax(alias, name, network, images):
    np.testing.assert_array_equal(value(network, alias, images), value(network, name, images))


def test_a_sigmoid_is_no_softmax(images, refused):
    model = models.InceptionV1(weights=None, variant="mini", classes=3, classifier_activation="sigmoid")
    network = models.load(model)
    np.testing.assert_array_equal(value(network, "softmax2_pre_activation", images), value(network, "logits", images))
    with refused("`layer` must be a layer of the network", "'softmax2'", "nearest names", kind=ModelError):
        models.layer_output(network, "softmax2")


def test_auxiliary_heads_have_lucids_names():
    architecture = architectures.get("mini")
    model = build(architecture, classes=3, options=BuildOptions(auxiliary=True))
    network = Network(model, architecture, (), "", "")
    names = network.layer_names
    for name in ("head0_pool", "head0_bottleneck_pre_relu", "head0_bottleneck", "nn0_pre_relu", "nn0", "nn1"):
        assert name in names
    assert models.layer_output(network, "softmax0") is model.get_layer("head0_predictions").output
    assert models.layer_output(network, "softmax1_pre_activation") is model.get_layer("head1_logits").output


@pytest.mark.parametrize(("wrong", "near"), [
    ("mixed4d_3x3_prerelu", "mixed4d_3x3_pre_relu"),
    ("mixed4d_3x3:52", "mixed4d_3x3"),
    ("Mixed_4d", "mixed4d"),
    ("head0_bottleneck", "bottleneck"),
])  # fmt: skip
def test_unknown_layer_gives_the_nearest_names(wrong, near, network, refused):
    with refused("`layer` must be a layer of the network", repr(wrong), near, kind=ModelError):
        models.layer_output(network, wrong)


def test_unlike_any_layer(network, refused):
    with refused("`layer` must be", "'§§§'", "nearest names are none; there are 151", kind=ModelError):
        models.layer_output(network, "§§§")


SEVERAL = ["mixed3a_pre_relu", "conv2d0", "softmax2", "mixed3a_pre_relu", "mixed3a"]


def test_several_layers_at_once(network, images):
    found = keras.Model(network.keras_model.input, layer_outputs(network, SEVERAL))(images, training=False)
    for name, output in zip(SEVERAL, found, strict=True):
        np.testing.assert_array_equal(output, value(network, name, images), err_msg=name)
    assert layer_outputs(network, []) == []


def test_several_layers_one_of_them_unknown(network, refused):
    with refused("`layer` must be a layer of the network", "'mixed3f'", "mixed3", kind=ModelError):
        layer_outputs(network, ["conv2d0", "mixed3f"])
