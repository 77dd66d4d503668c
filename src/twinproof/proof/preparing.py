"""The inputs, batches, loss and optimizer for comparing two models, derived from the first one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twinproof.proof.arrays import flatten, in_order, map_leaves
from twinproof.proof.batches import (
    INTEGERS,
    LONGEST,
    Batch,
    Ranges,
    find_ranges,
    fixed_rows,
    make_inputs,
    narrowest,
    read_batches,
    rows_for,
    sizes,
    unusual,
    varied,
)
from twinproof.proof.capture import Recorder, recording
from twinproof.proof.comparing import UnlikeError
from twinproof.proof.compiling import Recipe, chosen_recipe, compile_settings, make_targets, recipe_of
from twinproof.proof.errors import CannotTellError, ModelError
from twinproof.proof.keras_api import has_call, is_compiled, seed_everything, to_array
from twinproof.proof.observing import Exam, has_own_step, warm_up
from twinproof.proof.reference import LiveReference, declared, label, stir
from twinproof.proof.result import Stage
from twinproof.proof.running import layer_calls, output_keys, run_once, values_of
from twinproof.proof.side import Side
from twinproof.proof.signature import signature
from twinproof.proof.specs import EXAMPLE, Spec, describe, require_numbers
from twinproof.proof.streams import give_other_streams, give_streams
from twinproof.proof.text import count

# Generated batches; with more steps, they are used again.
BATCHES = 4


@dataclass(frozen=True)
class Wishes:
    """A user's options: data, inputs as specs, how to compile, steps, tolerance, hints for the matching, seed."""

    data: Any = None
    inputs: Any = None
    loss: Any = None
    optimizer: Any = None
    steps: int = 10
    tolerance: float | None = None
    hints: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    loss_weights: Any = None


def prepare_first(side: Side, other: Side | None, wishes: Wishes, two_environments: bool = False) -> LiveReference:
    """Return the first model ready to be compared; `other` may know its inputs and how it is trained.

    Raises
    ------
    CannotTellError
        If the inputs of the models are unknown.
    ModelError
        If the model raises.
    """
    sides = [side, *([other] if other else [])]
    batches = read_batches(wishes.data, max(wishes.steps, 1)) if wishes.data is not None else []
    specs = _find_signature(wishes, batches, sides)
    if not has_call(side.model) and not wishes.steps:
        raise CannotTellError(
            f"{side.name} has no call(): only training steps show what it does; use --steps 1 or more"
        )
    rows = next((found for one in sides if (found := fixed_rows(signature(one.model)))), None)
    specs = map_leaves(lambda spec: replace(spec, rows=rows), specs)
    notes = [f"inputs: {describe(specs)}{', from the data' if batches else ''}"]
    seed_everything(wishes.seed)
    inputs, ranges, refused = _inputs(specs, batches, sides, wishes.seed)
    for who in dict.fromkeys(refused.values()):
        names = ", ".join(name for name, model in refused.items() if model == who)
        notes.append(f"left out because {who} does not run on it: {names}")
    label(side)
    began = side.start
    stirred = stir(side, np.random.default_rng(wishes.seed + 2))
    if stirred:
        notes.append(
            "constant initial values were changed at random, because they hide differences: "
            f"{count(stirred, 'variable')}"
        )
    labels = {id(variable): name for name, variable in side.variables.items()}
    seed_everything(wishes.seed)
    calls, outputs, layers = layer_calls(side, labels, inputs[0][1], training=False)
    give_streams(side, calls, layers)
    give_other_streams(side, inputs[0][1])
    recipe = None
    if wishes.steps:
        plain = plain_outputs(run_once(side, inputs[0][1]))
        recipe = _compile_first(side, other, wishes, plain)
        notes.append(f"training: {recipe.reason}" if recipe else "training: as the models were compiled")
        batches = _with_targets(batches, specs, ranges, side, plain, wishes.seed)
        side.build_optimizers()
        side.keep()
    exam = Exam(inputs, batches if wishes.steps else [], wishes.steps, wishes.seed, two_environments, side.rounding)
    warm_up(side, exam)
    return LiveReference(
        side,
        wishes.seed,
        exam,
        recipe,
        notes,
        calls,
        values_of(outputs),
        output_keys(outputs),
        began,
        declared(side),
        compile_settings(side),
    )


def compile_second(side: Side, recipe: Recipe | None) -> None:
    """Compile the second model like the first one, if it is not compiled, or if both must be trained in the same way.

    Raises
    ------
    CannotTellError
        If it is unknown how.
    """
    if is_compiled(side.model) and not (recipe and recipe.for_both):
        return
    if recipe is None:
        raise CannotTellError(
            f"{side.name} is not compiled, and the other model is, in its own way: compile it in its builder, or "
            "use --steps 0"
        )
    _compile(side, recipe)


def plain_outputs(outputs: Any) -> Any:
    """Return outputs as NumPy arrays, in the same structure."""

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
        f"{' and '.join(side.name for side in sides)}: their inputs are unknown, because neither has been built; "
        f"give them with {EXAMPLE}, or give data with --data FILE.py:FUNCTION"
    )


