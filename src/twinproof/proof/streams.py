"""Streams of random numbers: matched layers draw the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twinproof.proof.capture import Call
from twinproof.proof.keras_api import OWN_STREAM, generators, has_call, unchanged
from twinproof.proof.labels import STREAMS, unique_holders
from twinproof.proof.running import layer_calls
from twinproof.proof.side import Side


def give_streams(side: Side, calls: list[Call], layers: list[Any]) -> None:
    """Give each layer that draws random numbers its own stream, by its place in the flow of data."""
    by_path = dict(zip((one.layer for one in calls), layers))
    side.generators = [
        (generator, STREAMS * index + number)
        for index, holder in enumerate(unique_holders(calls))
        for number, generator in enumerate(generators(by_path[holder.layer], inside=holder.whole))
    ]


def give_other_streams(side: Side, inputs: Any, spare: Sequence[tuple[str, int]] = ()) -> None:
    """Give a stream to each random generator that has none, in the order in which their layers run in training.

    These belong to layers that are called only in training, and to the model itself. `spare` are classes of random
    layers of the other model that have no partner in inference, with their streams.
    """
    seeded = {id(generator) for generator, _ in side.generators}
    layers = [layer for layer in side.model._flatten_layers() if generators(layer, inside=False)]
    left = [layer for layer in layers if any(id(one) not in seeded for one in generators(layer, inside=False))]
    if (len(left) > 1 or spare) and has_call(side.model):
        with unchanged(side.model.variables):
            _, _, called = layer_calls(side, {}, inputs, training=True)
        order = {id(layer): index for index, layer in reversed(list(enumerate(called)))}
        left.sort(key=lambda layer: order.get(id(layer), len(order)))
    waiting, number = list(spare), OWN_STREAM
    for layer in left:
        partner = next((one for one in waiting if one[0] == type(layer).__name__), None)
        if partner is not None:
            waiting.remove(partner)
        for index, generator in enumerate(generators(layer, inside=False)):
            if id(generator) not in seeded:
                side.generators.append((generator, number if partner is None else partner[1] + index))
                number += partner is None
