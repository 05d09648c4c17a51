"""Caffe's file, written byte by byte."""

import numpy as np
import pytest
from plain_inception import draw, shapes
from weight_files import bytes_field, caffe_blobs, caffemodel, number_field

from artlucid import architectures, models
from artlucid.models.weights import _caffe

FORMS = [("new", False), ("new", True), ("v1", False), ("v1", True)]


@pytest.fixture
def read(tmp_path):
    def read(content, variant="mini"):
        path = tmp_path / "net.caffemodel"
        path.write_bytes(content)
        return _caffe.read(path, variant)

    return read


@pytest.mark.parametrize(("layers", "old_blobs"), FORMS)
def test_both_forms_of_layers_and_blobs(layers, old_blobs, read, arrays):
    weights = read(caffemodel(caffe_blobs(arrays), layers=layers, old_blobs=old_blobs))
    assert list(weights.arrays) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(weights.arrays[name], array, err_msg=name)


@pytest.mark.parametrize(("layers", "old_blobs"), FORMS)
def test_a_single_class(layers, old_blobs, read):
    arrays = draw("mini", 1)
    weights = read(caffemodel(caffe_blobs(arrays), layers=layers, old_blobs=old_blobs))
    np.testing.assert_array_equal(weights.arrays["logits/kernel"], arrays["logits/kernel"])
    assert weights.classes == 1


def test_unpacked_values(read, arrays):
    blobs = caffe_blobs(arrays)
    *rest, last = blobs
    content = caffemodel({layer: blobs[layer] for layer in rest})
    kernel, bias = blobs[last]
    one_by_one = b"".join(b"\x2d" + value.tobytes() for value in bias.astype("<f4"))
    plain = bytes_field(7, bytes_field(1, b"\x05")) + one_by_one
    whole = bytes_field(5, kernel.astype("<f4").tobytes()) + bytes_field(7, number_field(1, 5) + number_field(1, 256))
    layer = bytes_field(1, last.encode()) + bytes_field(7, whole) + bytes_field(7, plain)
    weights = read(content + bytes_field(100, layer))
    np.testing.assert_array_equal(weights.arrays["logits/kernel"], arrays["logits/kernel"])
    np.testing.assert_array_equal(weights.arrays["logits/bias"], arrays["logits/bias"])


@pytest.fixture(scope="module")
def released():
    """The release of Caffe with both auxiliary heads; only the dense layers of these are not zero."""
    arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes("bvlc", 2).items()}
    generator = np.random.default_rng(5)
    for index, channels in ((0, 512), (1, 528)):
        arrays[f"head{index}_bottleneck/kernel"] = np.zeros((1, 1, channels, 128), np.float32)
        arrays[f"head{index}_bottleneck/bias"] = np.zeros(128, np.float32)
        arrays[f"nn{index}/kernel"] = np.zeros((2048, 1024), np.float32)
        arrays[f"nn{index}/bias"] = np.zeros(1024, np.float32)
        arrays[f"head{index}_logits/kernel"] = np.zeros((1024, 2), np.float32)
        arrays[f"head{index}_logits/bias"] = np.zeros(2, np.float32)
    blobs = caffe_blobs(arrays)
    for index in (1, 2):
        blobs[f"loss{index}/fc"][0] = generator.normal(size=(1024, 2048)).astype(np.float32)
    return blobs


def test_dense_layers_on_maps_take_their_channels_last(released, read):
    weights = read(caffemodel(released), variant=None)
    assert weights.architecture is architectures.get("bvlc")
    maps = np.random.default_rng(6).normal(size=(128, 4, 4)).astype(np.float32)
    for index in (0, 1):
        truth = released[f"loss{index + 1}/fc"][0] @ maps.ravel()
        found = maps.transpose(1, 2, 0).ravel() @ weights.arrays[f"nn{index}/kernel"]
        np.testing.assert_allclose(found, truth, atol=1e-3)