def _inputs(
    specs: Any, batches: list[Batch], sides: list[Side], seed: int
) -> tuple[list[tuple[str, Any]], Ranges, dict[str, str]]:
    """Return the inputs for inference, the plain ones first, after a run of both models that shows which are ids.

    The last value has the names of inputs that were left out, with the model that does not run on them.
    """
    generator = np.random.default_rng(seed)
    if batches:
        inputs = batches[0].x
        known = narrowest([_ranges(side, inputs, specs, seed, must_run=side is sides[0]) for side in sides])
        more = list(varied(specs, inputs, known))
        refused = _refused(more, sides[:1])
        return [("", inputs), *(one for one in more if one[0] not in refused)], Ranges({}, {}, {}), refused
    probe = map_leaves(lambda spec: _digits(spec, generator), in_order(specs))
    try:
        ranges = [_ranges(side, probe, specs, seed, must_run=side is sides[0]) for side in sides]
    except ModelError:
        # Ids may be declared as real numbers by the model that casts them, and not by this one.
        whole = map_leaves(lambda array: array.astype("int32") if array.dtype.kind == "f" else array, probe)
        try:
            ranges = [_ranges(side, whole, specs, seed, must_run=side is sides[0]) for side in sides]
        except ModelError:
            run_once(sides[0], probe)
            raise
    narrow = narrowest(ranges)
    inputs = make_inputs(specs, narrow, generator, rows_for(specs))
    more = list(unusual(specs, inputs, narrow, generator))
    # A model may look up integers in a table of its own, or have a largest length.
    refused = _refused([one for one in more if one[0].startswith((INTEGERS, LONGEST))], sides)
    return [("", inputs), *(one for one in more if one[0] not in refused)], narrow, refused


def _ranges(side: Side, probe: Any, specs: Any, seed: int, must_run: bool) -> Ranges:
    """Return which inputs a model takes as ids; perhaps none, if it does not have to run on the probe."""
    seed_everything(seed)
    recorder = Recorder(side.model)
    try:
        run_once(side, probe)  # makes the variables
        with recording(recorder):
            run_once(side, probe)
    except ModelError:
        if must_run:
            raise
    return find_ranges(recorder.calls, probe, specs)


def _refused(inputs: list[tuple[str, Any]], sides: list[Side]) -> dict[str, str]:
    """Return the inputs on which a model does not run, by name, each with the first such model."""
    found = ((name, next((side.name for side in sides if not _takes(side, values)), "")) for name, values in inputs)
    return {name: who for name, who in found if who}


def _takes(side: Side, inputs: Any) -> bool:
    """Return whether a model runs on inputs made from the user's data: it may look up numbers that no longer exist."""
    try:
        run_once(side, inputs)
    except ModelError:
        return False
    return True


def require_like_inputs(sides: Sequence[Side]) -> None:
    """Raise `UnlikeError` if both models know their inputs, and these are not the same."""
    known = [list(flatten(signature(side.model))) for side in sides]
    if len(known) < 2 or not all(known):
        return
    one, other = known
    if len(one) != len(other):
        raise UnlikeError(Stage.INFERENCE, f"{count(len(one), 'input')} against {len(other)}")
    by_name = dict(other)
    if {name for name, _ in one} != set(by_name):
        by_name = {name: spec for (name, _), (_, spec) in zip(one, other)}
    for name, spec in one:
        if not _alike(spec.shape, by_name[name].shape):
            raise UnlikeError(Stage.INFERENCE, f"{f'input {name}'.strip()} is {spec} against {by_name[name]}")


def _alike(one: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
    """Return whether two shapes are compatible; a last axis of 1 may be left out."""
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        if len(long) - len(short) != 1 or long[-1] != 1:
            return False
        one, other = short, long[:-1]
    return all(a == b or None in (a, b) for a, b in zip(one, other))


def _compile_first(side: Side, other: Side | None, wishes: Wishes, outputs: Any) -> Recipe | None:
    """Compile the first model if it is not compiled, or as the user says; return how to compile the second one."""
    own = recipe_of(side.model, side.name)
    others = recipe_of(other.model, other.name) if other else None
    if wishes.loss is not None or wishes.optimizer is not None:
        known = own or others
        loss = wishes.loss if wishes.loss is not None else known.loss if known else None
        optimizer = wishes.optimizer or (known.optimizer if known else None)
        recipe = replace(chosen_recipe(outputs, loss, optimizer, for_both=True), loss_weights=wishes.loss_weights)
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
    """Return the user's batches, with targets if they lack those that a loss needs, or generated batches."""
    generator = np.random.default_rng(seed + 1)
    loss = getattr(side.model, "loss", None)
    own = has_own_step(side.model) and loss is None
    if batches:
        if batches[0].y is not None or has_own_step(side.model) or loss is None:
            return batches
        return [
            Batch(
                batch.x,
                make_targets(plain_outputs(run_once(side, batch.x)), loss, generator),
                batch.sample_weight,
            )
            for batch in batches
        ]
    made = (make_inputs(specs, ranges, generator, rows_for(specs)) for _ in range(BATCHES))
    return [Batch(inputs, None if own else make_targets(outputs, loss, generator)) for inputs in made]


def _digits(spec: Spec, generator: np.random.Generator) -> Any:
    values = generator.integers(0, 2, (spec.rows or 2, *sizes(spec)))
    return values.astype("float32" if spec.dtype == "bfloat16" else spec.dtype)
