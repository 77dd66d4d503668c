"""The contract of a twin's functions, checked before anything is measured: each model is built and called once.

A model that breaks it would not be trained in the way its author intended, and yet be found equal to its twin.
"""

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import keras
import numpy as np

from twinproof.base.errors import UserError, described
from twinproof.base.styles import Style
from twinproof.measured.backend import fetch
from twinproof.measured.task import Given, specs_of, symbolic
from twinproof.measured.twins import Twin
from twinproof.proof.arrays import flatten
from twinproof.proof.keras_api import KERAS_2
from twinproof.proof.specs import describe
from twinproof.study.examples import Dataset

if TYPE_CHECKING:
    pass

IMAGES = 8
# The allowed deviation of the sum of an image's probabilities from 1, also in half precision.
SUM, LEAST = 1e-2, -1e-6
LONGEST = 500  # characters of an error's text, in one line


class BrokenContractError(Exception):
    """A model that a twin's functions must not return."""


def require_contract(twin: Twin, data: Dataset, seed: int) -> None:
    """Build and call a model of every style of the twin.

    Raises
    ------
    UserError
        If a style cannot be built or called, after its traceback is printed, or what it returns breaks the contract.
    """
    given = _given(twin, data)
    keras.utils.set_random_seed(seed)
    made: dict[str, Any] = {}
    for style in twin.styles:
        try:
            made[style] = _model(twin, style, given, data.classes)
            _require_new(style, twin.styles[style](), made)
        except BrokenContractError as error:
            raise UserError(f"twins.{twin.name}: `{style}` {error}") from None
        except MemoryError:
            raise
        except BaseException as error:
            raise UserError(_message(twin, f"`{style}` cannot be built", twin.styles[style], error)) from error
    if not twin.task.is_usual:
        _require_trained(twin, given)


def _given(twin: Twin, data: Dataset) -> Given:
    """Return a twin's data for some images; all its arrays must have the same number of examples."""
    try:
        given = twin.task.given(data.test.rows(slice(IMAGES)), data.classes)
    except MemoryError:
        raise
    except BaseException as error:
        made_by = twin.task.data or twin.styles[Style.FUNCTIONAL]
        raise UserError(_message(twin, "`data` cannot be called", made_by, error)) from error
    named = [("inputs", given.inputs), ("targets", given.targets)]
    leaves = [(f"{part} {place}".strip(), leaf) for part, one in named for place, leaf in flatten(one)]
    must = "it must return inputs and targets: NumPy arrays, or dicts and lists of them"
    for place, leaf in leaves:
        if not isinstance(leaf, np.ndarray) or not leaf.ndim:
            raise UserError(f"twins.{twin.name}: `data` returns a {type(leaf).__name__} as its {place}; {must}")
    lengths = {place: len(leaf) for place, leaf in leaves}
    if not list(flatten(given.inputs)) or len(set(lengths.values())) != 1:
        raise UserError(f"twins.{twin.name}: `data` returns {lengths}, by the number of examples; {must}, equally long")
    _require_declared(twin, given)
    return given


def _require_declared(twin: Twin, given: Given) -> None:
    """Refuse data that are not what `inputs` says."""
    declared, found = (dict(flatten(specs)) for specs in (twin.task.specs_of(given.inputs), specs_of(given.inputs)))
    fits = declared.keys() == found.keys() and all(
        len(spec.shape) == len(found[place].shape)
        and all(size in (None, other) for size, other in zip(spec.shape, found[place].shape))
        and spec.dtype == found[place].dtype
        for place, spec in declared.items()
    )
    if not fits:
        raise UserError(
            f"twins.{twin.name}: `inputs` says {describe(twin.task.specs_of(given.inputs))}, but `data` returns "
            f"{describe(specs_of(given.inputs))}"
        )


def _require_trained(twin: Twin, given: Given) -> None:
    """Refuse a task that does not fit the network: functional is compiled and trained for one step."""
    build = twin.styles[Style.FUNCTIONAL]
    try:
        model = build()
        twin.task.compile(model)
        model.train_on_batch(given.inputs, given.targets)
    except MemoryError:
        raise
    except BaseException as error:
        message = "`functional` cannot be trained on the result of `data`, compiled as `compiling` says"
        raise UserError(_message(twin, message, twin.task.compiling or build, error)) from error


