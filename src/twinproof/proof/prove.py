"""`twinproof.prove`: are two models one network, and where do they differ?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from twinproof.proof.apart import Request
from twinproof.proof.comparing import UnlikeError
from twinproof.proof.errors import CannotTellError, ModelError
from twinproof.proof.keras_api import made_with, seed_everything, unchanged, variables_of
from twinproof.proof.labels import shapes_of
from twinproof.proof.preparing import Wishes, prepare_first, require_like_inputs
from twinproof.proof.proving import Proving
from twinproof.proof.reference import LiveReference
from twinproof.proof.result import Allowed, Difference, Kind, Outcome, Proof, Stage, StageResult, Verdict
from twinproof.proof.side import Side
from twinproof.proof.sources import BATCH, COMPILING, INPUTS, Source, load_function, needed_arguments, source
from twinproof.proof.specs import parse_inputs, read_specs
from twinproof.proof.text import sentence


def prove(
    first: Any,
    second: Any,
    *,
    data: Any = None,
    inputs: Any = None,
    loss: Any = None,
    optimizer: Any = None,
    steps: int = 10,
    tolerance: float | None = None,
    map: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Proof:
    """Return whether two models are one network, stage by stage, and where they differ.

    Parameters
    ----------
    first, second
        A function without arguments that returns a model, a model, "FILE.py:FUNCTION", or a saved file. The weights of
        a model are restored afterwards.
    data
        Data to run and train on: arrays (x, y), batches, a data set, a generator, or a function that returns one of
        these. Default: random data that fit the inputs of the models.
    inputs
        The inputs of models that have not been built, such as "28,28,1" or "image=28,28,1 ids=16:int32".
    loss, optimizer
        As for `compile`. Default: as the models were compiled, or chosen to fit their outputs.
    steps
        Steps of training; 0 for none.
    tolerance
        The largest absolute difference that does not count. Default: measured, by the effect of rounding on the first
        model.
    map
        Variables of the first model and the matching ones of the second, if the match needs help.
    seed
        The seed of random data, of random layers and of the measure of rounding.

    Raises
    ------
    UserError
        If there is no such file or function.
    ModelError
        If the user's code raises; its cause is that error.
    """
    if steps < 0:
        raise CannotTellError(f"steps: {steps}; allowed: 0 and more")
    read = _read_data(data), _read_inputs(inputs)
    wishes = Wishes(*read, loss, optimizer, steps, tolerance, dict(map or {}), seed)
    return prove_pair(source(first), source(second), wishes)


def prove_pair(first: Source, second: Source, wishes: Wishes) -> Proof:
    """Return the proof of the models of two sources."""
    with closing(Prover(first, with_task_of(wishes, first, second))) as prover:
        return prover.prove(second)


class Prover:
    """Proves models equal to a first one, which is built, prepared and compiled once for all of them.

    What the first of them shows about the inputs and the training holds for all: they must agree in this.
    """

    def __init__(self, first: Source, wishes: Wishes) -> None:
        self._first, self._wishes = first, wishes
        self._side = build(first, wishes)
        self._reference: LiveReference | None = None

    def prove(self, second: Source) -> Proof:
        """Return the proof that compares another model with the first one; their variables are unchanged after it."""
        sides = self._side, build(second, self._wishes)
        _tell_apart(*sides)
        with unchanged(variable for side in sides for variable in variables_of(side.model)):
            try:
                require_like_inputs(sides)
                self._reference = self._reference or prepare_first(*sides, self._wishes)
            except CannotTellError as error:
                return unknown((sides[0].name, sides[1].name), str(error))
            except UnlikeError as error:
                return unlike(sides, error)
            trained_before = self._first.has_values or second.has_values
            return Proving(self._reference, sides[1], self._wishes, trained_before).proof()

    def close(self) -> None:
        """Remove what was recorded of the first model."""
        if self._reference:
            self._reference.close()


def read_wishes(request: Request) -> Wishes:
    """Return the options of a request, with its files read."""
    read = _read_data(request.data), _read_inputs(request.inputs)
    return Wishes(*read, request.loss, request.optimizer, request.steps, request.tolerance, request.hints, request.seed)


def _read_data(data: Any) -> Any:
    return load_function(data)[1] if isinstance(data, str) else data


def _read_inputs(inputs: Any) -> Any:
    return parse_inputs(inputs) if isinstance(inputs, str) else inputs


def build(given: Source, wishes: Wishes) -> Side:
    """Return the model of a source, built under the seed."""
    seed_everything(wishes.seed)
    return Side(given.name, given.build())


def _tell_apart(first: Side, second: Side) -> None:
    if first.name == second.name:
        second.name = f"{second.name} (second)"


def unknown(names: tuple[str, str], reason: str) -> Proof:
    """Return the proof of two models that could not be compared at all."""
    said = sentence(Verdict.CANNOT_TELL, None, (), 0, Allowed(), reason)
    return Proof(*names, Verdict.CANNOT_TELL, said, made_with=made_with())


def unlike(sides: tuple[Side, Side], error: UnlikeError) -> Proof:
    """Return the proof of two models with different inputs or outputs."""
    difference = Difference(Kind.SIGNATURE, error.stage, cause=error.what)
    stages = (StageResult(Stage.STRUCTURE, Outcome.DIFFERENT, detail=error.what),)
    said = sentence(Verdict.NOT_ONE_NETWORK, difference, stages, 0, Allowed(), "")
    return Proof(
        sides[0].name,
        sides[1].name,
        Verdict.NOT_ONE_NETWORK,
        said,
        stages,
        difference,
        made_with=made_with(),
        variables=(shapes_of(sides[0].model), shapes_of(sides[1].model)),
    )


def with_task_of(wishes: Wishes, *given: Source) -> Wishes:
    """Return options completed by the modules of the models, the first module first, where the user set nothing.

    Raises
    ------
    ModelError
        If such a function raises.
    CannotTellError
        If it returns something invalid.
    """
    if wishes.data is None and wishes.inputs is None:
        data = _function_of(given, BATCH)
        inputs = _function_of(given, INPUTS) if data is None else None
        wishes = replace(wishes, data=data, inputs=inputs and read_specs(_call(inputs, INPUTS)))
    compiling = _function_of(given, COMPILING)
    if compiling is not None and wishes.loss is None and wishes.optimizer is None:
        said = _call(compiling, COMPILING)
        if not isinstance(said, Mapping):
            raise CannotTellError(
                f"`{COMPILING}` returns {said!r:.80}; it must return the arguments of `compile`, as a dict"
            )
        wishes = replace(
            wishes, loss=said.get("loss"), optimizer=said.get("optimizer"), loss_weights=said.get("loss_weights")
        )
    return wishes


def _function_of(given: tuple[Source, ...], name: str) -> Any:
    """Return the first function of this name without required arguments; others have a different purpose."""
    found = (getattr(one.module, name, None) for one in given)
    return next((function for function in found if callable(function) and not needed_arguments(function)), None)


def _call(function: Any, name: str) -> Any:
    try:
        return function()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise ModelError(f"`{name}`", error) from error
