"""What Keras 2 and Keras 3 call by different names: how a weight is named, how a random layer is seeded."""

import zlib
from typing import Any

import keras

KERAS_2 = keras.__version__.startswith("2.")

if KERAS_2:
    # Otherwise its random layers draw from stateful operations, whose seeds count the operations made before them.
    keras.backend.experimental.enable_tf_random_generator()


def path(variable: Any) -> str:
    """Return the names of the layers around a variable and its own, with slashes in between."""
    return str(variable.name).removesuffix(":0") if KERAS_2 else str(variable.path)


def seed_random_layers(model: keras.Model, seed: int) -> None:
    """Give each layer that draws random numbers a state that depends on `seed` and the layer's name alone."""
    for layer in model._flatten_layers():
        for index, generator in enumerate(_generators(layer)):
            name = zlib.crc32((f"{layer.name}/{index}" if index else layer.name).encode())
            if KERAS_2:
                generator._maybe_init()
                generator._generator.reset_from_seed([seed, name])
            else:
                generator.state.assign([seed, name])


def _generators(layer: Any) -> list[Any]:
    if not KERAS_2:
        return list(layer._seed_generators)
    return [layer._random_generator] if hasattr(layer, "_random_generator") else []