def _model(twin: Twin, style: str, given: Given, classes: int) -> Any:
    model = twin.styles[style]()
    if not isinstance(model, keras.Model):
        raise BrokenContractError(f"returns {model!r:.80}; it must return a Keras model")
    if getattr(model, "_is_compiled" if KERAS_2 else "compiled", False):
        raise BrokenContractError(
            "returns a compiled model; it must return it uncompiled, because a study compiles every style in the same "
            "way: with Adam and the categorical cross-entropy, or as a function `compiling` says"
        )
    specs = twin.task.specs_of(given.inputs)
    if not twin.task.is_usual:
        model(symbolic(specs))
        _require_finite(model(given.inputs, training=False))
        return model
    with _no_ids():
        model(symbolic(specs))
        _require_floats(model)
        outputs = model(given.inputs, training=False)
    _require_probabilities(outputs, given.count, classes)
    return model


def _require_finite(outputs: Any) -> None:
    for place, output in flatten(outputs):
        if not np.isfinite(fetch(output).astype(np.float64)).all():
            raise BrokenContractError(f"computes outputs that are not all finite{f': {place}' if place else ''}")


def _require_floats(model: Any) -> None:
    """Refuse inputs that would destroy an image, whose values are between 0 and 1."""
    for tensor in getattr(model, "inputs", None) or []:
        if "float" not in _dtype(tensor):
            raise BrokenContractError(f"takes {_dtype(tensor)}; it must take flat images of floats between 0 and 1")


@contextmanager
def _no_ids() -> Iterator[None]:
    """Refuse floats as the ids of an embedding: all pixels would become the ids 0 and 1."""
    call, found = keras.layers.Embedding.call, []

    @wraps(call)
    def watched(layer: Any, inputs: Any, *more: Any, **options: Any) -> Any:
        kind = _dtype(inputs)
        if "int" not in kind:
            # Not an error, which Keras would turn into one of its own.
            found.append(f"passes {kind} to the embedding `{layer.name}`, which takes ids")
        return call(layer, inputs, *more, **options)

    with patch.object(keras.layers.Embedding, "call", watched):
        yield
    if found:
        raise BrokenContractError(
            f"{found[0]}; it must take flat images of floats between 0 and 1, and make any ids from them itself; or "
            "its module must have functions `inputs` and `data`"
        )


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _require_probabilities(outputs: Any, count: int, classes: int) -> None:
    must = f"it must return class probabilities, ({count}, {classes}) for {count} images: end it with a softmax"
    if not hasattr(outputs, "shape"):
        raise BrokenContractError(f"computes a {type(outputs).__name__}; {must}")
    values = np.asarray(fetch(outputs)).astype(np.float64)
    if values.shape != (count, classes):
        raise BrokenContractError(f"computes outputs of shape {values.shape}; {must}")
    if not np.isfinite(values).all():
        raise BrokenContractError(f"computes outputs that are not all finite; {must}")
    sums = values.sum(axis=1)
    if values.min() < LEAST or np.abs(sums - 1).max() > SUM:
        raise BrokenContractError(
            f"computes outputs from {values.min():.3g} to {values.max():.3g}, which add up to {sums.min():.3g} to "
            f"{sums.max():.3g} for an image; {must}"
        )


def _require_new(style: str, again: Any, made: dict[str, Any]) -> None:
    """Refuse models that share weights or are the same object: they would be compared with themselves."""
    model = made[style]
    others = {f"`{other}` returns": model for other, model in made.items() if other != style} | {
        "it returned before": again
    }
    for which, other in others.items():
        if other is model:
            raise BrokenContractError(f"returns the same model object that {which}; it must return a new one")
        if _variables(model) & _variables(other):
            raise BrokenContractError(f"returns a model that shares weights with the one that {which}; it must not")


def _variables(model: Any) -> set[int]:
    try:
        return {id(variable) for variable in model.variables}
    except ValueError:  # Keras 2, for a subclass that is not built.
        return set()


def _message(twin: Twin, what: str, function: Any, error: BaseException) -> str:
    """Print the traceback of the user's own code, and return its error and place in one line."""
    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame)
    own = vars(sys.modules[getattr(function, "func", function).__module__]).get("__file__")
    lines = [line for line in traceback.extract_tb(frame) if line.filename == own]
    where = f" ({own}, line {lines[-1].lineno})" if lines else ""
    found = described(error)
    # One line without colours; the traceback is complete.
    text = " ".join(re.sub(r"\x1b\[\d*m", "", found["message"]).split())
    return f"twins.{twin.name}: {what}: {found['type']}: {text:.{LONGEST}}{where}"
