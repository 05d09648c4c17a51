"""InceptionV1 (GoogLeNet) and its variants.

Szegedy et al., "Going deeper with convolutions", CVPR 2015, table 1; the layer names are those of
the graph that Lucid uses. The two published trainings differ in more than their weights, which is
why each is a row of `VARIANTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from artlucid.architectures._records import (
    Architecture,
    AveragePool,
    Classifier,
    Concatenation,
    Convolution,
    Dense,
    GlobalMean,
    Head,
    Layer,
    LocalResponse,
    MaxPool,
    Normalization,
    Preprocess,
)


@dataclass(frozen=True, slots=True)
class Block:
    """The widths of one inception block."""

    name: str
    one: int
    three_bottleneck: int
    three: int
    five_bottleneck: int
    five: int
    pool_reduce: int


INCEPTION5H_BLOCKS = (
    Block("mixed3a", 64, 96, 128, 16, 32, 32),
    Block("mixed3b", 128, 128, 192, 32, 96, 64),
    Block("mixed4a", 192, 96, 204, 16, 48, 64),
    Block("mixed4b", 160, 112, 224, 24, 64, 64),
    Block("mixed4c", 128, 128, 256, 24, 64, 64),
    Block("mixed4d", 112, 144, 288, 32, 64, 64),
    Block("mixed4e", 256, 160, 320, 32, 128, 128),
    Block("mixed5a", 256, 160, 320, 48, 128, 128),
    Block("mixed5b", 384, 192, 384, 48, 128, 128),
)

# The paper's table 1; inception5h deviates from it in these two places.
BVLC_BLOCKS = tuple(
    {
        "mixed4a": Block("mixed4a", 192, 96, 208, 16, 48, 64),
        "mixed5a": Block("mixed5a", 256, 160, 320, 32, 128, 128),
    }.get(block.name, block)
    for block in INCEPTION5H_BLOCKS
)

POOL_BEFORE = {"mixed3a": "maxpool1", "mixed4a": "maxpool4", "mixed5a": "maxpool10"}

# About one and a half times the side of the box that holds 90 % of the input gradient's energy. That was measured with
# BVLC's weights on paintings at 224 px, as the median over strongly firing channels: 5 px at conv2d0, 12 at conv2d2, 17
# to 41 over the branches of mixed3, 38 to 74 of mixed4a, 44 to 91 of mixed4c, 54 to 93 of mixed4e, 68 to 145 of
# mixed5a. The first layers have more, to show something. The theoretical receptive field says little: it is the whole
# image from mixed4b on. In pixels of the input whatever its size, because a network's windows do not grow with it.
PATCH_SIDES = {
    "conv2d0*": 16,
    "conv2d1*": 16,
    "conv2d2*": 24,
    "mixed3a*": 40,
    "mixed3b*": 48,
    "mixed4a*": 72,
    "mixed4b*": 88,
    "mixed4c*": 96,
    "mixed4d*": 104,
    "mixed4e*": 112,
    "mixed5*": 144,
}

# Caffe calls the branches of a block by their place in the published figure.
CAFFE_BRANCHES = {
    "1x1": "1x1",
    "3x3_bottleneck": "3x3_reduce",
    "3x3": "3x3",
    "5x5_bottleneck": "5x5_reduce",
    "5x5": "5x5",
    "pool_reduce": "pool_proj",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table of variants."""

    name: str
    preprocess: Preprocess
    local_response: LocalResponse
    padding: Literal["same", "symmetric"]
    blocks: tuple[Block, ...]
    classes: int
    divisor: int = 1
    """Every width is that of the full network divided by this."""
    input_size: int = 224
    minimum_size: int = 64
    takes_weights_of: str | None = None


VARIANTS = (
    # The network that Lucid calls InceptionV1. Its LRN has neither Caffe's division by the window nor its bias of 1.
    Variant(
        name="inception5h",
        preprocess=Preprocess("RGB", (117.0, 117.0, 117.0)),
        local_response=LocalResponse(depth_radius=5, bias=2.0, alpha=1e-4, beta=0.5),
        padding="same",
        blocks=INCEPTION5H_BLOCKS,
        classes=1008,
    ),
    # Caffe divides alpha by the window of five channels; TensorFlow does not.
    Variant(
        name="bvlc",
        preprocess=Preprocess("BGR", (104.0, 117.0, 123.0)),
        local_response=LocalResponse(depth_radius=2, bias=1.0, alpha=1e-4 / 5, beta=0.75),
        padding="symmetric",
        blocks=BVLC_BLOCKS,
        classes=1000,
    ),
    # The paper's experiments as their scripts ran them: inception5h's weights in a network with
    # Caffe's padding and the means of Keras's "caffe" mode.
    Variant(
        name="gonthier",
        preprocess=Preprocess("BGR", (103.939, 116.779, 123.68)),
        local_response=LocalResponse(depth_radius=2, bias=2.0, alpha=1e-4 / 5, beta=0.5),
        padding="symmetric",
        blocks=INCEPTION5H_BLOCKS,
        classes=1008,
        takes_weights_of="inception5h",
    ),
    # inception5h at a quarter of the widths: the demo and most tests train it in seconds.
    Variant(
        name="mini",
        preprocess=Preprocess("RGB", (117.0, 117.0, 117.0)),
        local_response=LocalResponse(depth_radius=5, bias=2.0, alpha=1e-4, beta=0.5),
        padding="same",
        blocks=INCEPTION5H_BLOCKS,
        classes=1000,
        divisor=4,
        input_size=96,
        minimum_size=32,
    ),
)


