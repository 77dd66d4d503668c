"""What does a style cost? Times and memory, paired in rounds.

In each round every participant takes one turn, in a new random order: the styles, the negative control (functional,
another instance) and the positive control (functional, with an additional operation of known size). Every generation
makes fresh instances of all participants, for the quantities that occur once per instance; the last generation then
measures all other quantities. docs/timing.md defines each quantity.
"""

from __future__ import annotations

import functools
import gc
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import keras

from twinproof.base.styles import CONTROL, SLOWED
from twinproof.measured.backend import compiled_call, fetch, to_tensors
from twinproof.measured.probes import Outcome
from twinproof.measured.probes.clock import LONG, Operation, clock, laps
from twinproof.measured.probes.contest import MOST_WARMING, Contest, Turn
from twinproof.measured.probes.instances import Instances
from twinproof.measured.probes.memory import peaks
from twinproof.measured.probes.relay import Relay, batches
from twinproof.measured.task import Given
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset
from twinproof.study.settings import TimingSettings, kind

# Quantities that occur once per instance: making it, the first training and the first prediction.
MADE = ("construct", "build", "make")
MEMORY = ("peak_memory", "device_memory")
BEGUN = (*MADE, "first_step", "first_result", *MEMORY)
COLD = "cold_predict"
# Batches of a first predict.
FEW = 20
# The repetitions of short actions between start and stop.
REPEATS = {"call": 10, "compiled_call": 25}


def run(twin: Twin, data: Dataset, seed: int, settings: TimingSettings) -> Outcome:
    """Time all participants."""
    reading = clock()
    shortest = {name: LONG * max(reading.values()) / REPEATS.get(name, 1) for name in settings.quantities}
    shortest |= dict.fromkeys(MEMORY, 0.0)
    order = random.Random(seed)  # noqa: S311
    contest = Contest([*twin.builders, CONTROL, SLOWED], settings.quantities, order, shortest)
    known = _KnownCost(settings)
    # The number of examples that all turns need, repeated if there are fewer.
    most = batches(MOST_WARMING + int(settings.rounds.steady)) * settings.batch_size
    given = twin.task.given(data.train.rows(slice(most)), data.classes).first(most)
    instances = Instances(twin, given.inputs, seed)
    # The first instance pays for what a process does only once. Functional is last: the known cost is sized by it.
    rehearsed = sorted(twin.builders, key=_FUNCTIONAL.__eq__)
    if contest.quantities.isdisjoint({*BEGUN, COLD}):
        rehearsed = []
    measuring = _Measuring(contest, known, instances, given, settings)
    # No generation is released before all have started: a later one would find free memory, and seem to need less.
    count = settings.generations if rehearsed else 1
    generations = [measuring.begin(rehearsed if number == 0 else rehearsed[-1:]) for number in range(count)]
    for models in generations:
        measuring.ask_first(models)
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        measuring.go_on(generations[-1], Path(folder))
    told = {
        "asked": list(settings.quantities),
        "clock": reading,
        "warming": contest.warming,
        "known": {quantity: values for quantity, values in known.alone.items() if quantity in settings.quantities},
    }
    return Outcome(contest.names, contest.results(), told)


