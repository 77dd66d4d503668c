"""The first of two models, with which the second one is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from twinproof.proof.arrays import Array, Value
from twinproof.proof.capture import Call
from twinproof.proof.comparing import Apart, Key, compare, draws, floors
from twinproof.proof.compiling import Recipe
from twinproof.proof.configs import plainly
from twinproof.proof.graphs import Graph
from twinproof.proof.keras_api import KERAS_2, made_with, run_eagerly
from twinproof.proof.labels import label_variables
from twinproof.proof.observing import Exam, Observation, Phase, observe
from twinproof.proof.recording import Recording, kept
from twinproof.proof.running import layer_calls
from twinproof.proof.side import Side

# The change of a weight that starts as zero, and the relative change of other constants.
FROM_ZERO, SHARE = 0.05, 0.1


class Declared(NamedTuple):
    """The declaration of a variable."""

    trained: bool
    dtype: str
    regularizer: str
    constraint: str


class LayerRun(NamedTuple):
    """The calls of layers on one batch, and the effect of one unit in the last place on the outputs of each."""

    calls: list[Call]
    effects: list[float]


class Reference(Protocol):
    """The knowledge about the first model, which is in this process or was stored by another one."""

    @property
    def name(self) -> str:
        """The name of the model."""

    @property
    def calls(self) -> list[Call]:
        """The calls of its layers in inference, on the plain inputs."""

    @property
    def outputs(self) -> tuple[Value, ...]:
        """The outputs of that run."""

    @property
    def output_keys(self) -> list[str] | None:
        """The keys of the outputs, if these are a dict."""

    @property
    def values(self) -> Mapping[str, Array]:
        """The values from which both models start, by label."""

    @property
    def began(self) -> Mapping[str, Array]:
        """Its initial values."""

    @property
    def slots(self) -> Mapping[str, Array]:
        """The state of its optimizers when both start."""

    @property
    def declared(self) -> Mapping[str, Declared]:
        """The declarations of its variables."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How it was compiled."""

    @property
    def recipe(self) -> Recipe | None:
        """How the second model is compiled, if it is not."""

    @property
    def exam(self) -> Exam:
        """The task for both models."""

    @property
    def notes(self) -> list[str]:
        """Notes for the reader on how the task was chosen."""

    @property
    def weight_order(self) -> list[str]:
        """The labels of `model.weights`, in their order."""

    @property
    def graphs(self) -> Mapping[str, Graph]:
        """The compiled graphs of its steps and predictions, once the steps were observed."""

    @property
    def made_with(self) -> dict[str, str]:
        """The versions that it runs with."""

    def observations(self, phase: Phase) -> Iterator[Observation]:
        """Yield what it does in a phase."""

    def recorded(self, phase: Phase) -> Recording:
        """Return what it does in a phase, for repeated use."""

    def effects(self, phase: Phase) -> dict[Key, float]:
        """Return the effect of one unit in the last place on each array of a phase."""

    def differs_from_itself(self, phase: Phase) -> Mapping[Key, Apart]:
        """Return the differences between two runs of it."""

    def layer_run(self, where: str, training: bool) -> LayerRun | None:
        """Return what its layers do on the inputs of that name; without a name, on the first training batch."""

    def runs_beside(self, variables: Mapping[str, Any]) -> bool:
        """Return whether its steps can alternate with those of a model with these variables."""


