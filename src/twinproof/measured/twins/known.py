"""The description of a network, independent of its style: a chain of layers, with the output and weights of each.

The checks of a model are compared with it: it follows from the description of the network, and not from a model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownLayer:
    """A layer: its class, the number of its output values per image, and the shapes of its weights by name."""

    name: str
    kind: str
    width: int
    weights: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Known:
    """A chain of layers: the first takes images, and each other one takes the output of the one before it."""

    pixels: int
    layers: tuple[KnownLayer, ...]

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return sum(math.prod(shape) for layer in self.layers for shape in layer.weights.values())

    @property
    def weight_names(self) -> list[str]:
        """The weights, each by the name of its layer and its own, in alphabetical order."""
        return sorted(f"{layer.name}/{weight}" for layer in self.layers for weight in layer.weights)

    @property
    def last(self) -> KnownLayer:
        """The layer with weights whose name is the last in the alphabet."""
        return max((layer for layer in self.layers if layer.weights), key=lambda layer: layer.name)


def dense(name: str, inputs: int, width: int) -> KnownLayer:
    """Return a dense layer with a bias."""
    return KnownLayer(name, "Dense", width, {"kernel": (inputs, width), "bias": (width,)})


def dropout(name: str, width: int) -> KnownLayer:
    """Return a layer of dropout."""
    return KnownLayer(name, "Dropout", width, {})
