"""What is built, against the same network typed in plain TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from plain_inception import CLASSES, CONVOLUTIONS, VARIANTS, compute, draw, shapes
from published_graph import random_arrays

from artlucid import architectures, models
from artlucid.errors import ModelError
from artlucid.models import Network
from artlucid.models._applications import _fitting
from artlucid.models._build import BuildOptions, build
from artlucid.models._network import get_arrays, set_arrays
from artlucid.models.weights._record import Weights, expected_shapes
from artlucid.recipes import Initialization

MINI = architectures.get("mini")


def mini(**options):
    return models.InceptionV1(**{"weights": None, "variant": "mini", "classes": 3, **options})


def outputs(model, architecture, images):
    """The output of every layer by its name."""
    network = Network(model, architecture, (), "", "")
    tensors = {name: models.layer_output(network, name) for name in network.layer_names}
    return {
        name: np.asarray(value) for name, value in keras.Model(model.input, tensors)(images, training=False).items()
    }


def assert_equal_outputs(found, expected):
    assert set(found) == set(expected)
    for name, truth in expected.items():
        assert found[name].shape == truth.shape, name
        np.testing.assert_allclose(found[name], truth, rtol=0, atol=1e-5 * np.abs(truth).max(), err_msg=name)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("size", [(64, 96), (65, 78), (71, 67)], ids=str)
def test_every_layer_computes_what_was_published(variant, size):
    architecture = architectures.get(variant)
    arrays = draw(variant, 4)
    model = build(architecture, classes=4)
    set_arrays(model, architecture, arrays)
    images = np.random.default_rng(2).uniform(0, 255, (1, *size, 3)).astype(np.float32)
    assert_equal_outputs(outputs(model, architecture, images), compute(images, arrays, variant))


@pytest.mark.parametrize("size", [(32, 32), (33, 32), (40, 57)], ids=str)
def test_mini_takes_any_size_from_the_minimum(size, network, arrays):
    images = np.random.default_rng(3).uniform(0, 255, (2, *size, 3)).astype(np.float32)
    found = network.keras_model(images, training=False)
    np.testing.assert_allclose(found, compute(images, arrays, "mini")["predictions"], atol=1e-5)


def test_auxiliary_heads_compute_what_was_published():
    arrays = random_arrays(MINI, 4)
    model = build(MINI, classes=4, options=BuildOptions(auxiliary=True))
    set_arrays(model, MINI, arrays)
    images = np.random.default_rng(4).uniform(0, 255, (2, 96, 96, 3)).astype(np.float32)
    assert_equal_outputs(outputs(model, MINI, images), compute(images, arrays, "mini", auxiliary=True))
    assert {name: tensor.shape[-1] for name, tensor in model.output.items()} == {
        "head0_predictions": 4,
        "head1_predictions": 4,
        "predictions": 4,
    }


def test_dense_layer_of_auxiliary_heads_takes_4_by_4_maps_at_224():
    model = models.InceptionV1(weights=None, variant="bvlc", classes=2, deep_supervision=True)
    assert model.input_shape == (None, 224, 224, 3)
    assert model.get_layer("nn0_pre_relu").kernel.shape == (4 * 4 * 128, 1024)
    assert model.get_layer("head1_bottleneck_pre_relu").kernel.shape == (1, 1, 528, 128)


@pytest.mark.parametrize("variant", VARIANTS)
def test_shapes_of_the_arrays(variant):
    architecture = architectures.get(variant)
    assert expected_shapes(architecture, 7) == shapes(variant, 7)
    model = models.InceptionV1(weights=None, variant=variant)
    assert {name: array.shape for name, array in get_arrays(model, architecture).items()} == shapes(
        variant, CLASSES[variant]
    )


def test_bvlc_has_as_many_parameters_as_published():
    assert models.InceptionV1(weights=None, variant="bvlc").count_params() == 6_998_552


def test_inception5h_is_what_random_weights_give():
    assert models.InceptionV1(weights=None).output_shape == (None, 1008)


def test_sigmoid(arrays, images):
    model = mini(classes=5, classifier_activation="sigmoid")
    set_arrays(model, MINI, arrays)
    truth = compute(images, arrays, "mini", activation=tf.sigmoid)["predictions"]
    np.testing.assert_allclose(model(images, training=False), truth, atol=1e-6)


def test_without_the_top_the_output_is_the_last_feature_map(arrays, images):
    truth = compute(images, arrays, "mini")["mixed5b"]
    for pooling, expected in {None: truth, "avg": truth.mean((1, 2)), "max": truth.max((1, 2))}.items():
        model = mini(include_top=False, pooling=pooling)
        set_arrays(model, MINI, {name: array for name, array in arrays.items() if "logits" not in name})
        np.testing.assert_allclose(model(images, training=False), expected, atol=1e-4 * truth.max())
        assert model.name == "inception_v1"
        assert not [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def test_input_tensor_takes_the_place_of_the_input():
    tensor = keras.Input((40, 48, 3), dtype="uint8", name="photographs")
    model = mini(input_tensor=tensor, name="other")
    assert model.input is tensor
    assert model.name == "other"
    images = np.random.default_rng(0).integers(0, 256, (1, 40, 48, 3), dtype=np.uint8)
    np.testing.assert_array_equal(model(images), mini()(images.astype(np.float32)))


def test_input_shape():
    assert mini(input_shape=(48, None, 3)).input_shape == (None, 48, None, 3)
    assert mini().input_shape == (None, None, None, 3)


def test_same_seed_same_arrays():
    first, again, other = (get_arrays(mini(seed=seed), MINI) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert [name for name in first if np.array_equal(first[name], other[name])] == [
        name for name in first if name.endswith("bias")
    ]


def test_layers_of_one_shape_differ():
    arrays = get_arrays(mini(), MINI)
    assert arrays["mixed4c_5x5/kernel"].shape == (5, 5, 6, 16)
    kernels = [array.ravel()[:50] for name, array in arrays.items() if name.endswith("kernel")]
    assert len({kernel.tobytes() for kernel in kernels}) == len(CONVOLUTIONS) + 1


def test_random_arrays_do_not_depend_on_the_order_of_building():
    alone = get_arrays(mini(include_top=False), MINI)
    whole = get_arrays(mini(deep_supervision=True), MINI)
    assert all(np.array_equal(whole[name], array) for name, array in alone.items())


def test_initialization_and_penalty():
    options = BuildOptions(initialization=Initialization("HeNormal", 0.2), kernel_penalty=2e-4)
    model = build(MINI, classes=3, options=options)
    arrays = get_arrays(model, MINI)
    assert all((array == np.float32(0.2)).all() for name, array in arrays.items() if name.endswith("bias"))
    kernel = arrays["mixed5b_3x3/kernel"]
    assert np.std(kernel) == pytest.approx(np.sqrt(2 / np.prod(kernel.shape[:3])), rel=0.05)
    squares = sum((arrays[f"{name}/kernel"].astype(float) ** 2).sum() for name in CONVOLUTIONS)
    assert sum(float(loss) for loss in model.losses) == pytest.approx(2e-4 * squares, rel=1e-5)


def test_glorot_is_the_default():
    kernel = get_arrays(mini(), MINI)["mixed5b_3x3/kernel"]
    assert np.abs(kernel).max() == pytest.approx(np.sqrt(6 / (9 * (48 + 96))), rel=0.01)


@pytest.mark.parametrize(("options", "rule", "received", "advice"), [
    ({"input_shape": (31, 64, 3)}, "at least 32 pixels high and wide", "(31, 64, 3)", "Resize"),
    ({"input_shape": (64, 31, 3)}, "at least 32 pixels high and wide", "(64, 31, 3)", "Resize"),
    ({"input_shape": (64, 64, 1)}, "(height, width, 3)", "(64, 64, 1)", "RGB"),
    ({"input_shape": (64, 64)}, "(height, width, 3)", "(64, 64)", "RGB"),
    ({"input_tensor": keras.Input((20, 40, 3))}, "at least 32 pixels", "(20, 40, 3)", "Resize"),
    ({"input_shape": (64, 96, 3), "deep_supervision": True}, "(96, 96, 3)", "(64, 96, 3)", "Leave deep supervision"),
    ({"input_shape": (None, None, 3), "deep_supervision": True}, "(96, 96, 3)", "None", "Leave deep supervision"),
    ({"include_top": False, "deep_supervision": True}, "with the classifiers", "include_top=False", "Leave one"),
    ({"classes": 0}, "`classes` must be at least 1", "0", "include_top"),
    ({"classes": -2}, "`classes` must be at least 1", "-2", "include_top"),
    ({"classifier_activation": "relu"}, "'softmax', 'sigmoid'", "'relu'", "Choose"),
    ({"classifier_activation": None}, "'softmax', 'sigmoid'", "None", "Choose"),
    ({"pooling": "mean", "include_top": False}, "None, 'avg', 'max'", "'mean'", "Choose"),
    ({"variant": "vgg16"}, "known variant", "'vgg16'", "inception5h, bvlc, gonthier, mini"),
])  # fmt: skip
def test_arguments_out_of_range(options, rule, received, advice, refused):
    with refused(rule, received, advice, kind=ModelError):
        mini(**options)


def test_minimum_of_the_full_networks_is_64(refused):
    with refused("at least 64 pixels", "(63, 64, 3)", "Resize", kind=ModelError):
        models.InceptionV1(weights=None, variant="bvlc", input_shape=(63, 64, 3))


def test_weights_with_another_number_of_classes_give_a_new_classifier(tmp_path, arrays):
    np.savez(tmp_path / "mini.npz", **arrays)
    model = models.InceptionV1(weights=tmp_path / "mini.npz", variant="mini", classes=9, seed=4)
    found = get_arrays(model, MINI)
    fresh = get_arrays(mini(classes=9, seed=4), MINI)
    assert found["logits/kernel"].shape == (256, 9)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], fresh[name] if name.startswith("logits") else array, err_msg=name)


def test_layers_that_stay_random_are_named(tmp_path, arrays, caplog):
    np.savez(tmp_path / "mini.npz", **arrays)

    def said(**options):
        caplog.clear()
        with caplog.at_level("INFO", logger="artlucid"):
            mini(**{"weights": tmp_path / "mini.npz", "classes": None, **options})
        return caplog.messages

    assert said() == said(include_top=False) == []
    assert said(classes=9) == ["new, random: logits"]
    assert said(weights=None) == []
    heads = "head0_bottleneck, nn0, head0_logits, head1_bottleneck, nn1, head1_logits"
    assert said(deep_supervision=True) == [f"new, random: {heads}"]
    assert said(deep_supervision=True, classes=9) == [f"new, random: {heads}, logits"]


def test_other_layers_than_heads_must_have_arrays(arrays, refused):
    less = {name: array for name, array in arrays.items() if name not in ("conv2d1/bias", "mixed4c_1x1/kernel")}
    model = build(MINI, classes=5)
    with refused("every layer but those of the heads", "none for conv2d1, mixed4c_1x1", "Use whole weights"):
        _fitting(Weights(less, MINI), model, MINI, 5)


def test_weights_with_their_own_classes(tmp_path, arrays, images):
    np.savez(tmp_path / "mini.npz", **arrays)
    model = models.InceptionV1(weights=tmp_path / "mini.npz", variant="mini")
    np.testing.assert_allclose(model(images), compute(images, arrays, "mini")["predictions"], atol=1e-5)


def test_preprocess_input_returns_the_same_object(images):
    assert models.preprocess_input(images) is images
    with pytest.raises(ModelError, match="channels_first"):
        models.preprocess_input(images, data_format="channels_first")


def test_decode_predictions_in_order_with_ties_by_class():
    found = models.decode_predictions([[0.25, 0.5, 0.25], [0.0, 0.1, 0.9]], top=2, class_names=["a", "b", "c"])
    assert found == [[("b", 0.5), ("a", 0.25)], [("c", 0.9), ("b", 0.1)]]


def test_decode_predictions_of_many_classes_that_tie():
    [found] = models.decode_predictions(
        np.full((1, 1000), 1e-3), top=3, class_names=[str(index) for index in range(1000)]
    )
    assert [name for name, _ in found] == ["0", "1", "2"]


def test_decode_predictions_needs_a_name_a_class(refused):
    with refused("(n_images, 2)", "(1, 3)", "Pass the names", kind=ModelError):
        models.decode_predictions(np.zeros((1, 3)), class_names=["a", "b"])
