"""The operations on saved models: programs that run in separate processes, one for each operation.

Each records its findings as it goes, so that an error does not lose them, and yields the name of each step before the
step: make, save, load, compare.
"""

from __future__ import annotations

import copy
import pickle
import shutil
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from twinproof.measured.probes.apart import collect_warnings
from twinproof.measured.probes.formats import FORMATS, Code, Format, Model, predict
from twinproof.measured.probes.instances import Instances
from twinproof.measured.probes.steps import follow
from twinproof.measured.task import Given
from twinproof.measured.twins import Twin
from twinproof.proof.weights import weights

STEPS = 3

Cell = dict[str, Any]
Program = Generator[str, None, None]


class Case(NamedTuple):
    """One style of a twin, and the same examples for every operation on it."""

    twin: Twin
    style: str
    seed: int
    given: Given
    steps: int = STEPS  # of training, before anything is done

    def instances(self) -> Instances:
        """Return the maker of comparable instances of every style."""
        return Instances(replace(self.twin, builders=self.twin.styles, naive=None), self.given.inputs, self.seed)

    def construct(self) -> keras.Model:
        """Return a new instance from the style's function."""
        return self.twin.styles[self.style]()

    def trained(self, instances: Instances) -> keras.Model:
        """Return an instance after the first steps of its training."""
        model = instances.make(self.style)
        self.train(model)
        return model

    def train(self, model: Any) -> None:
        """Run some training steps, always on the same examples in the same order."""
        for part in range(self.steps):
            batch = self.given.rows(slice(part, None, STEPS))
            model.train_on_batch(batch.inputs, batch.targets)


def carry_out(program: Callable[..., Program], *arguments: Any) -> dict[str, Any]:
    """Run a program to its end or its error; its findings until then are kept."""
    found: dict[str, Any] = {}
    ended = follow(program(found, *arguments))
    return {**found, "step": ended["step"], "error": ended["error"]}


def save_and_load(found: Cell, case: Case, name: str, path: Path, repeats: int) -> Program:
    """Save a trained model and load it again in the same process, several times each."""
    kind = FORMATS[name]
    yield "make"
    model = case.trained(case.instances())
    expected = predict(model, case.given.inputs)
    yield "save"
    with _noted(found):
        found["save_seconds"] = [_timed(lambda: kind.write(model, path), path) for _ in range(repeats)]
    found |= {"saved": True, "bytes": _size(path), "expected": expected}
    yield "load"
    code = _code(case, type(model))
    with _noted(found):
        loaded = kind.read(path, code)
        found |= {"loaded": True, "built": _is_built(loaded)}
        found["load_seconds"] = [_timed(lambda: kind.read(path, code)) for _ in range(repeats)]
    yield "compare"
    found |= _difference(predict(loaded, case.given.inputs), expected)
    if isinstance(loaded, keras.Model) and not kind.takes_code:
        found["optimizer"] = _optimizer(model, loaded)


def load_with_code(found: Cell, case: Case, name: str, path: Path, expected: Any) -> Program:
    """Load a model that another process saved, with the code available."""
    yield "make"
    code = _code(case, type(case.construct()))
    yield from _load(found, FORMATS[name], path, code, case.given.inputs, expected)


def load_without_code(found: Cell, modules: list[str], name: str, path: Path, inputs: Any, expected: Any) -> Program:
    """Load a model that another process saved, as if the modules that made it were not installed."""
    yield "make"
    for module in modules:
        if module in sys.modules:
            raise RuntimeError(f"{module} is known here already: this process is not without the code")
        sys.modules[module] = None  # type: ignore[assignment]  # the way to say so
    yield from _load(found, FORMATS[name], path, None, inputs, expected)


def _load(found: Cell, kind: Format, path: Path, code: Code | None, inputs: Any, expected: Any) -> Program:
    yield "load"
    with _noted(found):
        loaded = kind.read(path, code)
    found |= {"loaded": True, "built": _is_built(loaded)}
    yield "compare"
    found |= _difference(predict(loaded, inputs), expected)


def copied(found: Cell, case: Case, name: str) -> Program:
    """Copy a trained model in memory."""
    yield "make"
    instances = case.instances()
    model = case.trained(instances)
    expected = predict(model, case.given.inputs)
    yield "load"
    with _noted(found):
        again = COPIES[name](model, _code(case, type(model)))
    found |= {"loaded": True, "built": _is_built(again)}
    yield "compare"
    if name not in WHOLE_COPIES:
        # A copy of the configuration has no weights of its own to compare.
        instances.build(again)
        again.set_weights(model.get_weights())
    found |= _difference(predict(again, case.given.inputs), expected)


