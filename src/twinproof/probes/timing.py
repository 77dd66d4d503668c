"""What does a style cost? Times and memory, paired in rounds.

In each round every participant does the same thing once, in a new random order: the styles, the negative control
(functional, another instance) and the positive control (functional, with a known share of its own time added). Every
generation has fresh instances of all participants; the first one warms the process up and is not kept. What lies
between start and stop of each quantity is told in docs/timing.md.
"""

import gc
import random
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from twinproof.data import Dataset
from twinproof.probes import Outcome
from twinproof.probes.instances import Instances, failure
from twinproof.twins import Twin

CONTROL, SLOWED = "control", "slowed"

# A quantity is warm when a round of all participants is not this much faster than the fastest before it.
WARM = 0.9
FEWEST_WARMING, MOST_WARMING = 2, 8
# How often something short is done between start and stop.
REPEATS = {"call": 20, "compiled_call": 100}

Action = Callable[[], object]
Actions = dict[str, Action]


def run(
    twin: Twin, data: Dataset, seed: int, settings: dict[str, Any], progress: Callable[[float, str], None]
) -> Outcome:
    """Time all participants; `settings` has generations, rounds, steps, batch_size and added (a share)."""
    random_order = random.Random(seed)  # noqa: S311
    contest = Contest([*twin.builders, CONTROL, SLOWED], settings["added"], random_order)
    instances = Instances(twin, data.train.images.shape[1], seed)
    total = settings["generations"] + 1
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        for generation in range(total):
            progress(generation / total, f"generation {generation} of {settings['generations']}")
            contest.keeping = generation > 0
            _generation(contest, instances, data, settings, Path(folder))
        _memory(contest, instances, data, settings)
    return Outcome(contest.names, contest.results())


class Contest:
    """Participants, the rounds they run in, and what came of it."""

    def __init__(self, names: Iterable[str], added: float, order: random.Random) -> None:
        self.names = list(names)
        self.keeping = False
        self._added, self._order = added, order
        self._times: dict[str, dict[str, list[float]]] = {name: {} for name in self.names}
        self._errors: dict[str, dict[str, dict[str, str]]] = {name: {} for name in self.names}

    def rounds(self, quantity: str, actions: Actions, rounds: int) -> None:
        """Let each participant do its action once a round, and keep the seconds that one takes.

        Who raises an error is out of this quantity, and the others go on.
        """
        with _no_garbage_collection():
            for _ in range(rounds):
                for name, seconds in self._round(quantity, actions).items():
                    self.keep(quantity, name, seconds)

    def warm_rounds(self, quantity: str, actions: Actions, rounds: int) -> None:
        """Do the same, after rounds that are not kept: until they get no faster."""
        if not self.keeping:
            self.rounds(quantity, actions, rounds)
            return
        fastest = float("inf")
        for count in range(MOST_WARMING):
            took = sum(self._round(quantity, actions).values())
            if count + 1 >= FEWEST_WARMING and took > WARM * fastest:
                break
            fastest = min(fastest, took)
        self.rounds(quantity, actions, rounds)

    def keep(self, quantity: str, name: str, value: float) -> None:
        """Note what was measured of one participant in one round."""
        if self.keeping:
            self._times[name].setdefault(quantity, []).append(value)

    def able(self, *quantities: str) -> list[str]:
        """Return the participants that have not failed at any of these."""
        return [name for name in self.names if not self._errors[name].keys() & set(quantities)]

    def fail(self, quantity: str, name: str, error: Exception) -> None:
        """Note that a participant cannot do something."""
        self._errors[name][quantity] = failure(error)

    def results(self) -> dict[str, dict[str, Any]]:
        """Return each participant's status, with its times by quantity and the errors of what failed."""
        styles = {}
        for name in self.names:
            times, errors = self._times[name], self._errors[name]
            kept = {quantity: values for quantity, values in times.items() if quantity not in errors}
            if not kept:
                styles[name] = {"status": "failed", "error": next(iter(errors.values()))}
            else:
                styles[name] = {"status": "ok", "result": {"quantities": kept, "errors": errors}}
        return styles

    def shuffled(self, names: list[str]) -> list[str]:
        """Return these participants in a new random order."""
        return self._order.sample(names, len(names))

    def _round(self, quantity: str, actions: Actions) -> dict[str, float]:
        taking_part = [name for name in self.able(quantity) if name in actions]
        found = {}
        for name in self.shuffled(taking_part):
            try:
                found[name] = self._seconds(actions[name], REPEATS.get(quantity, 1), name == SLOWED)
            except Exception as error:
                self.fail(quantity, name, error)
        return found

    def _seconds(self, action: Action, repeats: int, slowed: bool) -> float:
        start = time.perf_counter_ns()
        for _ in range(repeats):
            action()
        if slowed:
            end = start + (time.perf_counter_ns() - start) * (1 + self._added)
            while time.perf_counter_ns() < end:
                pass
        return (time.perf_counter_ns() - start) / repeats / 1e9


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _generation(contest: Contest, instances: Instances, data: Dataset, settings: dict[str, Any], folder: Path) -> None:
    """Make fresh instances of all participants and measure every quantity of them."""
    size, rounds = settings["batch_size"], settings["rounds"] if contest.keeping else 1
    models = _make(contest, instances, rounds)
    images, labels = data.train.images, keras.utils.to_categorical(data.train.labels, data.classes)

    def first_step(name: str) -> object:
        return models[name].train_on_batch(images[:size], labels[:size])

    contest.rounds("first_step", _each(models, first_step), 1)
    able = [name for name in models if name in contest.able("first_step")]

    steps, one = settings["steps"] * size, data.test.images[:1]
    tensor = tf.constant(one)
    compiled = {name: tf.function(models[name]) for name in able}
    steady: dict[str, Callable[[str], object]] = {
        "train_step": lambda name: models[name].fit(images[:steps], labels[:steps], batch_size=size, verbose=0),
        "predict": lambda name: models[name].predict(data.test.images, batch_size=size, verbose=0),
        "predict_one": lambda name: models[name].predict(one, verbose=0),
        # An array, so that the device has done its work.
        "call": lambda name: np.asarray(models[name](tensor)),
        "compiled_call": lambda name: np.asarray(compiled[name](tensor)),
        "save": lambda name: models[name].save(folder / f"{name}.keras"),
        "load": lambda name: keras.models.load_model(folder / f"{name}.keras"),
    }
    for quantity, action in steady.items():
        contest.warm_rounds(quantity, _each(able, action), rounds)