def test_part_of_an_auxiliary_head(read, arrays, refused):
    blobs = caffe_blobs(arrays) | {"loss1/fc": [np.zeros((256, 32), np.float32), np.zeros(256, np.float32)]}
    with refused("exactly those of", "missing: head0_bottleneck/kernel, head0_bottleneck/bias, head0_logits/", "Use"):
        read(caffemodel(blobs))


def test_misshapen_auxiliary_head(read, arrays, refused):
    blobs = caffe_blobs(arrays) | {
        "loss1/conv": [np.zeros((32, 127, 1, 1), np.float32), np.zeros(32, np.float32)],
        "loss1/fc": [np.zeros((256, 33), np.float32), np.zeros(256, np.float32)],
        "loss1/classifier": [np.zeros((5, 256), np.float32), np.zeros(5, np.float32)],
    }
    with refused("exactly those of", "nn0/kernel: (33, 256) in the file, (32, 256) in the network", "Use"):
        read(caffemodel(blobs))


def test_layers_of_another_network(read, arrays, refused):
    blobs = caffe_blobs(arrays) | {f"conv{index}": [np.zeros((2, 2, 1, 1), np.float32)] for index in range(1, 9)}
    with refused(
        "must be those of inception_v1/mini", "conv1, conv2, conv3, conv4, conv5, conv6, …", "another network"
    ):
        read(caffemodel(blobs))


def test_no_layers(read, refused):
    with refused("Caffe's protobuf", "no layer in it has weights", "get it again"):
        read(caffemodel({}))


def test_a_third_blob(read, arrays, refused):
    blobs = caffe_blobs(arrays)
    blobs["conv1/7x7_s2"].append(np.zeros(1, np.float32))
    with refused("Caffe's protobuf", "'conv1/7x7_s2' is there twice or has more than kernel and bias", "get it again"):
        read(caffemodel(blobs))


@pytest.mark.parametrize("layers", ["new", "v1"])
def test_a_layer_twice(layers, read, arrays, refused):
    blobs = caffe_blobs(arrays)
    again = {"conv1/7x7_s2": blobs["conv1/7x7_s2"]}
    with refused("Caffe's protobuf", "'conv1/7x7_s2' is there twice", "get it again"):
        read(caffemodel(blobs) + caffemodel(again, layers=layers))


def negative(number):
    return number % 2**64


@pytest.mark.parametrize("sides", [(5,), (2, 3), (0,), (negative(-2), negative(-2))], ids=str)
def test_values_that_do_not_fill_their_shape(sides, read, refused):
    data = bytes_field(5, np.zeros(4, "<f4").tobytes())
    shape = bytes_field(7, b"".join(number_field(1, side) for side in sides))
    layer = bytes_field(1, b"conv1/7x7_s2") + bytes_field(7, data + shape)
    with refused("Caffe's protobuf", "layer 'conv1/7x7_s2' has 4 values for the shape", "get it again"):
        read(bytes_field(100, layer))


def test_a_blob_without_values(read, refused):
    with refused("Caffe's protobuf", "has 0 values", "get it again"):
        read(bytes_field(100, bytes_field(1, b"conv1/7x7_s2") + bytes_field(7, b"")))


def test_name_that_is_not_text(read, arrays, refused):
    with refused("must be", "net.caffemodel", ""):
        read(caffemodel(caffe_blobs(arrays)) + bytes_field(100, bytes_field(1, b"\xff\xfe") + bytes_field(7, b"")))


def test_file_that_is_too_large(monkeypatch, read, arrays, refused):
    monkeypatch.setattr(_caffe, "MOST_BYTES", 2**20)
    with refused("Caffe's protobuf", "more than 1 MiB", "get it again"):
        read(caffemodel(caffe_blobs(arrays)))


def test_the_released_file_gives_the_released_variant(released, tmp_path):
    path = tmp_path / "bvlc_googlenet.caffemodel"
    path.write_bytes(caffemodel(released))
    network = models.load(path)
    assert network.architecture is architectures.get("bvlc")
    assert network.keras_model.output_shape == (None, 2)
    assert "nn0_pre_relu" not in network.layer_names
