"""The tables against the published descriptions, typed anew here."""

import dataclasses

import pytest

from artlucid import architectures
from artlucid.architectures import ARCHITECTURES, AveragePool, Concatenation, Convolution, MaxPool
from artlucid.errors import ModelError
from artlucid.models.weights._record import expected_shapes

# 1x1, 3x3 bottleneck, 3x3, 5x5 bottleneck, 5x5, pool reduce.
INCEPTION5H = """
    mixed3a 64 96 128 16 32 32
    mixed3b 128 128 192 32 96 64
    mixed4a 192 96 204 16 48 64
    mixed4b 160 112 224 24 64 64
    mixed4c 128 128 256 24 64 64
    mixed4d 112 144 288 32 64 64
    mixed4e 256 160 320 32 128 128
    mixed5a 256 160 320 48 128 128
    mixed5b 384 192 384 48 128 128
"""
BVLC = INCEPTION5H.replace("96 204", "96 208").replace("320 48", "320 32")
WIDTHS = {"inception5h": INCEPTION5H, "bvlc": BVLC, "gonthier": INCEPTION5H}
BRANCHES = ("1x1", "3x3_bottleneck", "3x3", "5x5_bottleneck", "5x5", "pool_reduce")

BLOCKS = [line.split()[0] for line in INCEPTION5H.split("\n") if line.strip()]


def layer(architecture, name):
    return next(layer for layer in architecture.layers(auxiliary=True) if layer.name == name)


def test_the_variants():
    assert list(ARCHITECTURES) == ["inception5h", "bvlc", "gonthier", "mini"]


@pytest.mark.parametrize("variant", WIDTHS)
def test_widths_of_the_blocks(variant):
    found = [
        [block, *(str(layer(architectures.get(variant), f"{block}_{branch}").filters) for branch in BRANCHES)]
        for block in BLOCKS
    ]
    assert found == [line.split() for line in WIDTHS[variant].strip().split("\n")]


def test_mini_has_a_quarter_of_the_widths():
    full, mini = architectures.get("inception5h"), architectures.get("mini")
    for name in full.convolutions:
        assert layer(mini, name).filters * 4 == layer(full, name).filters
    assert (mini.input_size, mini.minimum_size) == (96, 32)
    assert (mini.preprocess, mini.local_response, mini.padding) == (full.preprocess, full.local_response, full.padding)


@pytest.mark.parametrize("variant", ARCHITECTURES)
def test_57_convolutions_in_graph_order(variant):
    architecture = architectures.get(variant)
    stem = ["conv2d0", "conv2d1", "conv2d2"]
    assert list(architecture.convolutions) == stem + [f"{block}_{branch}" for block in BLOCKS for branch in BRANCHES]
    assert len(architecture.convolutions) == 57
    assert architecture.weight_layers()[-1] == "logits"


@pytest.mark.parametrize("variant", ARCHITECTURES)
def test_strides_and_sizes(variant):
    layers = list(architectures.get(variant).layers(auxiliary=True))
    assert {one.name: one.stride for one in layers if isinstance(one, Convolution) and one.stride > 1} == {"conv2d0": 2}
    pools = {one.name: (one.stride, one.size) for one in layers if isinstance(one, MaxPool)}
    halving = dict.fromkeys(("maxpool0", "maxpool1", "maxpool4", "maxpool10"), (2, 3))
    assert pools == {**halving, **{f"{block}_pool": (1, 3) for block in BLOCKS}}
    averages = {one.name: (one.source, one.size, one.stride) for one in layers if isinstance(one, AveragePool)}
    assert averages == {"head0_pool": ("mixed4a", 5, 3), "head1_pool": ("mixed4d", 5, 3)}


@pytest.mark.parametrize("variant", ARCHITECTURES)
def test_branches_join_in_lucids_order(variant):
    for one in architectures.get(variant).layers():
        if isinstance(one, Concatenation):
            assert one.sources == tuple(f"{one.name}_{branch}" for branch in ("1x1", "3x3", "5x5", "pool_reduce"))


@pytest.mark.parametrize(("variant", "classes", "auxiliary", "parameters"), [
    ("bvlc", 1000, False, 6_998_552),
    # The published caffemodel has 53,533,754 bytes: these in float32, and a little around them.
    ("bvlc", 1000, True, 13_378_280),
])  # fmt: skip
def test_parameters(variant, classes, auxiliary, parameters):
    shapes = expected_shapes(architectures.get(variant), classes, auxiliary=auxiliary)
    total = 0
    for shape in shapes.values():
        size = 1
        for side in shape:
            size *= side
        total += size
    assert total == parameters


