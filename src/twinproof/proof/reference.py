"""The first of two models: what the second one is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from twinproof.proof.arrays import Array, Value, flatten
from twinproof.proof.capture import Call, Recorder, recording
from twinproof.proof.comparing import DRAWS, Apart, Key, compare, floors
from twinproof.proof.compiling import Recipe
from twinproof.proof.errors import ModelError
from twinproof.proof.keras_api import (
    KERAS_2,
    OWN_STREAM,
    call,
    generators,
    has_call,
    optimizer_variables,
    reset_states,
    run_eagerly,
    to_array,
)
from twinproof.proof.matching import STREAMS, label_variables, unique_holders
from twinproof.proof.observing import Exam, Observation, Phase, observe
from twinproof.proof.recording import Recording, kept
from twinproof.proof.side import Side

# How much a weight that starts as zero is moved, and the share by which another constant is.
FROM_ZERO, SHARE = 0.05, 0.1


class Declared(NamedTuple):
    """What is declared of a variable."""

    trained: bool
    dtype: str
    regularizer: str
    constraint: str


class LayerRun(NamedTuple):
    """The calls of layers on one batch, and how far one unit in the last place moves what comes out of each."""

    calls: list[Call]
    effects: list[float]


class Reference(Protocol):
    """What is known of the first model, at hand or written down by another process."""

    @property
    def name(self) -> str:
        """The name of the model."""

    @property
    def calls(self) -> list[Call]:
        """The calls of its layers in inference, on the plain inputs."""

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What came out then."""

    @property
    def output_keys(self) -> list[str] | None:
        """The keys of the outputs, where these are a dict."""

    @property
    def values(self) -> Mapping[str, Array]:
        """The values from which both models start, by label."""

    @property
    def began(self) -> Mapping[str, Array]:
        """The values that it was made with."""

    @property
    def slots(self) -> Mapping[str, Array]:
        """What its optimizers hold when both start."""

    @property
    def declared(self) -> Mapping[str, Declared]:
        """What is declared of its variables."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """How it was compiled."""

    @property
    def recipe(self) -> Recipe | None:
        """How the second model is compiled, if it is not."""

    @property
    def exam(self) -> Exam:
        """What both are asked."""

    @property
    def notes(self) -> list[str]:
        """What a reader is to know of how that was chosen."""

    @property
    def weight_order(self) -> list[str]:
        """The labels of `model.weights`, in their order."""

    def observations(self, phase: Phase) -> Iterator[Observation]:
        """Yield what it does in a phase."""

    def recorded(self, phase: Phase) -> Recording:
        """Return what it does in a phase, to be gone through more than once."""

    def effects(self, phase: Phase) -> dict[Key, float]:
        """Return how far a change of one unit in the last place moves each array of a phase."""

    def differs_from_itself(self, phase: Phase) -> Mapping[Key, Apart]:
        """Return how far two runs of it are apart."""

    def layer_run(self, where: str, training: bool) -> LayerRun | None:
        """Return what its layers do on the inputs of that name, or on the first batch in training mode."""

    def shares(self, variables: Mapping[str, Any]) -> bool:
        """Return whether these variables are its own, too."""

    @property
    def is_written(self) -> bool:
        """Whether it can be had from what was written down alone, which is not every training step."""


@dataclass
class LiveReference:
    """A first model at hand in this process; `prepare` makes it."""

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
        """What its optimizers hold when both start."""
        return self.side.start_of_slots

    @property
    def weight_order(self) -> list[str]:
        """The labels of `model.weights`, in their order."""
        labels = {id(variable): label for label, variable in self.side.variables.items()}
        return [labels.get(id(variable), "") for variable in self.side.model.weights]

    def observations(self, phase: Phase) -> Iterator[Observation]:
        """Yield what it does in a phase."""
        return observe(self.side, self.exam, phase)

    def recorded(self, phase: Phase) -> Recording:
        """Return what it does in a phase, to be gone through more than once."""
        if phase not in self._recorded:
            self._recorded[phase] = Recording().add(kept(self.observations(phase), self.exam.steps))
        return self._recorded[phase]

    def effects(self, phase: Phase) -> dict[Key, float]:
        """Return how far a change of one unit in the last place moves each array, the largest of several draws."""
        return floors(self._draws(phase))

    def differs_from_itself(self, phase: Phase) -> Mapping[Key, Apart]:
        """Return how far two runs of it are apart."""
        return compare(self.recorded(phase), kept(self.observations(phase), self.exam.steps))

    def layer_run(self, where: str, training: bool) -> LayerRun | None:
        """Return what its layers do, and how far one unit in the last place moves what comes out of each."""
        calls = self._calls(self.exam, where, training)
        effects = [0.0] * len(calls)
        for draw in range(DRAWS):
            generator = np.random.default_rng([self.seed, draw])
            with self.side.moved(generator):
                moved = self._calls(self.exam.nudged(generator), where, training)
            for index, (one, other) in enumerate(zip(calls, moved)):
                apart = [mine.distance(theirs) for mine, theirs in zip(one.outputs, other.outputs)]
                effects[index] = max([effects[index], *(value for value in apart if np.isfinite(value))])
        return LayerRun(calls, effects)

    def shares(self, variables: Mapping[str, Any]) -> bool:
        """Return whether these variables are its own, too."""
        return bool({id(one) for one in self.side.variables.values()} & {id(one) for one in variables.values()})

    @property
    def is_written(self) -> bool:
        """Whether it can be had from what was written down alone: no, it is at hand."""
        return False

    def close(self) -> None:
        """Remove what was written down."""
        for recorded in self._recorded.values():
            recorded.remove()

    def _draws(self, phase: Phase) -> Iterator[Mapping[Key, Apart]]:
        for draw in range(DRAWS):
            generator = np.random.default_rng([self.seed, draw])
            with self.side.moved(generator):
                moved = observe(self.side, self.exam.nudged(generator), phase)
                yield compare(self.recorded(phase), kept(moved, self.exam.steps))

    def _calls(self, exam: Exam, where: str, training: bool) -> list[Call]:
        labels = {id(variable): label for label, variable in self.side.variables.items()}
        self.side.set_back(exam.seed)
        return layer_calls(self.side, labels, exam.inputs_named(where, training), training)[0]


def layer_calls(
    side: Side, labels: Mapping[int, str], inputs: Any, training: bool
) -> tuple[list[Call], Any, list[Any]]:
    """Return the calls of layers on one batch, what came out, and the layers that were called.

    Raises
    ------
    ModelError
        If the model raises.
    """
    recorder = Recorder(side.model, labels=dict(labels))
    with recording(recorder):
        outputs = run_once(side, inputs, training)
    return recorder.calls, outputs, recorder.layers


def run_once(side: Side, inputs: Any, training: bool = False) -> Any:
    """Call a model; where it has no `call`, take one training step, undo it, and return what the step says.

    Raises
    ------
    ModelError
        If the model raises.
    """
    reset_states(side.model)
    try:
        return call(side.model, inputs, training) if has_call(side.model) else _trial_step(side, inputs)
    except (Exception, SystemExit) as error:
        raise ModelError(f"calling {side.name}", error) from error


def _trial_step(side: Side, inputs: Any) -> dict[str, Any]:
    model, optimizers = side.model, side.optimizers().values()
    kept = [(one, to_array(one)) for one in model.variables]
    held = [one for optimizer in optimizers for one in optimizer_variables(optimizer)]
    kept += [(one, to_array(one)) for one in held]
    kept = [(one, value.copy()) for one, value in kept if value is not None]
    run_eagerly(model, True)
    try:
        rows = len(next(leaf for _, leaf in flatten(inputs)))
        history = model.fit(inputs, batch_size=rows, epochs=1, shuffle=False, verbose=0)
    finally:
        for variable, value in kept:
            variable.assign(value)
        known = {id(one) for one in held}
        for optimizer in optimizers:
            for variable, value in zip(optimizer_variables(optimizer), side.fresh_values(optimizer)):
                if id(variable) not in known:
                    variable.assign(value)
    return {name: np.asarray(values[-1], np.float64) for name, values in history.history.items()}


def values_of(structure: Any) -> tuple[Value, ...]:
    """Return the arrays of a structure in short."""
    arrays = (to_array(leaf) for _, leaf in flatten(structure))
    return tuple(Value.of(array) for array in arrays if array is not None)


def output_keys(structure: Any) -> list[str] | None:
    """Return the keys of outputs that are a dict; None of others."""
    return sorted(map(str, structure)) if isinstance(structure, Mapping) else None


def label(side: Side) -> None:
    """Give each variable of the first model its label."""
    side.label(label_variables(side.model), [])
    side.keep()


def give_streams(side: Side, calls: list[Call], layers: list[Any]) -> None:
    """Give each layer that draws random numbers a stream of its own, by its place in the flow of data."""
    by_path = dict(zip((one.layer for one in calls), layers))
    side.generators = [
        (generator, STREAMS * index + number)
        for index, holder in enumerate(unique_holders(calls))
        for number, generator in enumerate(generators(by_path[holder.layer], inside=holder.of_keras or holder.leaf))
    ]


def give_other_streams(side: Side, inputs: Any, spare: Sequence[tuple[str, int]] = ()) -> None:
    """Give a stream to each random generator that has none, in the order in which their layers run in training.

    Such are those of layers that are called in training alone, and a model's own. `spare` are classes of random layers
    of the other model that found no partner in inference, with their streams.
    """
    seeded = {id(generator) for generator, _ in side.generators}
    layers = [layer for layer in side.model._flatten_layers() if generators(layer, inside=False)]
    left = [layer for layer in layers if any(id(one) not in seeded for one in generators(layer, inside=False))]
    if (len(left) > 1 or spare) and has_call(side.model):
        values = [(variable, to_array(variable)) for variable in side.model.variables]
        kept_values = [(variable, value.copy()) for variable, value in values if value is not None]
        _, _, called = layer_calls(side, {}, inputs, training=True)
        for variable, value in kept_values:
            variable.assign(value)
        order = {id(layer): index for index, layer in reversed(list(enumerate(called)))}
        left.sort(key=lambda layer: order.get(id(layer), len(order)))
    waiting, number = list(spare), OWN_STREAM
    for layer in left:
        partner = next((one for one in waiting if one[0] == type(layer).__name__), None)
        if partner is not None:
            waiting.remove(partner)
        for index, generator in enumerate(generators(layer, inside=False)):
            if id(generator) not in seeded:
                side.generators.append((generator, number if partner is None else partner[1] + index))
                number += partner is None


def declared(side: Side) -> dict[str, Declared]:
    """Return what is declared of each variable, by label."""
    trained = {id(variable) for variable in side.model.trainable_variables}
    return {
        label: Declared(
            id(variable) in trained,
            str(getattr(variable.dtype, "name", variable.dtype)),
            "" if KERAS_2 else _described(getattr(variable, "regularizer", None)),
            "" if KERAS_2 else _described(getattr(variable, "constraint", None)),
        )
        for label, variable in side.variables.items()
    }


def stir(side: Side, generator: np.random.Generator) -> int:
    """Move weights that start as a constant, which would hide what they multiply or add; return how many.

    Weights of one number, such as a temperature, and what is not a real number are left as they are.
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


def silent(exam: Exam) -> Exam:
    """Return an exam in which random layers do nothing."""
    return replace(exam, silent=True)


def _described(value: Any) -> str:
    if value is None:
        return "none"
    config = value.get_config() if hasattr(value, "get_config") else {}
    settings = (f"{key}={one:g}" if isinstance(one, float) else f"{key}={one}" for key, one in config.items())
    return f"{type(value).__name__}({', '.join(settings)})"
