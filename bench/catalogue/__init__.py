"""Pairs of Keras models with the right answer to "is this one network?", for grading a prover in public."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import keras

KINDS = ("dense", "convolution", "recurrent", "attention", "two_inputs", "nested", "applications")


@dataclass(frozen=True)
class Pair:
    """Two builders of a model, and whether what they build is one network.

    One network means: both have variables of the same shapes, made by the same initializers, perhaps under other names
    and in another order. Under some mapping of the variables, both have the same outputs, losses, gradients and
    training. Random layers must be equally random in both, at the same places of the data flow.
    """

    name: str  # unique within its kind; says what was changed
    kind: str
    first: Callable[[], keras.Model]
    second: Callable[[], keras.Model]
    change: str  # what was changed, in one sentence
    one_network: bool
    culprit: tuple[str, ...] = ()  # for a difference: any one of these names is a right answer
    family: str = ""  # the type of change


def pairs() -> list[Pair]:
    """All pairs of the catalogue, by kind."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name.startswith(KINDS))
    found = [pair for name in names for pair in importlib.import_module(f"{__name__}.{name}").PAIRS]
    return sorted(found, key=lambda pair: (KINDS.index(pair.kind), not pair.one_network))