class _KnownCost:
    """The operation or memory that the positive control adds: sized once per process, measured separately each time.

    `alone` has its cost by quantity: in seconds of one repetition, or in bytes. Before it is sized, it does nothing.
    """

    def __init__(self, settings: TimingSettings) -> None:
        self.alone: dict[str, list[float]] = defaultdict(list)
        self._added, self._operation = settings.added, Operation()
        self._times: dict[str, int] = {}
        self._bytes: dict[str, int] = {}

    def size(self, functional: Mapping[str, float]) -> None:
        """Choose its size, once, from the cost of functional."""
        for quantity, takes in functional.items():
            share = self._added.of(kind(quantity)) * takes * REPEATS.get(quantity, 1)
            if quantity in MEMORY:
                self._bytes.setdefault(quantity, int(share))
            else:
                self._times.setdefault(quantity, self._operation.times(share))

    def do(self, quantity: str) -> None:
        """Do the operation, in the size for a quantity."""
        self._operation.do(self._times.get(quantity, 0))

    def measure(self, *quantities: str) -> None:
        """Measure the operation on its own, once for each of these, and record its seconds for the last."""
        if set(quantities) <= self._times.keys():
            seconds = sum(self._operation.seconds(self._times[quantity]) for quantity in quantities)
            self.alone[quantities[-1]].append(seconds / REPEATS.get(quantities[-1], 1))

    def held(self) -> list[int]:
        """Return how many bytes to hold of each kind of memory, and record them."""
        for quantity, size in self._bytes.items():
            self.alone[quantity].append(float(size))
        return [self._bytes.get(quantity, 0) for quantity in MEMORY]


# An instance of each participant, by its name.
_Models = dict[str, keras.Model]