@pytest.mark.parametrize(("variant", "order", "means"), [
    ("inception5h", "RGB", (117, 117, 117)),
    ("bvlc", "BGR", (104, 117, 123)),
    ("gonthier", "BGR", (103.939, 116.779, 123.68)),
    ("mini", "RGB", (117, 117, 117)),
])  # fmt: skip
def test_preprocess(variant, order, means):
    assert dataclasses.astuple(architectures.get(variant).preprocess) == (order, means)


@pytest.mark.parametrize(("variant", "padding", "classes", "constants"), [
    ("inception5h", "same", 1008, (5, 2, 1e-4, 0.5)),
    ("bvlc", "symmetric", 1000, (2, 1, 1e-4 / 5, 0.75)),
    ("gonthier", "symmetric", 1008, (2, 2, 1e-4 / 5, 0.5)),
    ("mini", "same", 1000, (5, 2, 1e-4, 0.5)),
])  # fmt: skip
def test_padding_classes_and_normalization(variant, padding, classes, constants):
    architecture = architectures.get(variant)
    assert (architecture.padding, architecture.classes) == (padding, classes)
    assert dataclasses.astuple(architecture.local_response) == constants


@pytest.mark.parametrize("variant", ARCHITECTURES)
def test_analysed_layers_and_roles(variant):
    architecture = architectures.get(variant)
    assert architecture.analysed_layers == ("conv2d0", "conv2d1", "conv2d2", *BLOCKS)
    assert architecture.feature_layer == "avgpool0"
    # "50 unfrozen layers": the first 15 convolutions stay, the other 42 and the classifier are trained.
    assert architecture.select("low") == architecture.convolutions[:15]
    assert architecture.select("low")[-1] == "mixed3b_pool_reduce"
    groups = [architecture.select(group) for group in ("low", "mid", "high")]
    assert sum(groups, ()) == architecture.convolutions
    assert architecture.select("head") == ("logits",)
    assert architecture.select("head", auxiliary=True) == ("head0_logits", "head1_logits", "logits")
    assert architecture.select("mixed5b_3x3*") == ("mixed5b_3x3_bottleneck", "mixed5b_3x3")
    assert architecture.select("nothing*") == ()
    assert [head.loss_weight for head in (*architecture.auxiliary_heads, architecture.head)] == [0.3, 0.3, 1]


@pytest.mark.parametrize(
    ("name", "group"), [("conv2d2", "low"), ("mixed3b", "low"), ("mixed4c_3x3", "mid"), ("mixed5a", "high")]
)
def test_group(name, group):
    assert architectures.get("mini").group(name) == group


def test_no_group():
    with pytest.raises(ModelError, match=r"`layer` must be .* Received 'logits'\. The groups are"):
        architectures.get("mini").group("logits")


@pytest.mark.parametrize(("own", "caffe"), [
    ("conv2d0", "conv1/7x7_s2"),
    ("conv2d1", "conv2/3x3_reduce"),
    ("conv2d2", "conv2/3x3"),
    ("mixed4d_1x1", "inception_4d/1x1"),
    ("mixed4d_3x3_bottleneck", "inception_4d/3x3_reduce"),
    ("mixed4d_3x3", "inception_4d/3x3"),
    ("mixed4d_5x5_bottleneck", "inception_4d/5x5_reduce"),
    ("mixed4d_5x5", "inception_4d/5x5"),
    ("mixed4d_pool_reduce", "inception_4d/pool_proj"),
    ("logits", "loss3/classifier"),
    ("head0_bottleneck", "loss1/conv"),
    ("nn1", "loss2/fc"),
    ("head1_logits", "loss2/classifier"),
])  # fmt: skip
def test_caffe_names(own, caffe):
    assert architectures.get("bvlc").caffe_names[own] == caffe


@pytest.mark.parametrize("variant", ARCHITECTURES)
def test_every_layer_with_weights_has_a_caffe_name(variant):
    architecture = architectures.get(variant)
    assert set(architecture.caffe_names) == set(architecture.weight_layers(auxiliary=True))


def test_graph_names_of_the_classifiers():
    architecture = architectures.get("inception5h")
    names = {head.name: head.classifier.graph_name for head in (*architecture.auxiliary_heads, architecture.head)}
    assert names == {"head0": "softmax0", "head1": "softmax1", "main": "softmax2"}


def test_unknown_variant_lists_the_known_ones():
    with pytest.raises(
        ModelError, match=r"must name a known variant\. Received 'vgg'\. Use one of inception5h, bvlc, "
    ):
        architectures.get("vgg")


def test_architectures_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        architectures.get("mini").classes = 3
    with pytest.raises(TypeError):
        ARCHITECTURES["new"] = None
