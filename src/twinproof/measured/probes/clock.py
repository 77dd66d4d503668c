"""The stopwatches of the timing probe: what lies between start and stop, and a known cost added to it."""

import time
from collections.abc import Callable
from functools import cache
from statistics import median
from typing import Any

import keras
import tensorflow as tf

# What is timed takes at least this many times what reading the clock costs.
LONG = 1_000


class TooShortError(Exception):
    """Something is over so soon that the clock itself would be measured."""


def clock() -> dict[str, float]:
    """Return the monotonic clock's resolution, as the system tells it, and the cost of reading it, both in seconds."""
    readings = [time.perf_counter_ns() for _ in range(10_001)]
    cost = median(later - earlier for earlier, later in zip(readings, readings[1:])) / 1e9
    return {"resolution": time.get_clock_info("perf_counter").resolution, "cost": cost}


class Stopwatch:
    """Times what a participant does.

    Parameters
    ----------
    added
        The share of the time taken that is waited for in addition, before the watch is stopped: 0.1 for 10 %.
    shortest
        In seconds: what takes less cannot be timed.
    """

    def __init__(self, added: float, shortest: float) -> None:
        self.added, self._shortest = added, shortest

    def seconds(self, action: Callable[[], object], repeats: int = 1) -> float:
        """Return how long one of several repetitions takes, until the device has done its work."""

        def repeated() -> None:
            for _ in range(repeats):
                action()

        return self.laps(repeated)[0] / repeats

    def laps(self, *actions: Callable[[], object]) -> list[float]:
        """Return how long each of several actions takes that are done one right after the other.

        What is added to each is waited for after all: a wait in between would leave the next action a cold cache.
        """
        finish_work()
        readings = [time.perf_counter_ns()]
        for action in actions:
            action()
            finish_work()
            readings.append(time.perf_counter_ns())
        return [self._with_added(later - earlier) for earlier, later in zip(readings, readings[1:])]

    def step_seconds(self, model: keras.Model, images: Any, labels: Any, batch_size: int) -> float:
        """Return how long a step of `fit` takes, from the begin of its second batch to that of its last.

        What `fit` does before and after its steps is left out: on small data it takes as long as they do.
        """
        steps = _Steps()
        model.fit(images, labels, batch_size=batch_size, verbose=0, callbacks=[steps])
        return self._with_added(steps.taken) / steps.count

    def _with_added(self, taken: int) -> float:
        """Wait for the share `added` of the nanoseconds `taken`, and return both together in seconds.

        Raises
        ------
        TooShortError
            If that is too short to be timed.
        """
        start = now = time.perf_counter_ns()
        while now < start + taken * self.added:
            now = time.perf_counter_ns()
        seconds = (taken + now - start) / 1e9
        if seconds < self._shortest:
            raise TooShortError(f"took {seconds:.2g} s; with this clock, at least {self._shortest:.2g} s can be timed")
        return seconds


class _Steps(keras.callbacks.Callback):
    """Reads the clock where a batch begins.

    Where one ends, Keras 3 would no longer do its own work beside the training, as it does for users.
    """

    _supports_tf_logs = True  # Keras 2 would else read the loss after every step.

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Start at the second batch; stop at the last."""
        if batch == 1:
            finish_work()
            self._start = time.perf_counter_ns()
        elif batch == self.params["steps"] - 1:
            finish_work()
            self.taken, self.count = time.perf_counter_ns() - self._start, batch - 1


def finish_work() -> None:
    """Wait until the device has done what it was given; the processor has, when a call returns."""
    if _has_gpu():
        tf.test.experimental.sync_devices()


@cache
def _has_gpu() -> bool:
    return bool(tf.config.list_logical_devices("GPU"))
