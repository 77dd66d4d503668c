"""The twins: one module per network, one function per style.

A twin's module has a function named `functional` and at least one of `sequential` and `subclassed`. Each returns a new,
uncompiled model; they take the same keyword arguments. It takes flat images, shape (n, pixels), and ends with class
probabilities, shape (n, classes), unless the module says otherwise (measured/task.py). Weights and random layers are
matched by the names of their layers if these agree, otherwise along the flow of data, as in `twinproof prove`.

It imports Keras, and TensorFlow if an operation has no common name in all generations of Keras.

It may have more functions. `naive` returns the subclass as people first write it, without thinking of saving it; only
serialization and exchange use this style. `with_ingredients` returns the functions that make the class with each set of
the ingredients of care, for serialization. `known` returns a description of the network that does not depend on the
style; the checks of introspection are compared with it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from twinproof.base.errors import UserError, in_a_line
from twinproof.base.styles import PROVEN, STYLES, TASK, Style
from twinproof.measured.task import Task, read_task
from twinproof.study.styles import require_styles, require_task

if TYPE_CHECKING:
    import keras

    from twinproof.measured.twins.known import Known


@dataclass(frozen=True)
class Twin:
    """One network, written in two or more styles, and optionally as a naive subclass."""

    name: str
    builders: Mapping[str, Callable[[], keras.Model]]
    naive: Callable[[], keras.Model] | None = None
    classes: Mapping[tuple[str, ...], Callable[[], keras.Model]] = field(default_factory=dict)  # by their ingredients
    known: Known | None = None
    files: tuple[str, ...] = ()  # the files that it reads, by their paths from the project's folder
    task: Task = field(default_factory=Task)

    @property
    def styles(self) -> Mapping[str, Callable[[], keras.Model]]:
        """The builders by style, and that of the naive subclass if there is one."""
        return {**self.builders, Style.NAIVE: self.naive} if self.naive else self.builders


def load(name: str, module: str, arguments: Mapping[str, Any], files: Iterable[str] = ()) -> Twin:
    """Return the twin that `module` defines.

    Raises
    ------
    UserError
        If the module cannot be imported, lacks a style, or a style does not take these arguments.
    """
    try:
        source = importlib.import_module(module)
    except BaseException as error:  # Also exceptions that would end the process, such as that of sys.exit.
        raise UserError(f"twins.{name}.module: importing {module} failed: {in_a_line(error)}") from error
    functions = {style: getattr(source, style) for style in STYLES if callable(getattr(source, style, None))}
    require_styles(name, module, {style: _signature(function) for style, function in functions.items()}, arguments)
    of_task = {part: function for part in TASK if callable(function := getattr(source, part, None))}
    require_task(name, module, {part: _signature(function) for part, function in of_task.items()})
    builders = {style: partial(function, **arguments) for style, function in functions.items()}
    proven: dict[str, Callable[[], keras.Model]] = {style: builders[style] for style in PROVEN if style in builders}
    task = read_task(name, source)
    classes = source.with_ingredients(**arguments) if hasattr(source, "with_ingredients") else {}
    known = source.known(**arguments) if hasattr(source, "known") else None
    return Twin(name, proven, builders.get(Style.NAIVE), classes, known, tuple(files), task)


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # Some functions written in C have none.
        return None
