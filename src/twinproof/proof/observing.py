"""Observes what a model does step by step: outputs, losses, gradients, weights, optimizer state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple
from unittest.mock import patch

import keras
import numpy as np

from twinproof.base.words import Word
from twinproof.proof.arrays import Array, flatten
from twinproof.proof.batches import EXTREME, Batch, nudged
from twinproof.proof.capture import around_calls, is_whole
from twinproof.proof.errors import CannotTellError, ModelError
from twinproof.proof.keras_api import (
    call,
    functions_run_eagerly,
    generators,
    has_call,
    optimizer_classes,
    run_eagerly,
    seed_everything,
    seed_python,
    to_array,
)
from twinproof.proof.result import MULTIPLE, MULTIPLE_APART, Allowed, Stage
from twinproof.proof.side import Side
from twinproof.proof.tracing import traced

# The first word of the names of values that a model reports for a step.
REPORTED = "reported"
# The name of the losses that layers and `add_loss` add.
ADDED = "added loss"


class Phase(Word):
    """Observations made together: a phase starts only if the previous one found no difference."""

    INFERENCE = "inference"
    TRAINING = "training"
    STEPS = "steps"
    EAGER_STEPS = "steps, run operation by operation"


class Observation(NamedTuple):
    """Arrays of one stage, by name; `where` names the inputs or the step, and is empty if there is only one."""

    stage: Stage
    where: str
    arrays: dict[str, Array]


@dataclass(frozen=True)
class Exam:
    """The task for both models: inputs for inference, batches for training, and the number of steps."""

    inputs: list[tuple[str, Any]]
    batches: list[Batch] = field(default_factory=list)
    steps: int = 0
    seed: int = 0
    two_environments: bool = False  # which draw different random numbers and add in different orders
    rounding: float = 0.0

    @property
    def allowed(self) -> Allowed:
        """What counts as rounding: between two environments, more."""
        return Allowed(MULTIPLE_APART if self.two_environments else MULTIPLE)

    def nudged(self, generator: np.random.Generator, units: float) -> Exam:
        """Return the same with inputs moved by units in the last place."""
        step = units * self.rounding
        return Exam(
            [(name, nudged(inputs, generator, step)) for name, inputs in self.inputs],
            [Batch(nudged(one.x, generator, step), one.y, one.sample_weight) for one in self.batches],
            self.steps,
            self.seed,
            self.two_environments,
            self.rounding,
        )

    def inputs_named(self, where: str, training: bool) -> Any:
        """Return the inputs of that name; without a name, those of the first training batch."""
        return self.batches[0].x if training and not where else dict(self.inputs)[where]

    def inputs_like_the_first(self) -> Iterator[tuple[str, Any]]:
        """Yield the inputs with the shape of the plain ones: any other shape is compiled again, which takes seconds."""
        shapes = [np.shape(leaf) for _, leaf in flatten(self.inputs[0][1])] if self.inputs else []
        yield from (one for one in self.inputs if [np.shape(leaf) for _, leaf in flatten(one[1])] == shapes)

    @property
    def trains(self) -> bool:
        """Whether there is anything to train on."""
        return bool(self.batches and self.steps)


def observe(side: Side, exam: Exam, phase: Phase, as_compiled: bool = False) -> Iterator[Observation]:
    """Yield what a model does in a phase; `as_compiled` uses the steps that were compiled last, without compiling."""
    if phase == Phase.INFERENCE:
        return _observe_inference(side, exam)
    if phase == Phase.TRAINING:
        return _observe_training(side, exam)
    if not as_compiled:
        run_eagerly(side.model, phase == Phase.EAGER_STEPS)
    return _observe_steps(side, exam)


def _observe_inference(side: Side, exam: Exam) -> Iterator[Observation]:
    """Yield the outputs of a model in inference, run operation by operation."""
    for name, inputs in exam.inputs if has_call(side.model) else ():
        side.set_back(exam.seed)
        with _conditions(exam), functions_run_eagerly():
            outputs = outputs_of(side, partial(call, side.model, inputs, training=False))
        yield Observation(Stage.INFERENCE, name, outputs)


def _observe_training(side: Side, exam: Exam) -> Iterator[Observation]:
    """Yield outputs in training mode, and the values of one training step, run operation by operation."""
    model, batch = side.model, exam.batches[0]
    if has_call(model):
        side.set_back(exam.seed)
        with _conditions(exam), functions_run_eagerly():
            arrays = outputs_of(side, partial(call, model, batch.x, training=True))
        state = dict(side.state())
        arrays.update({label: state[label] for label in side.fixed()})
        yield Observation(Stage.TRAINING_MODE, "", arrays)
        for name, inputs in exam.inputs:
            if name.startswith(EXTREME):
                side.set_back(exam.seed)
                with _conditions(exam), functions_run_eagerly():
                    outputs = outputs_of(side, partial(call, model, inputs, training=True))
                yield Observation(Stage.TRAINING_MODE, name, outputs)
    side.set_back(exam.seed)
    run_eagerly(model, True)
    with _conditions(exam), _gradients(side) as gradients:
        losses = train_step(side, batch)
    added = {f"{ADDED} {index}": array for index, array in enumerate(added_losses(model))}
    yield Observation(Stage.LOSS, "", {**losses, **added})
    yield Observation(Stage.GRADIENTS, "", dict(gradients))


def _observe_steps(side: Side, exam: Exam) -> Iterator[Observation]:
    """Yield losses, weights, state and optimizer state after each training step, and predictions afterwards."""
    side.set_back(exam.seed)
    for step in range(exam.steps):
        seed_python(exam.seed + step)
        with _conditions(exam), traced(side.graphs, "a training step"):
            losses = train_step(side, exam.batches[step % len(exam.batches)])
        yield Observation(Stage.STEPS, f"step {step + 1}", {**losses, **dict(side.state())})
    seed_everything(exam.seed)
    for name, inputs in exam.inputs_like_the_first() if has_call(side.model) else ():
        with _conditions(exam), traced(side.graphs, "inference"):
            outputs = outputs_of(side, partial(side.model.predict_on_batch, inputs))
        yield Observation(Stage.AFTERWARDS, name, outputs)


def outputs_of(side: Side, run: Callable[[], Any]) -> dict[str, Array]:
    """Return the outputs of a run of a model by their places.

    Raises
    ------
    ModelError
        If the model raises.
    CannotTellError
        If an output is not a tensor with values.
    """
    try:
        outputs = run()
    except (Exception, SystemExit) as error:
        raise ModelError(f"calling {side.name}", error) from error
    found: dict[str, Array] = {}
    for name, leaf in flatten(outputs):
        array = to_array(leaf) if hasattr(leaf, "shape") else np.asarray(leaf)
        if array is None or array.dtype.kind not in "fiub":
            raise CannotTellError(
                f"{side.name}: its output {name} is {type(leaf).__name__}, which has no numbers to compare"
            )
        found[f"output {name}".strip()] = array
    return found


def train_step(side: Side, batch: Batch) -> dict[str, Array]:
    """Train a model on a batch, as `fit` does, and return its loss and metrics in their order.

    Raises
    ------
    ModelError
        If the model raises.
    """
    model = side.model
    try:
        if has_own_step(model):
            # Only `fit` gives a custom step the arguments it expects.
            options = {"batch_size": batch.rows, "epochs": 1, "shuffle": False, "verbose": 0}
            with _without_averages(side.optimizers().values()):
                history = model.fit(batch.x, batch.y, sample_weight=batch.sample_weight, **options)
            logs = {name: values[-1] for name, values in history.history.items()}
        else:
            # Keras returns means since the last reset; the loss of one step needs a reset before it.
            model.reset_metrics()
            logs = model.train_on_batch(batch.x, batch.y, sample_weight=batch.sample_weight, return_dict=True)
    except (Exception, SystemExit) as error:
        raise ModelError(f"a training step of {side.name}", error) from error
    # In the number type of losses, because it determines their last place. Other reported values are compared if both
    # models report them under one name. The loss that a custom step returns is a report too: what it trains on shows
    # in the gradients.
    own = has_own_step(model)
    return {
        ("loss" if name == "loss" and not own else f"{REPORTED} {name}"): np.asarray(logs[name], np.float32)
        for name in logs
    }


@contextmanager
def _without_averages(optimizers: Iterable[Any]) -> Iterator[None]:
    """Keep optimizers from replacing the weights by their averages when `fit` ends: here, each step is one `fit`."""
    with ExitStack() as stack:
        for optimizer in optimizers:
            if hasattr(optimizer, "finalize_variable_values"):
                stack.enter_context(patch.object(optimizer, "finalize_variable_values", lambda *_: None))
        yield


def warm_up(side: Side, exam: Exam) -> None:
    """Run one custom training step and undo it: Keras may run it one extra time before the first step."""
    if exam.trains and has_own_step(side.model):
        run_eagerly(side.model, True)
        train_step(side, exam.batches[0])
        side.set_back(exam.seed)


def has_own_step(model: keras.Model) -> bool:
    """Return whether a model's class has a custom training step."""
    return type(model).train_step is not keras.Model.train_step


