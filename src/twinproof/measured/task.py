"""The inputs and targets of a twin's network, and how it is compiled.

The module of a twin may define them in three optional functions without the twin's arguments:

- `inputs()`: the inputs of the models, for one example: a text as for `twinproof prove --inputs` ("28,28,1",
  "image=28,28,1 ids=?:int32"), a shape, or a structure of `keras.Input`;
- `data(images, labels)`: the inputs and the targets: arrays, or dicts and lists of arrays. The images are float32 in
  [0, 1], shape (n, pixels); the labels int64, shape (n,);
- `compiling()`: the arguments of `compile`, by name: optimizer, loss, metrics and so on; new objects on each call.

Without them, a network takes flat images and ends with class probabilities. With only `inputs`, images are reshaped.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from twinproof.base.errors import UserError, in_a_line
from twinproof.base.styles import TASK
from twinproof.proof.arrays import flatten, in_order, map_leaves
from twinproof.proof.specs import Spec, read_specs

if TYPE_CHECKING:
    import keras

    from twinproof.study.examples import Examples

USUAL = {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"]}


@dataclass(frozen=True)
class Given:
    """The inputs and targets of a model: arrays of equal length, or dicts and lists of them."""

    inputs: Any
    targets: Any

    @property
    def count(self) -> int:
        """The number of examples."""
        return next(len(leaf) for _, leaf in flatten(self.inputs))

    def rows(self, which: Any) -> Given:
        """Return some examples: a slice, or an array of their numbers."""
        return Given(*(map_leaves(lambda leaf: leaf[which], part) for part in (self.inputs, self.targets)))

    def first(self, count: int) -> Given:
        """Return the first examples, repeated if there are fewer."""
        if count <= self.count:
            return self.rows(slice(count))
        import numpy as np

        return self.rows(np.arange(count) % self.count)


@dataclass(frozen=True)
class Task:
    """The task that a twin's module defines; by default, to classify flat images."""

    data: Callable[[Any, Any], tuple[Any, Any]] | None = None
    compiling: Callable[[], Mapping[str, Any]] | None = None
    specs: Any = None

    @property
    def is_usual(self) -> bool:
        """Whether the network takes flat images, ends with class probabilities and is compiled in the default way."""
        return self.data is None and self.compiling is None and self.specs is None

    def given(self, examples: Examples, classes: int) -> Given:
        """Return the network's inputs and targets for these images and labels, with this number of classes."""
        if self.data is not None:
            return _pair(self.data(examples.images, examples.labels))
        import keras

        images = examples.images
        if self.specs is not None:
            images = images.reshape(len(images), *self.specs.shape).astype(self.specs.dtype)
        return Given(images, keras.utils.to_categorical(examples.labels, classes))

    def compile(self, model: keras.Model, **options: Any) -> None:
        """Compile a model; `options` replace arguments that the module defines."""
        model.compile(**{**(self.compiling() if self.compiling else USUAL), **options})

    def specs_of(self, inputs: Any) -> Any:
        """Return the inputs of a model as nested specs of its data; variable lengths are as the module says."""
        return self.specs if self.specs is not None else specs_of(inputs)


def specs_of(inputs: Any) -> Any:
    """Return the specs of nested arrays."""
    return map_leaves(lambda leaf: Spec(tuple(leaf.shape[1:]), leaf.dtype.name), inputs)


def symbolic(specs: Any) -> Any:
    """Return symbolic inputs of nested specs."""
    import keras

    return map_leaves(lambda spec: keras.Input(spec.shape, dtype=spec.dtype), in_order(specs))


def read_task(name: str, module: ModuleType) -> Task:
    """Return the task that the module of a twin declares.

    Raises
    ------
    UserError
        If one of them is not a function, or returns something invalid.
    """
    functions = {part: getattr(module, part, None) for part in TASK}
    for part, function in functions.items():
        if function is not None and not callable(function):
            raise UserError(f"twins.{name}: `{part}` is {function!r:.80}; it must be a function")
    data, compiling, inputs = (functions[part] for part in ("data", "compiling", "inputs"))
    specs = None
    if inputs is not None:
        told = _call(name, "inputs", inputs)
        try:
            specs = read_specs(told)
        except UserError as error:
            raise UserError(f"twins.{name}: `inputs`: {error}") from None
        if data is None and not isinstance(specs, Spec):
            raise UserError(
                f"twins.{name}: `inputs` names several inputs; a function `data` must return the data of each"
            )
    if compiling is not None:
        _require_compiling(name, compiling)
    return Task(data, compiling, specs)


def _pair(made: Any) -> Given:
    if not isinstance(made, (tuple, list)) or len(made) != 2:
        raise TypeError(f"it returns a {type(made).__name__}; it must return two, inputs and targets")
    return Given(*made)


def _call(name: str, part: str, function: Callable[[], Any]) -> Any:
    try:
        return function()
    except MemoryError:
        raise
    except BaseException as error:  # Also exceptions that would end the process, such as that of sys.exit.
        traceback.print_exception(type(error), error, error.__traceback__)
        raise UserError(f"twins.{name}: `{part}` cannot be called: {in_a_line(error)}") from error


def _require_compiling(name: str, compiling: Callable[[], Any]) -> None:
    first, second = (_call(name, "compiling", compiling) for _ in range(2))
    for found in (first, second):
        if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
            raise UserError(
                f"twins.{name}: `compiling` returns {found!r:.80}; it must return the arguments of `compile`, by their "
                'argument: {"optimizer": "adam", "loss": "mse"}'
            )
    optimizer = first.get("optimizer")
    if not isinstance(optimizer, (str, type(None))) and optimizer is second.get("optimizer"):
        raise UserError(f"twins.{name}: `compiling` returns the same optimizer object as before; make a new one")
