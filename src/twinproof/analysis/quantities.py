"""The quantities of timing: their order, their units, and which are parts of others."""

from collections.abc import Iterable

from twinproof.base.styles import CONTROLS_OF
from twinproof.study.settings import QUANTITIES, Probe

CONTROLS = CONTROLS_OF[Probe.TIMING]
# The parts of other quantities: reported, but without a verdict.
PARTS = ("construct", "build", "first_step")


def is_memory(quantity: str) -> bool:
    """Return whether a quantity is in bytes; all others are in seconds."""
    return quantity.endswith("_memory")


def unit(quantity: str) -> str:
    """Return the unit of a quantity."""
    return "bytes" if is_memory(quantity) else "seconds"


def in_order(quantities: Iterable[str]) -> list[str]:
    """Return each of the quantities once, in the order in which they are shown."""
    return sorted(set(quantities), key=lambda name: ([*QUANTITIES, name].index(name), name))
