"""Networks that were not written for this catalogue: families of keras.applications, cloned and inside a class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

# Each family with the smallest image side that it accepts.
FAMILIES = {
    "MobileNetV2": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "ResNet50": 32,
    "DenseNet121": 32,
    "Xception": 71,
    "InceptionV3": 75,
    "NASNetMobile": 32,
    "ConvNeXtTiny": 32,
    "VGG16": 32,
}


class Holds(keras.Model):
    """A class that contains a model, as people write it to add a custom head or loss."""

    def __init__(self, build: Callable[[], keras.Model]):
        super().__init__()
        self.backbone = build()

    def call(self, images: Any, training: bool = False) -> Any:
        return self.backbone(images, training=training)


def _build(family: str) -> keras.Model:
    side = FAMILIES[family]
    return getattr(keras.applications, family)(weights=None, input_shape=(side, side, 3), classes=10)


def _clone(build: Callable[[], keras.Model]) -> keras.Model:
    return keras.models.clone_model(build())


def _pairs() -> Iterator[Pair]:
    for family in FAMILIES:
        build = partial(_build, family)
        equal = partial(Pair, kind="applications", first=build, one_network=True, family=family)
        yield equal(f"{family.lower()}_cloned", second=partial(_clone, build), change="cloned by Keras")
        yield equal(f"{family.lower()}_held", second=partial(Holds, build), change="held by a class")


PAIRS = tuple(_pairs())
