"""What two models are asked, made from the first one: inputs that it takes, batches, loss and optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from twinproof.proof.arrays import flatten, map_leaves
from twinproof.proof.batches import Batch, Ranges, find_ranges, make_inputs, read_batches, rows_for, sizes, unusual
from twinproof.proof.capture import Recorder, recording
from twinproof.proof.compiling import Recipe, chosen_recipe, compile_settings, make_targets, recipe_of
from twinproof.proof.errors import CannotTellError, ModelError
from twinproof.proof.keras_api import call, is_compiled, seed_everything, to_array
from twinproof.proof.observing import Exam, has_own_step
from twinproof.proof.reference import LiveReference, declared, give_streams, label, layer_calls, stir
from twinproof.proof.side import Side
from twinproof.proof.signature import EXAMPLE, Spec, describe, require_numbers, signature

# Batches that are made up; with more steps they are used again.
BATCHES = 4


@dataclass(frozen=True)
class Wishes:
    """What a user may say: data, inputs as specs, loss, optimizer, steps, tolerance, hints for the matching, seed."""

    data: Any = None
    inputs: Any = None
    loss: Any = None
    optimizer: Any = None
    steps: int = 10
    tolerance: float | None = None
    hints: dict[str, str] = field(default_factory=dict)
    seed: int = 0


def prepare_first(side: Side, other: Side | None, wishes: Wishes, silent: bool = False) -> LiveReference:
    """Return the first model ready to be compared; `other` may know what it takes, and how it is trained.

    Raises
    ------
    CannotTellError
        If nothing says what the models take.
    ModelError
        If the model raises.
    """
    sides = [side, *([other] if other else [])]
    batches = read_batches(wishes.data, max(wishes.steps, 1)) if wishes.data is not None else []
    specs = _find_signature(wishes, batches, sides)
    notes = [f"inputs: {describe(specs)}{', from the data' if batches else ''}"]
    seed_everything(wishes.seed)
    inputs, ranges = _inputs(specs, batches, side, wishes.seed)
    label(side)
    began = side.start
    stirred = stir(side, np.random.default_rng(wishes.seed + 2))
    if stirred:
        notes.append(
            f"{stirred} weights that start as constants were moved at random, so that nothing hides behind them"
        )
    labels = {id(variable): name for name, variable in side.variables.items()}
    seed_everything(wishes.seed)
    calls, outputs, layers = layer_calls(side, labels, inputs[0][1], training=False)
    give_streams(side, calls, layers)
    recipe = None
    if wishes.steps:
        plain = plain_outputs(run_once(side.model, inputs[0][1], side.name))
        recipe = _compile_first(side, other, wishes, plain)
        notes.append(f"training: {recipe.reason}" if recipe else "training: as the models were compiled")
        batches = _with_targets(batches, specs, ranges, side, plain, wishes.seed)
        side.build_optimizers()
        side.keep()
    exam = Exam(inputs, batches if wishes.steps else [], wishes.steps, wishes.seed, silent, side.rounding)
    return LiveReference(
        side, wishes.seed, exam, recipe, notes, calls, outputs, began, declared(side), compile_settings(side.model)
    )


def compile_second(side: Side, recipe: Recipe | None) -> None:
    """Compile the second model as the first one was, if it is not compiled, or both are to be trained alike.

    Raises
    ------
    CannotTellError
        If nothing says how.
    """
    if is_compiled(side.model) and not (recipe and recipe.for_both):
        return
    if recipe is None:
        raise CannotTellError(
            f"{side.name} is not compiled, and the other model is, in its own way: compile it in its builder, or "
            "ask for --steps 0"
        )
    _compile(side, recipe)


def run_once(model: keras.Model, inputs: Any, name: str) -> Any:
    """Call a model in inference.

    Raises
    ------
    ModelError
        If it raises.
    """
    try:
        return call(model, inputs, training=False)
    except (Exception, SystemExit) as error:
        raise ModelError(f"calling {name}", error) from error


def plain_outputs(outputs: Any) -> Any:
    """Return outputs as NumPy arrays, in their structure."""

    def plain(leaf: Any) -> Any:
        array = to_array(leaf)
        return np.asarray(leaf) if array is None else array

    return map_leaves(plain, outputs)


def _find_signature(wishes: Wishes, batches: list[Batch], sides: list[Side]) -> Any:
    if batches:
        return map_leaves(lambda leaf: Spec(tuple(leaf.shape[1:]), leaf.dtype.name), batches[0].x)
    if wishes.inputs is not None:
        return wishes.inputs
    for side in sides:
        specs = signature(side.model)
        if specs is not None and list(flatten(specs)):
            for place, spec in flatten(specs):
                require_numbers(spec, place or f"of {side.name}")
            return specs
    raise CannotTellError(
        f"{' and '.join(side.name for side in sides)}: nothing says what they take, as neither has been built; say it "
        f"with {EXAMPLE}, or give data with --data FILE.py:FUNCTION"
    )


def _inputs(specs: Any, batches: list[Batch], side: Side, seed: int) -> tuple[list[tuple[str, Any]], Ranges]:
    """Return the inputs to infer on, the plain ones first, after a run that shows which of them are ids."""
    generator = np.random.default_rng(seed)
    if batches:
        inputs = batches[0].x
        run_once(side.model, inputs, side.name)
        return [("", inputs), ("one row", map_leaves(lambda array: array[:1], inputs))], Ranges({}, {}, {})
    probe = map_leaves(lambda spec: _digits(spec, generator), _ordered(specs))
    run_once(side.model, probe, side.name)  # makes the variables
    recorder = Recorder(side.model)
    with recording(recorder):
        run_once(side.model, probe, side.name)
    ranges = find_ranges(recorder.calls, probe, specs)
    inputs = make_inputs(specs, ranges, generator, rows_for(specs))
    return [("", inputs), *unusual(specs, inputs, ranges, generator)], ranges


def _compile_first(side: Side, other: Side | None, wishes: Wishes, outputs: Any) -> Recipe | None:
    """Compile the first model if it is not, or as the user says; return how the second one is then compiled."""
    own = recipe_of(side.model, side.name)
    others = recipe_of(other.model, other.name) if other else None
    if wishes.loss is not None or wishes.optimizer is not None:
        known = own or others
        loss = wishes.loss if wishes.loss is not None else known.loss if known else None
        recipe = chosen_recipe(outputs, loss, wishes.optimizer or (known.optimizer if known else None), for_both=True)
    elif own or is_compiled(side.model):
        return own
    else:
        recipe = others or chosen_recipe(outputs, for_both=other is None)
    _compile(side, recipe)
    return recipe


def _compile(side: Side, recipe: Recipe) -> None:
    try:
        recipe.compile(side.model)
    except (Exception, SystemExit) as error:
        raise ModelError(f"compiling {side.name}", error) from error


def _with_targets(batches: list[Batch], specs: Any, ranges: Ranges, side: Side, outputs: Any, seed: int) -> list[Batch]:
    """Return the user's batches, with targets where he gave none and a loss needs them, or batches that are made up."""
    generator = np.random.default_rng(seed + 1)
    loss = getattr(side.model, "loss", None)
    own = has_own_step(side.model) and loss is None
    if batches:
        if batches[0].y is not None or has_own_step(side.model) or loss is None:
            return batches
        return [
            Batch(
                batch.x,
                make_targets(plain_outputs(run_once(side.model, batch.x, side.name)), loss, generator),
                batch.sample_weight,
            )
            for batch in batches
        ]
    made = (make_inputs(specs, ranges, generator, rows_for(specs)) for _ in range(BATCHES))
    return [Batch(inputs, None if own else make_targets(outputs, loss, generator)) for inputs in made]


def _ordered(structure: Any) -> Any:
    if isinstance(structure, dict):
        return {key: _ordered(structure[key]) for key in sorted(structure, key=str)}
    return structure


def _digits(spec: Spec, generator: np.random.Generator) -> Any:
    values = generator.integers(0, 2, (2, *sizes(spec)))
    return values.astype("float32" if spec.dtype == "bfloat16" else spec.dtype)