@dataclass
class LiveReference:
    """A first model in this process; `prepare` makes it."""

    side: Side
    seed: int
    exam: Exam
    recipe: Recipe | None
    notes: list[str]
    calls: list[Call]
    outputs: tuple[Value, ...]
    output_keys: list[str] | None
    began: Mapping[str, Array]
    declared: Mapping[str, Declared]
    settings: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._recorded: dict[Phase, Recording] = {}
        self._effects: dict[Phase, dict[Key, float]] = {}
        self._compiled: tuple[Any, Any] | None = None  # the functions for steps and predictions of the first comparison

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.side.name

    @property
    def values(self) -> Mapping[str, Array]:
        """The values from which both models start, by label."""
        return self.side.start

    @property
    def slots(self) -> Mapping[str, Array]:
        """The state of its optimizers when both start."""
        return self.side.start_of_slots

    @property
    def weight_order(self) -> list[str]:
        """The labels of `model.weights`, in their order."""
        labels = {id(variable): label for label, variable in self.side.variables.items()}
        return [labels.get(id(variable), "") for variable in self.side.model.weights]

    @property
    def graphs(self) -> Mapping[str, Graph]:
        """The compiled graphs of its steps and predictions, once the steps were observed."""
        return self.side.graphs

    @property
    def made_with(self) -> dict[str, str]:
        """The versions that it runs with."""
        return made_with()

    def observations(self, phase: Phase) -> Iterator[Observation]:
        """Yield what it does in a phase; steps that were compiled for one comparison serve for the next one."""
        return self._steps() if phase == Phase.STEPS else observe(self.side, self.exam, phase)

    def _steps(self) -> Iterator[Observation]:
        model = self.side.model
        if self._compiled:
            run_eagerly(model, False)
            model.train_function, model.predict_function = self._compiled
        yield from observe(self.side, self.exam, Phase.STEPS, as_compiled=self._compiled is not None)
        self._compiled = model.train_function, model.predict_function

    def recorded(self, phase: Phase) -> Recording:
        """Return what it does in a phase, for repeated use; compiled again, it may turn out to be unsteady."""
        if phase not in self._recorded:
            self._recorded[phase] = Recording().add(self._anew(phase))
        return self._recorded[phase]

    def effects(self, phase: Phase) -> dict[Key, float]:
        """Return the effect of one unit in the last place on each array, the largest of several draws."""
        if phase not in self._effects:
            self._effects[phase] = floors(self._draws(phase))
        return self._effects[phase]

    def differs_from_itself(self, phase: Phase) -> Mapping[Key, Apart]:
        """Return the differences between two runs of it."""
        return compare(self.recorded(phase), self._anew(phase))

    def _anew(self, phase: Phase) -> Iterator[Observation]:
        return kept(observe(self.side, self.exam, phase), self.exam.steps)

    def layer_run(self, where: str, training: bool) -> LayerRun | None:
        """Return what its layers do, and the effect of one unit in the last place on the outputs of each."""
        calls = self._calls(self.exam, where, training)
        effects = [0.0] * len(calls)
        for draw, units in enumerate(draws(self.exam.allowed)):
            generator = np.random.default_rng([self.seed, draw])
            with self.side.moved(generator, units):
                moved = self._calls(self.exam.nudged(generator, units), where, training)
            for index, (one, other) in enumerate(zip(calls, moved)):
                apart = [mine.distance(theirs) / units for mine, theirs in zip(one.outputs, other.outputs)]
                effects[index] = max([effects[index], *(value for value in apart if np.isfinite(value))])
        return LayerRun(calls, effects)

    def runs_beside(self, variables: Mapping[str, Any]) -> bool:
        """Return whether its steps can alternate with those of a model with these variables: not if they share any."""
        return not {id(one) for one in self.side.variables.values()} & {id(one) for one in variables.values()}

    def close(self) -> None:
        """Remove the recordings."""
        for recorded in self._recorded.values():
            recorded.remove()

    def _draws(self, phase: Phase) -> Iterator[tuple[float, Mapping[Key, Apart]]]:
        for draw, units in enumerate(draws(self.exam.allowed)):
            generator = np.random.default_rng([self.seed, draw])
            with self.side.moved(generator, units):
                # Compiling takes longer than all the steps, and different values do not change the compiled code.
                moved = observe(self.side, self.exam.nudged(generator, units), phase, as_compiled=draw > 0)
                yield units, compare(self.recorded(phase), kept(moved, self.exam.steps))

    def _calls(self, exam: Exam, where: str, training: bool) -> list[Call]:
        labels = {id(variable): label for label, variable in self.side.variables.items()}
        self.side.set_back(exam.seed)
        return layer_calls(self.side, labels, exam.inputs_named(where, training), training)[0]


def label(side: Side) -> None:
    """Give each variable of the first model its label."""
    side.label(label_variables(side.model), [])
    side.keep()


def declared(side: Side) -> dict[str, Declared]:
    """Return the declaration of each variable, by label."""
    trained = {id(variable) for variable in side.model.trainable_variables}
    return {
        label: Declared(
            id(variable) in trained,
            str(getattr(variable.dtype, "name", variable.dtype)),
            "" if KERAS_2 else _described(getattr(variable, "regularizer", None)),
            _described(getattr(variable, "constraint", None)),
        )
        for label, variable in side.variables.items()
    }


def stir(side: Side, generator: np.random.Generator) -> int:
    """Change weights that start as a constant, which would hide their effect; return how many were changed.

    Weights with one number, such as a temperature, and values that are not real numbers do not change.
    """
    moved = 0
    for name, variable in side.variables.items():
        value = side.start[name]
        if value.size < 2 or value.dtype.kind != "f" or np.ptp(value) != 0:
            continue
        constant = float(value.flat[0])
        if constant:
            new = value * (1 + SHARE * generator.uniform(-1, 1, value.shape))
        else:
            new = FROM_ZERO * generator.normal(size=value.shape)
        variable.assign(new.astype(value.dtype))
        moved += 1
    side.keep()
    return moved


def _described(value: Any) -> str:
    if value is None:
        return "none"
    name, config = plainly(type(value).__name__, value.get_config() if hasattr(value, "get_config") else {})
    settings = (f"{key}={one:g}" if isinstance(one, float) else f"{key}={one}" for key, one in config.items())
    return f"{name}({', '.join(settings)})"
