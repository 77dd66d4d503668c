"""Participants that take turns in rounds, so that the noise of the machine affects all equally."""

import gc
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from twinproof.base.errors import Described
from twinproof.measured.probes import StyleResult
from twinproof.measured.probes.instances import failure

# A quantity is warm when a round of all participants is not this much faster than the fastest before it.
WARM = 0.9
FEWEST_WARMING, MOST_WARMING = 2, 8

# The turn of a participant: it returns the measurements, by quantity, in seconds or bytes.
Turn = Callable[[], Mapping[str, float]]


class TooShortError(Exception):
    """An action is so short that the clock itself would be measured."""


class Contest:
    """The rounds of the participants, and their results; only `quantities` are kept.

    An action shorter than the seconds `shortest` of its quantity cannot be timed.
    """

    def __init__(
        self, names: Iterable[str], quantities: Iterable[str], order: random.Random, shortest: Mapping[str, float]
    ) -> None:
        self.names, self.quantities = list(names), set(quantities)
        self._shortest = shortest
        self.warming: dict[str, dict[str, list[Any]]] = {}
        self._order = order
        self._values: dict[str, dict[str, list[float]]] = {name: {} for name in self.names}
        self._errors: dict[str, dict[str, Described]] = {name: {} for name in self.names}

    def rounds(self, quantities: Iterable[str], turns: Mapping[str, Turn], rounds: int, *, keep: bool = True) -> None:
        """Give each participant one turn per round, in a new random order, and keep its measurements.

        A participant whose turn raises an error drops out of all these quantities, and the others continue. If only one
        quantity cannot be kept, the participant drops out of that one.
        """
        with _no_garbage_collection():
            for _ in range(rounds):
                for name, measured in self._round(list(quantities), turns).items():
                    for quantity in self.quantities & measured.keys() if keep else ():
                        self._keep(quantity, name, measured[quantity])

    def warm_rounds(
        self, quantity: str, turns: Mapping[str, Turn], rounds: int, warmed: Callable[[dict[str, float]], object]
    ) -> None:
        """Do the same after warm-up rounds, which are discarded, until these no longer get faster.

        `warmed` is called with each participant's fastest turn in the warm-up.
        """
        fastest, settled, count = float("inf"), False, 0
        own: dict[str, float] = {}
        with _no_garbage_collection():
            while not settled and count < MOST_WARMING:
                found = self._round([quantity], turns)
                if not found:
                    return  # No participant can.
                took = sum(measured[quantity] for measured in found.values())
                own = {name: min(measured[quantity], own.get(name, took)) for name, measured in found.items()}
                count += 1
                settled = count >= FEWEST_WARMING and took > WARM * fastest
                fastest = min(fastest, took)
        warming = self.warming.setdefault(quantity, {"rounds": [], "settled": []})
        warming["rounds"].append(count)
        warming["settled"].append(settled)
        warmed(own)
        self.rounds([quantity], turns, rounds)

    def fail(self, quantities: Iterable[str], name: str, error: BaseException) -> None:
        """Note that a participant cannot do something."""
        described = failure(error)
        for quantity in quantities:
            self._errors[name].setdefault(quantity, described)

    def results(self) -> dict[str, StyleResult]:
        """Return each participant's status, with its measurements and its errors by quantity."""
        styles: dict[str, StyleResult] = {}
        for name in self.names:
            errors = {quantity: error for quantity, error in self._errors[name].items() if quantity in self.quantities}
            kept = {quantity: values for quantity, values in self._values[name].items() if quantity not in errors}
            if not kept:
                styles[name] = {"status": "failed", "error": next(iter(self._errors[name].values()))}
            else:
                styles[name] = {"status": "ok", "result": {"quantities": kept, "errors": errors}}
        return styles

    def _keep(self, quantity: str, name: str, value: float) -> None:
        shortest = self._shortest.get(quantity, 0.0)
        if value <= 0:
            self.fail([quantity], name, ArithmeticError(f"{value:g} was measured, which has no ratio"))
        elif value < shortest:
            told = f"took {value:.2g} s; with this clock, at least {shortest:.2g} s can be timed"
            self.fail([quantity], name, TooShortError(told))
        else:
            self._values[name].setdefault(quantity, []).append(value)

    def _round(self, quantities: list[str], turns: Mapping[str, Turn]) -> dict[str, Mapping[str, float]]:
        # A participant that can do some of them goes on: the rounds of its quantities pair with those of the others.
        able = [name for name in turns if not self._errors[name].keys() >= set(quantities)]
        found = {}
        for name in self._order.sample(able, len(able)):
            try:
                found[name] = turns[name]()
            except BaseException as error:
                self.fail(quantities, name, error)
        return found


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
