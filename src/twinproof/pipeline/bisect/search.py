"""Searches a row of releases for changes, with few tries. The outcome is a function, called once per release."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

# The outcome of a release, by its position in the row.
Outcome = Callable[[int], str]


class Change(NamedTuple):
    """A change between two neighbours in the row, by their positions."""

    before: int
    after: int


def find_last_change(count: int, outcome: Outcome) -> list[Change]:
    """Return the change to the outcome of the last release, none if both ends have the same outcome.

    It takes at most ceil(log2(count - 1)) tries, plus the ends. If there are several changes, it is one that leads to
    the outcome of the last release, but not always the latest such.
    """
    low, high = 0, count - 1
    if outcome(low) == outcome(high):
        return []
    while high - low > 1:
        middle = (low + high) // 2
        if outcome(middle) == outcome(high):
            high = middle
        else:
            low = middle
    return [Change(low, high)]


def find_changes(count: int, outcome: Outcome) -> list[Change]:
    """Return the changes in every part of the row whose ends differ, in order.

    A part whose ends have the same outcome is not searched: a change that was undone there is not found.
    """

    def within(low: int, high: int) -> list[Change]:
        if outcome(low) == outcome(high):
            return []
        if high - low == 1:
            return [Change(low, high)]
        middle = (low + high) // 2
        return within(low, middle) + within(middle, high)

    return within(0, count - 1)


def most(costs: Sequence[float], every: bool = False) -> float:
    """Return what a search costs at most, if trying a release costs this much: for one change, or for every change."""
    if every:
        return sum(costs)

    def within(low: int, high: int) -> float:
        if high - low < 2:
            return 0
        middle = (low + high) // 2
        return costs[middle] + max(within(low, middle), within(middle, high))

    return costs[0] + costs[-1] + within(0, len(costs) - 1)
