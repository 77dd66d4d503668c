"""What does a style cost? Times and memory, paired in rounds.

In each round every participant does the same thing once, in a new random order: the styles, the negative control
(functional, another instance) and the positive control (functional, with a known share of its own time added). Every
generation has fresh instances of all participants. What lies between start and stop of each quantity is told in
docs/timing.md.
"""

import gc
import random
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from twinproof.measured.probes import Outcome
from twinproof.measured.probes.clock import LONG, Stopwatch, clock
from twinproof.measured.probes.contest import Contest, Turn
from twinproof.measured.probes.instances import Instances
from twinproof.measured.probes.memory import peaks
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset
from twinproof.study.settings import TimingSettings

CONTROL, SLOWED = "control", "slowed"

MADE = ("construct", "build", "make")
FIRST = ("first_step", "peak_memory", "device_memory")
# Instances are soon made, and unsteadily: more often than all else.
MAKINGS = 4
# How often something short is done between start and stop.
REPEATS = {"call": 10, "compiled_call": 100}


def run(twin: Twin, data: Dataset, seed: int, settings: TimingSettings) -> Outcome:
    """Time all participants."""
    contest = Contest([*twin.builders, CONTROL, SLOWED], settings.quantities, random.Random(seed))  # noqa: S311
    instances, reading = Instances(twin, data.train.images.shape[1], seed), clock()
    shortest = LONG * max(reading.values())
    watches = {name: Stopwatch(settings.added if name == SLOWED else 0, shortest) for name in contest.names}
    # None is let go before all have begun: its memory, free again, would be taken for the thrift of those that find it.
    generations: list[_Generation] = []
    for number in range(settings.generations):
        # The first one warms the process up: what is done once an instance is not kept of it.
        generations.append(_Generation(contest, watches, instances, data, settings, keep=number > 0))
        generations[-1].begin()
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        for generation in generations:
            generation.go_on(Path(folder))
    told = {"asked": list(settings.quantities), "clock": reading, "warming": contest.warming}
    return Outcome(contest.names, contest.results(), told)


class _Generation:
    """A fresh instance of each participant, and what is measured of it."""

    def __init__(
        self,
        contest: Contest,
        watches: Mapping[str, Stopwatch],
        instances: Instances,
        data: Dataset,
        settings: TimingSettings,
        *,
        keep: bool,
    ) -> None:
        self._contest, self._watches, self._instances, self._keep = contest, watches, instances, keep
        self._size, self._rounds = settings.batch_size, settings.rounds
        end = (settings.steps + 2) * self._size
        self._images = data.train.images[:end]
        self._labels = keras.utils.to_categorical(data.train.labels[:end], data.classes)
        self._tests = data.test.images
        self._models: dict[str, keras.Model] = {}

    def begin(self) -> None:
        """Measure what is done once an instance."""
        keras.backend.clear_session()
        gc.collect()
        # What has survived until now need not be looked at again by each collection.
        gc.freeze()
        self._make()
        if self._contest.quantities & set(FIRST):
            self._first_steps()

    def go_on(self, folder: Path) -> None:
        """Time what is done again and again with one instance; models are saved in `folder`."""
        models, single = self._models, self._tests[:1]
        tensor = tf.constant(single)
        compiled = {name: tf.function(model) for name, model in models.items()}
        actions: dict[str, Callable[[str], object]] = {
            "predict": lambda name: models[name].predict(self._tests, batch_size=self._size, verbose=0),
            "predict_one": lambda name: models[name].predict(single, verbose=0),
            # An array, so that the device has done its work.
            "call": lambda name: np.asarray(models[name](tensor)),
            "compiled_call": lambda name: np.asarray(compiled[name](tensor)),
            "save": lambda name: models[name].save(folder / f"{name}.keras"),
            "load": lambda name: keras.models.load_model(folder / f"{name}.keras"),
        }

        def turn(quantity: str, name: str) -> dict[str, float]:
            if quantity == "train_step":
                return {
                    quantity: self._watches[name].step_seconds(models[name], self._images, self._labels, self._size)
                }
            return {quantity: self._watches[name].seconds(partial(actions[quantity], name), REPEATS.get(quantity, 1))}

        asked = self._contest.quantities
        if "load" in asked and "save" not in asked:
            self._contest.rounds(["save"], self._each(models, partial(turn, "save")), 1)
        for quantity in ("train_step", *actions):
            if quantity in asked:
                self._contest.warm_rounds(quantity, self._each(models, partial(turn, quantity)), self._rounds)

    def _make(self) -> None:
        """Time how instances are made, and compile the last of each participant."""
        rounds = MAKINGS * self._rounds if self._keep and self._contest.quantities & set(MADE) else 1
        self._contest.rounds(MADE, self._each(self._contest.names, self._made), rounds, keep=self._keep)
        for name in self._contest.names:
            try:
                # Not only who cannot be made, but also whose making cannot be timed has none.
                if name not in self._models:
                    self._models[name] = self._new(name)
                self._instances.prepare(self._models[name])
            except BaseException as error:
                self._contest.fail(self._contest.quantities, name, error)
                self._models.pop(name, None)

    def _new(self, name: str) -> keras.Model:
        model = self._instances.construct(_style(name))
        self._instances.build(model)
        return model

    def _made(self, name: str) -> dict[str, float]:
        def construct() -> None:
            self._models[name] = self._instances.construct(_style(name))

        constructed, built = self._watches[name].laps(construct, lambda: self._instances.build(self._models[name]))
        return {"construct": constructed, "build": built, "make": constructed + built}

    def _first_steps(self) -> None:
        # Memory that the first step after other work finds free would be seen as the thrift of whoever comes first.
        # An error is told in the participant's own turn.
        with suppress(BaseException):
            model = self._new(next(iter(self._models)))
            self._instances.prepare(model)
            self._fit_batch(model)
        self._contest.rounds(FIRST, self._each(self._models, self._first_step), 1, keep=self._keep)

    def _first_step(self, name: str) -> dict[str, float]:
        watch, found = self._watches[name], {}

        def timed() -> None:
            found["first_step"] = watch.seconds(lambda: self._fit_batch(self._models[name]))

        return peaks(timed, watch.added) | found

    def _fit_batch(self, model: keras.Model) -> object:
        size = self._size
        return model.fit(self._images[:size], self._labels[:size], batch_size=size, verbose=0)

    def _each(self, names: Iterable[str], turn: Callable[[str], Mapping[str, float]]) -> dict[str, Turn]:
        return {name: partial(turn, name) for name in names}


def _style(name: str) -> str:
    return "functional" if name in (CONTROL, SLOWED) else name
