"""What a network is made of, as frozen records: no framework, no arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Literal

from artlucid.errors import ModelError


@dataclass(frozen=True, slots=True)
class Preprocess:
    """What happens to RGB in 0 … 255 before the first convolution."""

    channel_order: Literal["RGB", "BGR"]
    means: tuple[float, float, float]
    """Subtracted after reordering, one a channel in `channel_order`."""


@dataclass(frozen=True, slots=True)
class LocalResponse:
    """The constants of TensorFlow's ``LRN`` op."""

    depth_radius: int
    bias: float
    alpha: float
    beta: float


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with bias, linear as ``<name>_pre_relu`` and after its ReLU as ``<name>``."""

    name: str
    source: str
    filters: int
    kernel_size: int
    stride: int = 1


@dataclass(frozen=True, slots=True)
class MaxPool:
    """A 3x3 maximum; ``stride`` 1 keeps the size, 2 halves it."""

    name: str
    source: str
    stride: int
    size: int = 3


@dataclass(frozen=True, slots=True)
class AveragePool:
    """An average over windows that lie inside the feature map."""

    name: str
    source: str
    size: int
    stride: int


@dataclass(frozen=True, slots=True)
class Normalization:
    """Local response normalization with the constants of the architecture."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Concatenation:
    """The branches of a block side by side; ``<name>_pre_relu`` joins them before their ReLUs."""

    name: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GlobalMean:
    """The mean over height and width, so that every image size works."""

    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Dense:
    """A hidden dense layer, linear as ``<name>_pre_relu`` and after its ReLU as ``<name>``."""

    name: str
    source: str
    units: int


@dataclass(frozen=True, slots=True)
class Classifier:
    """The dense layer that gives a value a class."""

    name: str
    source: str
    predictions: str
    """Name of the layer after softmax or sigmoid."""
    graph_name: str
    """Name in Lucid's graph, where ``<graph_name>_w`` and ``_b`` are its constants."""


Layer = Convolution | MaxPool | AveragePool | Normalization | Concatenation | GlobalMean | Dense | Classifier


@dataclass(frozen=True, slots=True)
class Head:
    """A classifier with the layers that lead to it from the backbone."""

    name: str
    layers: tuple[Layer, ...]
    loss_weight: float

    @property
    def classifier(self) -> Classifier:
        """The last of the head's layers."""
        last = self.layers[-1]
        assert isinstance(last, Classifier)
        return last


@dataclass(frozen=True)
class Architecture:
    """A network as a table: what is built, looked at and trained by name.

    Attributes
    ----------
    name, variant : str
        The family, such as ``inception_v1``, and the row of its table of variants.
    input_size, minimum_size : int
        Side of the square input in pixels: the usual one, and the smallest that the network takes.
    classes : int
        Number of classes of the published weights.
    padding : {"same", "symmetric"}
        TensorFlow's ``SAME`` everywhere; or Caffe's: ``k // 2`` on each side of a convolution, pooling in ceil mode.
    backbone : tuple of Layer
        In the order in which the graph computes them.
    head, auxiliary_heads : Head and tuple of Head
        The main head, and those that only deep supervision uses.
    analysed_layers : tuple of str
        The layers at which networks are compared.
    feature_layer : str
        The layer whose pooled activations are features for other classifiers.
    groups : mapping of str to tuple of str
        ``low``, ``mid`` and ``high``: patterns of layer names.
    caffe_names : mapping of str to str
        The name of each layer with weights in the Caffe release.
    patch_sides : mapping of str to int
        By patterns of layer names, of which the first that fits counts: side of the crop around the place where a
        channel fires most, in pixels of the input. Empty where nobody measured it.
    takes_weights_of : str, optional
        The variant whose published weights this one puts to another use; it has none of its own then.
    """

    name: str
    variant: str
    input_size: int
    minimum_size: int
    classes: int
    preprocess: Preprocess
    local_response: LocalResponse
    padding: Literal["same", "symmetric"]
    backbone: tuple[Layer, ...]
    head: Head
    auxiliary_heads: tuple[Head, ...]
    analysed_layers: tuple[str, ...]
    feature_layer: str
    groups: Mapping[str, tuple[str, ...]]
    caffe_names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    patch_sides: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    takes_weights_of: str | None = None

    def __str__(self) -> str:
        return f"{self.name}/{self.variant}"

    def layers(self, *, auxiliary: bool = False) -> Iterator[Layer]:
        """Yield the layers in graph order: backbone, auxiliary heads where wanted, main head."""
        yield from self.backbone
        if auxiliary:
            for head in self.auxiliary_heads:
                yield from head.layers
        yield from self.head.layers

    def weight_layers(self, *, auxiliary: bool = False) -> tuple[str, ...]:
        """Names of the layers that have a kernel and a bias, in graph order."""
        return tuple(
            layer.name
            for layer in self.layers(auxiliary=auxiliary)
            if isinstance(layer, Convolution | Dense | Classifier)
        )

    @property
    def convolutions(self) -> tuple[str, ...]:
        """Names of the backbone's convolutions, in graph order."""
        return tuple(layer.name for layer in self.backbone if isinstance(layer, Convolution))

    @property
    def classifiers(self) -> tuple[str, ...]:
        """Names of the main classifier and of those of the auxiliary heads."""
        return tuple(head.classifier.name for head in (self.head, *self.auxiliary_heads))

    def select(self, pattern: str, *, auxiliary: bool = False) -> tuple[str, ...]:
        """Names of the layers with weights that a role or a pattern means.

        Parameters
        ----------
        pattern : str
            A role (``head``: every classifier; ``low``, ``mid``, ``high``; ``convolutions``) or a
            pattern over layer names with ``*`` and ``?``, such as ``mixed4*``.
        auxiliary : bool
            Whether the layers of the auxiliary heads are there too.

        Returns
        -------
        tuple of str
            In graph order; empty if nothing matches.

        Examples
        --------
        >>> from artlucid.architectures import get
        >>> get("bvlc").select("head")
        ('logits',)
        >>> get("bvlc").select("conv2d*")
        ('conv2d0', 'conv2d1', 'conv2d2')
        """
        names = self.weight_layers(auxiliary=auxiliary)
        roles: dict[str, tuple[str, ...]] = {
            **self.groups,
            "head": self.classifiers,
            "convolutions": self.convolutions,
        }
        patterns = roles.get(pattern, (pattern,))
        return tuple(name for name in names if any(fnmatchcase(name, wanted) for wanted in patterns))

    def group(self, layer: str) -> str:
        """``low``, ``mid`` or ``high``: the group that a backbone layer belongs to."""
        for group, patterns in self.groups.items():
            if any(fnmatchcase(layer, pattern) for pattern in patterns):
                return group
        raise ModelError(
            f"`layer` must be a layer of the backbone of {self}. Received {layer!r}. "
            f"The groups are {dict(self.groups)}."
        )
