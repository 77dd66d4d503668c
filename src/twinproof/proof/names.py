"""Models whose weights and random layers use the names of another model, with which they were matched."""

from __future__ import annotations

import zlib
from typing import Any

import keras

from twinproof.proof.keras_api import generators, seed_everything, seed_generator
from twinproof.proof.labels import label_variables
from twinproof.proof.matching import match
from twinproof.proof.running import layer_calls, run_once, values_of
from twinproof.proof.side import Side
from twinproof.proof.streams import give_streams
from twinproof.proof.weights import go_by, named_weights

# The attribute of a layer with the name by which it is seeded.
_SEEDED_AS = "_twinproof_name"


def random_names(model: keras.Model) -> frozenset[str]:
    """Return the names by which the random layers of a model are seeded."""
    return frozenset(_seed_name(layer) for layer in model._flatten_layers() if generators(layer, inside=False))


def seed_random_layers(model: keras.Model, seed: int) -> None:
    """Give each layer that draws random numbers a state that depends only on `seed` and its name."""
    for layer in model._flatten_layers():
        for index, generator in enumerate(generators(layer, inside=False)):
            name = _seed_name(layer)
            seed_generator(generator, seed, zlib.crc32((f"{name}/{index}" if index else name).encode()))


def name_like(model: keras.Model, first: keras.Model, inputs: Any) -> None:
    """Match a model with a first one, and let its weights and random layers use the names of the first.

    Weights and layers without a counterpart keep their own names.
    """
    side, other = Side("first", first), Side("second", model)
    side.label(label_variables(first), [])
    side.keep()
    seed_everything(0)
    calls, outputs, layers = layer_calls(side, {id(one): label for label, one in side.variables.items()}, inputs, False)
    give_streams(side, calls, layers)

    def run() -> Any:
        seed_everything(0)
        return values_of(run_once(other, inputs))

    found = match(calls, side.start, side.start, model, run, values_of(outputs), {})
    names = {id(variable): name for name, variable in named_weights(first).items()}
    go_by(model, {id(variable): names[id(side.variables[label])] for label, variable in found.variables.items()})
    owners = {id(one): layer for layer in first._flatten_layers() for one in generators(layer, inside=False)}
    streams = {stream: owners[id(generator)] for generator, stream in side.generators if id(generator) in owners}
    by_generator = {id(generator): streams[stream] for generator, stream in found.generators if stream in streams}
    for layer in model._flatten_layers():
        for generator in generators(layer, inside=False):
            if id(generator) in by_generator:
                setattr(layer, _SEEDED_AS, _seed_name(by_generator[id(generator)]))


def _seed_name(layer: Any) -> str:
    return str(getattr(layer, _SEEDED_AS, layer.name))