def added_losses(model: keras.Model) -> Iterator[Array]:
    """Yield what layers and `add_loss` added to the loss of the last step, the smallest first."""
    arrays = [to_array(loss) for loss in model.losses]
    # Their order depends on the order in which layers were made; their sum and their sorted values do not.
    values = sorted(float(array) for array in arrays if array is not None and array.size == 1)
    yield from (np.asarray(value, np.float32) for value in values)


@contextmanager
def _gradients(side: Side) -> Iterator[dict[str, Array]]:
    """Collect the first gradient that an optimizer gets for each variable, by label."""
    found: dict[str, Array] = {}
    labels = {id(variable): label for label, variable in side.variables.items()}

    def collect(optimizer: Any, given: Any, variables: Any) -> None:
        pairs = zip(given, variables if variables is not None else getattr(optimizer, "_trainable_variables", ()))
        for gradient, variable in pairs:
            label = labels.get(id(variable))
            if label is None or label in found:
                continue
            if gradient is None:
                found[label] = np.zeros(tuple(variable.shape), np.float32)
                continue
            if hasattr(gradient, "dense_shape"):  # TensorFlow's IndexedSlices: rows of an Embedding
                gradient = _dense(gradient)
            array = to_array(gradient)
            if array is not None:
                found[label] = np.array(array)

    with ExitStack() as stack:
        for base, name in optimizer_classes():
            original = getattr(base, name)

            def replaced(
                optimizer: Any,
                gradients: Any,
                *rest: Any,
                __original: Any = original,
                __name: str = name,
                **options: Any,
            ) -> Any:
                if __name == "apply":
                    gradients = list(gradients)
                    collect(optimizer, gradients, rest[0] if rest else options.get("trainable_variables"))
                else:
                    gradients = list(gradients)
                    collect(optimizer, [one for one, _ in gradients], [variable for _, variable in gradients])
                return __original(optimizer, gradients, *rest, **options)

            setattr(base, name, replaced)
            stack.callback(setattr, base, name, original)
        yield found


def _dense(gradient: Any) -> Array:
    dense = np.zeros(tuple(gradient.dense_shape.numpy()), gradient.values.numpy().dtype)
    np.add.at(dense, gradient.indices.numpy(), gradient.values.numpy())
    return dense


@contextmanager
def _conditions(exam: Exam) -> Iterator[None]:
    if not exam.two_environments:
        yield
        return

    def silent(original: Any, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if is_whole(layer) and generators(layer, inside=True):
            kwargs = {**kwargs, "training": False}
        return original(layer, *args, **kwargs)

    with around_calls(silent):
        yield