def _make(contest: Contest, instances: Instances, rounds: int) -> dict[str, keras.Model]:
    """Time how instances are made, and return the last of each participant, compiled."""
    models: dict[str, keras.Model] = {}

    def construct(name: str) -> None:
        models[name] = instances.construct(_style(name))

    keras.backend.clear_session()
    for _ in range(rounds):
        contest.rounds("construct", _each(contest.able("construct", "build"), construct), 1)
        contest.rounds(
            "build", _each(contest.able("construct", "build"), lambda name: instances.build(models[name])), 1
        )
    for name in contest.able("construct", "build"):
        try:
            instances.prepare(models[name])
        except Exception as error:
            contest.fail("build", name, error)
    return {name: models[name] for name in contest.able("construct", "build")}


def _memory(contest: Contest, instances: Instances, data: Dataset, settings: dict[str, Any]) -> None:
    """Note the most memory that Python's objects take while an instance is made and trained for one step.

    Native memory is shared by all participants of a process, and cannot be told apart.
    """
    size = settings["batch_size"]
    labels = keras.utils.to_categorical(data.train.labels[:size], data.classes)
    for name in contest.shuffled(contest.able("construct", "build", "first_step")):
        keras.backend.clear_session()
        gc.collect()
        tracemalloc.start()
        try:
            model = instances.construct(_style(name))
            instances.build(model)
            instances.prepare(model)
            model.train_on_batch(data.train.images[:size], labels)
            peak = tracemalloc.get_traced_memory()[1]
            contest.keep("python_memory", name, peak * (1 + settings["added"]) if name == SLOWED else peak)
        except Exception as error:
            contest.fail("python_memory", name, error)
        finally:
            tracemalloc.stop()


def _each(names: Iterable[str], action: Callable[[str], object]) -> Actions:
    return {name: partial(action, name) for name in names}


def _style(name: str) -> str:
    return "functional" if name in (CONTROL, SLOWED) else name
