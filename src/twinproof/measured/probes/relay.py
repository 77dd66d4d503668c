"""Long calls of `fit` and `predict` that take turns, a few batches at a time.

On small data, the start of such a call takes as long as dozens of batches. So each participant starts one call, in its
own thread, which waits at the start of a batch until its turn; only one thread runs at any time.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import keras

from twinproof.measured.backend import finish_work, take_back_values

# Batches of a turn: the first meets the caches of another participant, and is not timed.
BATCHES = 5


def batches(turns: int) -> int:
    """Return how many batches a participant needs for this number of turns."""
    return turns * (1 + BATCHES) + 1


class Relay:
    """Calls that take turns; `call` gets a participant's name and the callback that makes it wait."""

    def __init__(
        self, names: Iterable[str], call: Callable[[str, keras.callbacks.Callback], object], beside: BesideOf
    ) -> None:
        self._runners = {name: _Runner(name, call, beside(name)) for name in names}

    def __enter__(self) -> Relay:
        # One after the other: each reaches its first batch while no other runs.
        for runner in self._runners.values():
            runner.start()
        return self

    def __exit__(self, *_: object) -> None:
        for runner in self._runners.values():
            runner.end()
        # To collect the data set of a stopped call, TensorFlow waits up to a second for one of its threads.
        gc.freeze()

    def seconds(self, name: str) -> float:
        """Give one participant its turn; return the mean seconds of a batch, from its start to the start of the next.

        Raises the participant's own error, if its call has ended with one.
        """
        return self._runners[name].turn()


BesideOf = Callable[[str], "Callable[[], object] | None"]


class _OverError(BaseException):
    """Ends a call that has had its turns."""


class _Runner:
    """One participant's call, in its own thread."""

    def __init__(
        self,
        name: str,
        call: Callable[[str, keras.callbacks.Callback], object],
        beside: Callable[[], object] | None,
    ) -> None:
        self._name, self._call, self._beside = name, call, beside
        self._go, self._waits = threading.Semaphore(0), threading.Semaphore(0)
        self._over = False
        self._error: BaseException | None = None
        self._batch, self._begun, self._taken = 0, 0, 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Run up to the start of the first batch."""
        self._thread.start()
        self._waits.acquire()

    def turn(self) -> float:
        """Run the batches of one turn, and return the mean seconds of one."""
        if self._error is None:
            self._go.release()
            self._waits.acquire()
        if self._error is not None:
            raise self._error
        return self._taken / BATCHES / 1e9

    def end(self) -> None:
        """End the call, wherever it waits."""
        self._over = True
        self._go.release()
        self._thread.join()

    def batch_begins(self) -> None:
        """Record the time of timed batches, and wait at the end of a turn."""
        finish_work()
        now = time.perf_counter_ns()
        if self._batch == 1:
            self._begun = now
        elif self._batch == 1 + BATCHES:
            self._taken = now - self._begun
            self._wait()
        elif self._batch == 0:
            self._wait()
        self._batch += 1
        if self._beside:
            self._beside()

    def _wait(self) -> None:
        self._batch = 0
        self._waits.release()
        self._go.acquire()
        if self._over:
            raise _OverError

    def _run(self) -> None:
        try:
            self._call(self._name, _Turns(self))
            raise RuntimeError("it ended while others still take turns")
        except _OverError:
            pass
        except BaseException as error:
            self._error = error
        finally:
            self._waits.release()


class _Turns(keras.callbacks.Callback):
    """Signals the start of a batch to a runner.

    With a callback at the end of a batch, Keras 3 would no longer work asynchronously, as it does for users.
    """

    _supports_tf_logs = True  # Otherwise Keras 2 would read the loss after every step.

    def __init__(self, runner: _Runner) -> None:
        super().__init__()
        self._runner = runner

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Take turns in `fit`."""
        self._begin()

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Take turns in `predict`."""
        self._begin()

    def _begin(self) -> None:
        try:
            self._runner.batch_begins()
        except _OverError:
            take_back_values(self.model)
            raise
