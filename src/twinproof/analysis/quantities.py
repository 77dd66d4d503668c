"""The quantities of timing: their order, their units, and how precisely each can be known."""

from collections.abc import Iterable

from twinproof.study.settings import QUANTITIES

CONTROLS = ("control", "slowed")
# What others are made of: told, and not judged.
PARTS = ("construct", "build")
# Repeated many times on one warm instance; all others are done once an instance or by Python alone.
STEADY = ("train_step", "predict", "compiled_call")


def kind(quantity: str) -> str:
    """Return which of the two margins of the parameters a quantity has."""
    return "steady" if quantity in STEADY else "rough"


def is_memory(quantity: str) -> bool:
    """Tell whether a quantity is in bytes; all others are in seconds."""
    return quantity.endswith("_memory")


def unit(quantity: str) -> str:
    """Return the unit of a quantity."""
    return "bytes" if is_memory(quantity) else "seconds"


def in_order(quantities: Iterable[str]) -> list[str]:
    """Return each of the quantities once, in the order in which they are shown."""
    return sorted(set(quantities), key=lambda name: ([*QUANTITIES, name].index(name), name))
