"""The class of `dynamic` with each set of four ingredients of care: 16 classes, by their ingredients.

- `kwargs`: the constructor takes **kwargs and passes them on;
- `register`: the class is registered with Keras;
- `get_config`: its config has its depth;
- `build`: it builds its layers for a shape, and its constructor ends with a call on a symbolic input.

The naive class has none of them, the careful one of `dynamic` all four. Here the depth has no default, so that the
config has something to store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import layers

from twinproof.base.styles import INGREDIENTS


class Forward:
    """The call that all of them share."""

    hidden: list[Any]
    classifier: Any

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


class Plain(Forward, keras.Model):
    """None of the four."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.depth = depth
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(depth)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")


class Kwargs(Forward, keras.Model):
    """Takes **kwargs."""

    def __init__(self, depth: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.depth = depth
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(depth)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")


class Config:
    """Has its depth in its config."""

    depth: int

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "depth": self.depth}  # type: ignore[misc]


class Build:
    """Builds its layers."""

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))  # type: ignore[attr-defined]
        super().build(input_shape)  # type: ignore[misc]


class ConfigPlain(Config, Plain):
    """Has its depth in its config."""


class ConfigKwargs(Config, Kwargs):
    """Takes **kwargs and has its depth in its config."""


class BuildPlain(Build, Plain):
    """Builds itself."""

    def __init__(self, depth: int) -> None:
        super().__init__(depth)
        self(keras.Input((784,)))


class BuildKwargs(Build, Kwargs):
    """Takes **kwargs and builds itself."""

    def __init__(self, depth: int, **kwargs: Any) -> None:
        super().__init__(depth, **kwargs)
        self(keras.Input((784,)))


class BuildConfigPlain(Config, BuildPlain):
    """Has its depth in its config and builds itself."""


class BuildConfigKwargs(Config, BuildKwargs):
    """Takes **kwargs, has its depth in its config and builds itself."""


register = keras.saving.register_keras_serializable("twinproof")


@register
class RegisteredPlain(Plain):
    """Is registered."""


@register
class RegisteredKwargs(Kwargs):
    """Is registered and takes **kwargs."""


@register
class RegisteredConfigPlain(Config, Plain):
    """Is registered and has its depth in its config."""


@register
class RegisteredConfigKwargs(Config, Kwargs):
    """Is registered, takes **kwargs and has its depth in its config."""


@register
class RegisteredBuildPlain(BuildPlain):
    """Is registered and builds itself."""


@register
class RegisteredBuildKwargs(BuildKwargs):
    """Is registered, takes **kwargs and builds itself."""


@register
class RegisteredBuildConfigPlain(Config, BuildPlain):
    """Is registered, has its depth in its config and builds itself."""


@register
class RegisteredBuildConfigKwargs(Config, BuildKwargs):
    """Has all four."""


CLASSES = (
    Plain, Kwargs, ConfigPlain, ConfigKwargs, BuildPlain, BuildKwargs, BuildConfigPlain, BuildConfigKwargs,
    RegisteredPlain, RegisteredKwargs, RegisteredConfigPlain, RegisteredConfigKwargs, RegisteredBuildPlain,
    RegisteredBuildKwargs, RegisteredBuildConfigPlain, RegisteredBuildConfigKwargs,
)  # fmt: skip


def with_ingredients(depth: int = 5) -> dict[tuple[str, ...], Callable[[], keras.Model]]:
    """Return a function for each set of ingredients, from none to all four, that makes the class."""
    made = {ingredients_of(kind): partial(kind, depth) for kind in CLASSES}
    return {
        which: made[which] for which in sorted(made, key=lambda which: (len(which), *map(INGREDIENTS.index, which)))
    }


def ingredients_of(kind: type) -> tuple[str, ...]:
    """Return which of the four a class has."""
    has = {
        "kwargs": issubclass(kind, Kwargs),
        "register": keras.saving.get_registered_name(kind) != kind.__name__,
        "get_config": issubclass(kind, Config),
        "build": issubclass(kind, Build),
    }
    return tuple(name for name in INGREDIENTS if has[name])