class _Measuring:
    """What is measured of instances of each participant."""

    def __init__(
        self, contest: Contest, known: _KnownCost, instances: Instances, given: Given, settings: TimingSettings
    ) -> None:
        self._contest, self._known, self._instances, self._settings = contest, known, instances, settings
        self._size = settings.batch_size
        self._given, self._batch, self._few = given, given.first(self._size), given.first(FEW * self._size)
        # Instances of rehearsals are kept too: otherwise others would find the memory that they leave free.
        self._rehearsals: list[_Models] = []

    def begin(self, rehearsed: Iterable[str]) -> _Models:
        """Return fresh instances, measured from their start, after some styles have rehearsed it."""
        models: _Models = {}
        rehearsals: _Models = {}
        self._rehearsals.append(rehearsals)
        keras.backend.clear_session()
        gc.collect()
        # Objects that have survived until now do not have to be checked by each collection.
        gc.freeze()
        for style in rehearsed:
            # An error is reported in the participant's own turn.
            with suppress(BaseException):
                found = self._begin(style, rehearsals)
                model = rehearsals[style]
                found[COLD] = self._seconds(COLD, style, partial(self._predict, model))
                if style == _FUNCTIONAL:
                    self._known.size(found)
        self._contest.rounds(BEGUN, self._each(self._contest.names, partial(self._first_turn, models)), 1)
        return models

    def ask_first(self, models: _Models) -> None:
        """Time the first predict of each instance."""
        if COLD in self._contest.quantities:
            cold = {name: partial(self._predict, model) for name, model in models.items()}
            self._contest.rounds([COLD], self._each(models, lambda name: self._timed(COLD, name, cold[name])), 1)

    def go_on(self, models: _Models, folder: Path) -> None:
        """Time the quantities that take rounds; models are saved in `folder`."""
        single = self._given.first(1).inputs
        tensors = to_tensors(single)
        # In a separate turn: a backend that compiles no call then lacks only this quantity.
        compiled = functools.cache(lambda name: compiled_call(models[name]))
        actions: dict[str, Callable[[str], object]] = {
            "predict_one": lambda name: models[name].predict(single, verbose=0),
            # Arrays, so that the device has done its work.
            "call": lambda name: fetch(models[name](tensors)),
            "compiled_call": lambda name: fetch(compiled(name)(tensors)),
            "save": lambda name: models[name].save(folder / f"{name}.keras"),
            "load": lambda name: keras.models.load_model(folder / f"{name}.keras"),
        }

        def turn(quantity: str, name: str) -> dict[str, float]:
            return self._timed(quantity, name, partial(actions[quantity], name))

        def train(name: str, callback: keras.callbacks.Callback) -> object:
            inputs, targets, size = self._given.inputs, self._given.targets, self._size
            return models[name].fit(inputs, targets, batch_size=size, verbose=0, callbacks=[callback])

        def predict(name: str, callback: keras.callbacks.Callback) -> object:
            return models[name].predict(self._given.inputs, batch_size=self._size, verbose=0, callbacks=[callback])

        asked = self._contest.quantities
        if "load" in asked and "save" not in asked:
            self._contest.rounds(["save"], self._each(models, partial(turn, "save")), 1)
        for quantity, call in {"train_step": train, "predict": predict}.items():
            if quantity in asked:
                with Relay(models, call, partial(self._beside, quantity)) as relay:
                    self._warm_rounds(quantity, models, partial(self._batch_seconds, relay, quantity))
        for quantity in actions:
            if quantity in asked:
                self._warm_rounds(quantity, models, partial(turn, quantity))

    def _warm_rounds(self, quantity: str, names: Iterable[str], turn: Callable[[str], Mapping[str, float]]) -> None:
        def size(fastest: dict[str, float]) -> None:
            self._known.size({quantity: fastest.get(_FUNCTIONAL, 0.0)})

        rounds = int(self._settings.rounds.of(kind(quantity)))
        self._contest.warm_rounds(quantity, self._each(names, turn), rounds, size)

    def _first_turn(self, models: _Models, name: str) -> dict[str, float]:
        try:
            return self._begin(name, models)
        except BaseException as error:
            if name not in models:
                # A model that cannot be made cannot do anything else either.
                self._contest.fail(self._contest.quantities, name, error)
            raise

    def _begin(self, name: str, models: _Models) -> dict[str, float]:
        """Make an instance of a participant, compile it, put it among `models` and train it on one batch."""
        slowed, made = name == SLOWED, []

        def construct() -> None:
            made.append(self._instances.construct(_style(name)))

        def build() -> None:
            self._instances.build(made[0])
            if slowed:
                self._known.do("make")

        def compile_() -> None:
            self._instances.compile(made[0])
            models[name] = made[0]

        def fit() -> None:
            made[0].fit(self._batch.inputs, self._batch.targets, batch_size=self._size, verbose=0)
            if slowed:
                self._known.do("first_result")

        constructed, built = laps(construct, build)
        self._instances.equalize(made[0])
        taken: list[float] = []
        held = self._known.held() if slowed else []
        memory = peaks(lambda: taken.extend(laps(compile_, fit)), *held)
        if slowed:
            self._known.measure("make")
            self._known.measure("make", "first_result")
        first_result = constructed + built + sum(taken)
        found = {"construct": constructed, "build": built, "make": constructed + built}
        return found | {"first_step": taken[1], "first_result": first_result} | memory

    def _predict(self, model: keras.Model) -> object:
        return model.predict(self._few.inputs, batch_size=self._size, verbose=0)

    def _beside(self, quantity: str, name: str) -> Callable[[], object] | None:
        return partial(self._known.do, quantity) if name == SLOWED else None

    def _batch_seconds(self, relay: Relay, quantity: str, name: str) -> dict[str, float]:
        seconds = relay.seconds(name)
        if name == SLOWED:
            self._known.measure(quantity)
        return {quantity: seconds}

    def _timed(self, quantity: str, name: str, action: Callable[[], object]) -> dict[str, float]:
        return {quantity: self._seconds(quantity, name, action)}

    def _seconds(self, quantity: str, name: str, action: Callable[[], object]) -> float:
        """Return how long one of several repetitions takes; the known cost is added once for all of them."""
        repeats = REPEATS.get(quantity, 1)

        def repeated() -> None:
            for _ in range(repeats):
                action()
            if name == SLOWED:
                self._known.do(quantity)

        (taken,) = laps(repeated)
        if name == SLOWED:
            self._known.measure(quantity)
        return taken / repeats

    def _each(self, names: Iterable[str], turn: Callable[[str], Mapping[str, float]]) -> dict[str, Turn]:
        return {name: partial(turn, name) for name in names}


_FUNCTIONAL = "functional"


def _style(name: str) -> str:
    return _FUNCTIONAL if name in (CONTROL, SLOWED) else name
