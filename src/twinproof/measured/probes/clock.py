"""The stopwatch of the timing probe, and an operation of known size."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from twinproof.measured.backend import finish_work

# A timed action must take at least this many times the cost of reading the clock.
LONG = 1_000


def clock() -> dict[str, float]:
    """Return the monotonic clock's resolution, as the system reports it, and the cost of reading it, in seconds."""
    readings = [time.perf_counter_ns() for _ in range(10_001)]
    cost = median(later - earlier for earlier, later in zip(readings, readings[1:])) / 1e9
    return {"resolution": time.get_clock_info("perf_counter").resolution, "cost": cost}


class Operation:
    """A real operation of an adjustable size: a number of products of two small matrices."""

    def __init__(self) -> None:
        self._factor = np.full((32, 32), 1 / 32, np.float32)
        self._product = np.empty_like(self._factor)
        self._unit = median(self.seconds(100) for _ in range(21)) / 100

    def times(self, seconds: float) -> int:
        """Return how many repetitions take about this long."""
        return max(1, round(seconds / self._unit))

    def do(self, times: int) -> None:
        """Do it this number of times."""
        for _ in range(times):
            np.matmul(self._factor, self._factor, out=self._product)

    def seconds(self, times: int) -> float:
        """Return how long that takes on its own."""
        start = time.perf_counter_ns()
        self.do(times)
        return (time.perf_counter_ns() - start) / 1e9


def laps(*actions: Callable[[], object]) -> list[float]:
    """Return the seconds that each of several actions takes, one right after the other, including the device's work."""
    finish_work()
    readings = [time.perf_counter_ns()]
    for action in actions:
        action()
        finish_work()
        readings.append(time.perf_counter_ns())
    return [(later - earlier) / 1e9 for earlier, later in zip(readings, readings[1:])]