def keep_unbuilt(found: Cell, case: Case, name: str) -> Program:
    """Save a model before it has been called; then build it and the loaded model, and compare the two."""
    kind = FORMATS[name]
    yield "make"
    keras.utils.set_random_seed(case.seed)
    instances, model, path = case.instances(), case.construct(), Path(kind.file)
    yield "save"
    with _noted(found):
        kind.write(model, path)
    found |= {"saved": True, "bytes": _size(path)}
    yield "load"
    with _noted(found):
        loaded = kind.read(path, _code(case, type(model)))
    found |= {"loaded": True, "built": _is_built(loaded)}
    yield "compare"
    instances.build(model)
    found |= _difference(predict(loaded, case.given.inputs), predict(model, case.given.inputs))


def resume(found: Cell, case: Case, name: str) -> Program:
    """Continue the training of a saved model, and compare the weights with those of uninterrupted training."""
    kind, builds_optimizer = RESUMED[name]
    yield "make"
    instances, path = case.instances(), Path(kind.file)
    uninterrupted = case.trained(instances)
    case.train(uninterrupted)
    expected = weights(uninterrupted)
    model = case.trained(instances)
    yield "save"
    with _noted(found):
        kind.write(model, path)
    found |= {"saved": True, "bytes": _size(path)}
    yield "load"
    # Otherwise the random layers of the loaded model would be seeded by chance.
    keras.utils.set_random_seed(case.seed)
    with _noted(found):
        if kind.takes_code:
            again: Any = instances.make(case.style)
            if builds_optimizer:
                again.optimizer.build(again.trainable_variables)
            again.load_weights(path)
        else:
            again = kind.read(path, _code(case, type(model)))
    found |= {"loaded": True, "built": _is_built(again), "optimizer": _optimizer(model, again)}
    yield "compare"
    case.train(again)
    found |= _difference(_flat(weights(again)), _flat(expected))


# Name: the function that makes the copy.
COPIES: dict[str, Callable[[Any, Code], Any]] = {
    "to_json": lambda model, code: keras.models.model_from_json(model.to_json(), custom_objects=code.classes),
    "get_config": lambda model, code: type(model).from_config(model.get_config()),
    "clone_model": lambda model, code: keras.models.clone_model(model),
    # This process wrote the data a moment ago.
    "pickle": lambda model, code: pickle.loads(pickle.dumps(model)),  # noqa: S301
    "deepcopy": lambda model, code: copy.deepcopy(model),
}
WHOLE_COPIES = ("pickle", "deepcopy")
# Name: the format, and whether the optimizer gets its variables before it is loaded.
RESUMED = {
    ".keras": (FORMATS[".keras"], False),
    ".weights.h5": (FORMATS[".weights.h5, built"], False),
    ".weights.h5, optimizer built": (FORMATS[".weights.h5, built"], True),
}


@contextmanager
def _noted(found: Cell) -> Iterator[None]:
    """Record the warnings of an operation, even if it ends with an error."""
    messages: list[str] = []
    try:
        with collect_warnings() as messages:
            yield
    finally:
        found["warnings"] = list(dict.fromkeys([*found.get("warnings", []), *messages]))


def _timed(action: Callable[[], object], target: Path | None = None) -> float:
    """Return the seconds of `action`; files that it would overwrite are removed before."""
    if target and target.is_dir():
        shutil.rmtree(target)
    elif target:
        target.unlink(missing_ok=True)
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _code(case: Case, made: type) -> Code:
    """Return the code of a style; its class is passed to the loader, registered or not."""
    module = vars(sys.modules[made.__module__]) if made.__module__.partition(".")[0] != "keras" else {}
    own = {name: kind for name, kind in module.items() if isinstance(kind, type) and kind.__module__ == made.__module__}
    return Code(case.construct, case.instances().build, own)


def _is_built(model: Model) -> bool | None:
    return bool(model.weights) if isinstance(model, keras.Model) else None


def _optimizer(model: Any, loaded: Any) -> str:
    """Return whether a loaded model has the state of its optimizer: equal, different or none."""
    own, other = ([np.asarray(value) for value in _variables(each)] for each in (model, loaded))
    # Before the first step, there are the rate and the number of steps, but no state.
    if len(other) < len(own):
        return "none"
    return "equal" if all(map(np.array_equal, own, other)) else "different"


def _variables(model: Any) -> list[Any]:
    return list(model.optimizer.variables) if getattr(model, "optimizer", None) else []


def _flat(values: Mapping[str, Any]) -> Any:
    return np.concatenate([values[name].ravel() for name in sorted(values)])


def _difference(found: Any, expected: Any) -> dict[str, Any]:
    if found.shape != expected.shape or not (np.isfinite(found).all() and np.isfinite(expected).all()):
        # There is no number for the difference of these.
        return {"bit_equal": bool(np.array_equal(found, expected, equal_nan=True))}
    apart = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    return {
        "bit_equal": bool(np.array_equal(found, expected)),
        "largest": float(apart.max()),
        "mean": float(apart.mean()),
    }