def _stem(divisor: int) -> tuple[Layer, ...]:
    return (
        Convolution("conv2d0", "preprocess", 64 // divisor, 7, stride=2),
        MaxPool("maxpool0", "conv2d0", stride=2),
        Normalization("localresponsenorm0", "maxpool0"),
        Convolution("conv2d1", "localresponsenorm0", 64 // divisor, 1),
        Convolution("conv2d2", "conv2d1", 192 // divisor, 3),
        Normalization("localresponsenorm1", "conv2d2"),
    )


def _block(block: Block, source: str, divisor: int) -> tuple[Layer, ...]:
    name = block.name
    return (
        Convolution(f"{name}_1x1", source, block.one // divisor, 1),
        Convolution(f"{name}_3x3_bottleneck", source, block.three_bottleneck // divisor, 1),
        Convolution(f"{name}_3x3", f"{name}_3x3_bottleneck", block.three // divisor, 3),
        Convolution(f"{name}_5x5_bottleneck", source, block.five_bottleneck // divisor, 1),
        Convolution(f"{name}_5x5", f"{name}_5x5_bottleneck", block.five // divisor, 5),
        MaxPool(f"{name}_pool", source, stride=1),
        Convolution(f"{name}_pool_reduce", f"{name}_pool", block.pool_reduce // divisor, 1),
        Concatenation(name, (f"{name}_1x1", f"{name}_3x3", f"{name}_5x5", f"{name}_pool_reduce")),
    )


def _backbone(variant: Variant) -> tuple[Layer, ...]:
    layers = list(_stem(variant.divisor))
    for block in variant.blocks:
        source = layers[-1].name
        if block.name in POOL_BEFORE:
            layers.append(MaxPool(POOL_BEFORE[block.name], source, stride=2))
            source = POOL_BEFORE[block.name]
        layers.extend(_block(block, source, variant.divisor))
    layers.append(GlobalMean("avgpool0", layers[-1].name))
    return tuple(layers)


def _auxiliary_head(index: int, source: str, divisor: int) -> Head:
    head = f"head{index}"
    return Head(
        name=head,
        layers=(
            AveragePool(f"{head}_pool", source, size=5, stride=3),
            Convolution(f"{head}_bottleneck", f"{head}_pool", 128 // divisor, 1),
            Dense(f"nn{index}", f"{head}_bottleneck", 1024 // divisor),
            Classifier(f"{head}_logits", f"nn{index}", f"{head}_predictions", graph_name=f"softmax{index}"),
        ),
        loss_weight=0.3,
    )


def _caffe_names(blocks: tuple[Block, ...]) -> dict[str, str]:
    names = {"conv2d0": "conv1/7x7_s2", "conv2d1": "conv2/3x3_reduce", "conv2d2": "conv2/3x3"}
    for block in blocks:
        for branch, caffe_branch in CAFFE_BRANCHES.items():
            names[f"{block.name}_{branch}"] = f"{block.name.replace('mixed', 'inception_')}/{caffe_branch}"
    names["logits"] = "loss3/classifier"
    for index in (0, 1):
        names |= {
            f"head{index}_bottleneck": f"loss{index + 1}/conv",
            f"nn{index}": f"loss{index + 1}/fc",
            f"head{index}_logits": f"loss{index + 1}/classifier",
        }
    return names


def _architecture(variant: Variant) -> Architecture:
    return Architecture(
        name="inception_v1",
        variant=variant.name,
        input_size=variant.input_size,
        minimum_size=variant.minimum_size,
        classes=variant.classes,
        preprocess=variant.preprocess,
        local_response=variant.local_response,
        padding=variant.padding,
        backbone=_backbone(variant),
        head=Head(
            name="main",
            layers=(Classifier("logits", "avgpool0", "predictions", graph_name="softmax2"),),
            loss_weight=1.0,
        ),
        auxiliary_heads=(
            _auxiliary_head(0, "mixed4a", variant.divisor),
            _auxiliary_head(1, "mixed4d", variant.divisor),
        ),
        analysed_layers=("conv2d0", "conv2d1", "conv2d2", *(block.name for block in variant.blocks)),
        feature_layer="avgpool0",
        groups=MappingProxyType(
            # The frozen part of the paper's "high layers from scratch" is `low`.
            {"low": ("conv2d*", "mixed3*"), "mid": ("mixed4*",), "high": ("mixed5*",)}
        ),
        caffe_names=MappingProxyType(_caffe_names(variant.blocks)),
        patch_sides=MappingProxyType(PATCH_SIDES),
        takes_weights_of=variant.takes_weights_of,
    )


INCEPTION_V1 = tuple(_architecture(variant) for variant in VARIANTS)
