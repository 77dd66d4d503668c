"""What every function of a twin must return, checked before anything is measured: each is built once and called once.

A model that breaks this would be trained otherwise than its author meant, and yet be found equal to its twin.
"""

import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import keras
import numpy as np

from twinproof.base.errors import UserError, described
from twinproof.measured.twins import Twin
from twinproof.proof.keras_api import KERAS_2
from twinproof.study.examples import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMAGES = 8
# How far the probabilities of an image may be from adding up to 1, also in half precision.
SUM, LEAST = 1e-2, -1e-6
LONGEST = 500  # characters of an error's text, in a line


class BrokenContractError(Exception):
    """A model that is not what a twin's functions must return."""


def require_contract(twin: Twin, data: Dataset, seed: int) -> None:
    """Build and call a model of every style of the twin.

    Raises
    ------
    UserError
        If a style cannot be built or called, after its traceback is printed, or what it returns breaks the contract.
    """
    images = data.test.images[:IMAGES]
    keras.utils.set_random_seed(seed)
    made: dict[str, Any] = {}
    for style in twin.styles:
        try:
            made[style] = _model(twin.styles[style], images, data.classes)
            _require_new(style, twin.styles[style](), made)
        except BrokenContractError as error:
            raise UserError(f"twins.{twin.name}: `{style}` {error}") from None
        except MemoryError:
            raise
        except BaseException as error:
            raise UserError(_message(twin, style, error)) from error


def _model(build: Callable[[], Any], images: "NDArray[np.float32]", classes: int) -> Any:
    model = build()
    if not isinstance(model, keras.Model):
        raise BrokenContractError(f"returns {model!r:.80}; it must return a Keras model")
    if getattr(model, "_is_compiled" if KERAS_2 else "compiled", False):
        raise BrokenContractError(
            "returns a model that is compiled; it must return it uncompiled, as a study compiles every style with Adam "
            "and the categorical cross-entropy, and its own loss and optimizer would be lost"
        )
    with _no_ids():
        model(keras.Input((images.shape[1],)))
        _require_floats(model)
        outputs = model(images, training=False)
    _require_probabilities(outputs, len(images), classes)
    return model


def _require_floats(model: Any) -> None:
    """Refuse inputs that would cut off what makes up an image: its values lie between 0 and 1."""
    for tensor in getattr(model, "inputs", None) or []:
        if "float" not in _dtype(tensor):
            raise BrokenContractError(f"takes {_dtype(tensor)}; it must take flat images of floats between 0 and 1")


@contextmanager
def _no_ids() -> Iterator[None]:
    """Refuse that floats are looked up as the ids of an embedding: all pixels would be the ids 0 and 1."""
    call, found = keras.layers.Embedding.call, []

    @wraps(call)
    def watched(layer: Any, inputs: Any, *more: Any, **options: Any) -> Any:
        kind = _dtype(inputs)
        if "int" not in kind:
            # Not an error, which Keras would make one of its own of.
            found.append(f"hands {kind} to the embedding `{layer.name}`, which takes ids")
        return call(layer, inputs, *more, **options)

    with patch.object(keras.layers.Embedding, "call", watched):
        yield
    if found:
        raise BrokenContractError(
            f"{found[0]}; it must take flat images of floats between 0 and 1, and make any ids of them itself"
        )


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _require_probabilities(outputs: Any, count: int, classes: int) -> None:
    must = f"it must return class probabilities, ({count}, {classes}) for {count} images: end it in a softmax"
    if not hasattr(outputs, "shape"):
        raise BrokenContractError(f"computes a {type(outputs).__name__}; {must}")
    values = np.asarray(outputs).astype(np.float64)
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
    """Refuse models that share weights, or are one and the same: they would be compared with themselves."""
    model = made[style]
    others = {f"`{other}` returns": model for other, model in made.items() if other != style} | {
        "it returned before": again
    }
    for which, other in others.items():
        if other is model:
            raise BrokenContractError(f"returns the very model that {which}; it must return a new one")
        if _variables(model) & _variables(other):
            raise BrokenContractError(f"returns a model that shares weights with the one that {which}; it must not")


def _variables(model: Any) -> set[int]:
    try:
        return {id(variable) for variable in model.variables}
    except ValueError:  # Keras 2, of a subclass that is not built.
        return set()


def _message(twin: Twin, style: str, error: BaseException) -> str:
    """Print the traceback of the user's own code, and say in a line what it ended with, and where."""
    frame = error.__traceback__
    while frame and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next
    traceback.print_exception(type(error), error, frame)
    own = vars(sys.modules[getattr(twin.styles[style], "func", twin.styles[style]).__module__]).get("__file__")
    lines = [line for line in traceback.extract_tb(frame) if line.filename == own]
    where = f" ({own}, line {lines[-1].lineno})" if lines else ""
    found = described(error)
    # One line without colours; the traceback has all of it.
    text = " ".join(re.sub(r"\x1b\[\d*m", "", found["message"]).split())
    return f"twins.{twin.name}: `{style}` cannot be built: {found['type']}: {text:.{LONGEST}}{where}"
