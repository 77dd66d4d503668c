"""What becomes of a model that is kept and used again?

Every way of writing the twin, also the subclass as one writes it at first, is saved and loaded in every format, in the
process that trained it and in fresh ones, with its code at hand and without; copied; saved before it is built; and
trained on after a break. Each of these runs in a process of its own.
"""

import copy
import importlib.util
import pickle
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np

from twinproof.data import Dataset
from twinproof.probes import Outcome
from twinproof.probes.apart import Apart, heard
from twinproof.probes.formats import FORMATS, Code, Format, Model, predict
from twinproof.probes.instances import Instances, shuffled, weights
from twinproof.probes.steps import follow
from twinproof.twins import Twin

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Where a file is read; "code at hand" is: the module that writes the twin can be imported.
SAME, WITH_CODE, WITHOUT_CODE = "same process", "fresh process, code at hand", "fresh process, no code"
# What may lie beside a twin's module and is none of its code.
_HARNESS = ("twinproof.twins", "__main__", "__mp_main__")
UNBUILT = (".keras", ".weights.h5, built", "SavedModel")
STEPS = 3

Cell = dict[str, Any]


class Case(NamedTuple):
    """One way of writing a twin, and the same images for every operation on it."""

    twin: Twin
    way: str
    seed: int
    images: "NDArray[np.float32]"
    labels: "NDArray[np.float32]"

    def instances(self) -> Instances:
        """Return the maker of comparable instances of every way."""
        return Instances(Twin(self.twin.name, self.twin.ways), self.images.shape[1], self.seed)

    def construct(self) -> keras.Model:
        """Return a new instance as the way's function makes it."""
        return self.twin.ways[self.way]()

    def trained(self, instances: Instances) -> keras.Model:
        """Return an instance after the first steps of its training."""
        model = instances.make(self.way)
        self.train(model)
        return model

    def train(self, model: Any) -> None:
        """Take some steps of training, always on the same images in the same order."""
        for part in range(STEPS):
            model.train_on_batch(self.images[part::STEPS], self.labels[part::STEPS])


def run(
    twin: Twin, data: Dataset, seed: int, settings: dict[str, Any], progress: Callable[[float, str], None]
) -> Outcome:
    """Do every operation on every way of the twin; `settings` has images, repeats and time_limit."""
    order = shuffled(twin.ways, seed)
    apart = Apart(settings["time_limit"])
    count = settings["images"]
    labels = keras.utils.to_categorical(data.train.labels[:count], data.classes)
    ways = {}
    for done, way in enumerate(order):
        case = Case(twin, way, seed, data.train.images[:count], labels)
        cells = []
        planned = list(_operations(case, apart, settings["repeats"]))
        for number, operation in enumerate(planned):
            progress((done + number / len(planned)) / len(order), way)
            cells += operation()
        ways[way] = {"status": "ok", "result": {"cells": cells}}
    return Outcome(order, ways)


def _operations(case: Case, apart: Apart, repeats: int) -> Generator[Callable[[], list[Cell]], None, None]:
    for name in FORMATS:
        yield partial(_keep, case, apart, name, repeats)
    for name in COPIES:
        yield partial(_one, apart, f"copy: {name}", _copy, case, name)
    for name in UNBUILT:
        yield partial(_one, apart, f"saved unbuilt: {name}", _keep_unbuilt, case, name)
    for name in RESUMED:
        yield partial(_one, apart, f"resumed: {name}", _resume, case, name)


def _keep(case: Case, apart: Apart, name: str, repeats: int) -> list[Cell]:
    """Save and load here, and load what was saved in fresh processes."""
    kind = FORMATS[name]
    places = [SAME, WITH_CODE] if kind.takes_code else [SAME, WITH_CODE, WITHOUT_CODE]
    if lacking := [package for package in kind.packages if importlib.util.find_spec(package) is None]:
        return [_cell(name, place, {"lacking": lacking}) for place in places]
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        path = Path(folder) / kind.file
        saved = apart.run(done, _save_and_load, case, name, path, repeats)
        expected = (saved["result"] or {}).pop("expected", None)
        cells = [_cell(name, SAME, _found(saved))]
        for place in places[1:]:
            if expected is None:
                # What could not be saved cannot be loaded elsewhere; nor what a process took with it that ended.
                cells.append(_cell(name, place, _found(saved)))
                continue
            if place == WITH_CODE:
                loaded = apart.run(done, load_with_code, case, name, path, expected)
            else:
                loaded = apart.run(done, _load_without_code, _modules(case), name, path, case.images, expected)
            cells.append(_cell(name, place, {"saved": True, "bytes": cells[0]["bytes"], **_found(loaded)}))
    return cells


def _modules(case: Case) -> list[str]:
    """Return the modules in which the ways are written, and those of theirs that lie beside them."""
    own = {getattr(build, "func", build).__module__ for build in case.twin.ways.values()}
    roots = {Path(file).parent for name in own if (file := sys.modules[name].__file__)}
    beside = {
        name
        for name, module in list(sys.modules.items())
        if (file := getattr(module, "__file__", None)) and Path(file).parent in roots and name not in _HARNESS
    }
    return sorted(own | beside)


def _one(apart: Apart, name: str, operation: Callable[..., Any], *arguments: Any) -> list[Cell]:
    return [_cell(name, SAME, _found(apart.run(done, operation, *arguments)))]


def _found(ended: dict[str, Any]) -> dict[str, Any]:
    """Return what an operation found, or how its process ended if that is all there is."""
    return dict(ended["result"]) if ended["result"] else {"error": ended["error"]}


def _cell(operation: str, place: str, found: Mapping[str, Any]) -> Cell:
    """Return a cell of the record: every key of it, whatever was found."""
    empty = {
        "lacking": [], "saved": False, "loaded": False, "built": None, "bit_equal": None, "largest": None,
        "mean": None, "optimizer": None, "bytes": None, "save_seconds": [], "load_seconds": [], "step": None,
        "error": None, "warnings": [],
    }  # fmt: skip
    return {"operation": operation, "place": place, **empty, **found}


def done(program: Callable[..., Generator[str, None, None]], *arguments: Any) -> dict[str, Any]:
    """Follow a program to its end or its error; what it found until then is kept."""
    found: dict[str, Any] = {}
    ended = follow(program(found, *arguments))
    return {**found, "step": ended["step"], "error": ended["error"]}


def _save_and_load(found: Cell, case: Case, name: str, path: Path, repeats: int) -> Generator[str, None, None]:
    kind = FORMATS[name]
    yield "make"
    model = case.trained(case.instances())
    expected = predict(model, case.images)
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
    found |= _difference(predict(loaded, case.images), expected)
    if isinstance(loaded, keras.Model) and not kind.takes_code:
        found["optimizer"] = _optimizer(model, loaded)


def load_with_code(found: Cell, case: Case, name: str, path: Path, expected: Any) -> Generator[str, None, None]:
    """Load what another process saved, with the code at hand."""
    yield "make"
    code = _code(case, type(case.construct()))
    yield from _load(found, FORMATS[name], path, code, case.images, expected)


def _load_without_code(
    found: Cell, modules: list[str], name: str, path: Path, images: Any, expected: Any
) -> Generator[str, None, None]:
    """Load what another process saved where the modules that made it are not installed."""
    yield "make"
    for module in modules:
        if module in sys.modules:
            raise RuntimeError(f"{module} is known here already: this process is not without the code")
        sys.modules[module] = None  # type: ignore[assignment]  # the way to say so
    yield from _load(found, FORMATS[name], path, None, images, expected)


def _load(
    found: Cell, kind: Format, path: Path, code: Code | None, images: Any, expected: Any
) -> Generator[str, None, None]:
    yield "load"
    with _noted(found):
        loaded = kind.read(path, code)
    found |= {"loaded": True, "built": _is_built(loaded)}
    yield "compare"
    found |= _difference(predict(loaded, images), expected)


def _copy(found: Cell, case: Case, name: str) -> Generator[str, None, None]:
    """Copy a trained model in memory."""
    yield "make"
    instances = case.instances()
    model = case.trained(instances)
    expected = predict(model, case.images)
    yield "load"
    with _noted(found):
        copied = COPIES[name](model, _code(case, type(model)))
    found |= {"loaded": True, "built": _is_built(copied)}
    yield "compare"
    if name not in WHOLE_COPIES:
        # A copy of the configuration has no weights of its own to compare.
        instances.build(copied)
        copied.set_weights(model.get_weights())
    found |= _difference(predict(copied, case.images), expected)


def _keep_unbuilt(found: Cell, case: Case, name: str) -> Generator[str, None, None]:
    """Save a model before it has been called; then build it and what is loaded, and compare the two."""
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
    found |= _difference(predict(loaded, case.images), predict(model, case.images))


def _resume(found: Cell, case: Case, name: str) -> Generator[str, None, None]:
    """Go on with the training of what was saved, and compare the weights with those of uninterrupted training."""
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
    # Else the random layers of what is loaded would be seeded by chance.
    keras.utils.set_random_seed(case.seed)
    with _noted(found):
        if kind.takes_code:
            again: Any = instances.make(case.way)
            if builds_optimizer:
                again.optimizer.build(again.trainable_variables)
            again.load_weights(path)
        else:
            again = kind.read(path, _code(case, type(model)))
    found |= {"loaded": True, "built": _is_built(again), "optimizer": _optimizer(model, again)}
    yield "compare"
    case.train(again)
    found |= _difference(_flat(weights(again)), _flat(expected))


# Name: what makes the copy.
COPIES: dict[str, Callable[[Any, Code], Any]] = {
    "to_json": lambda model, code: keras.models.model_from_json(model.to_json(), custom_objects=code.classes),
    "get_config": lambda model, code: type(model).from_config(model.get_config()),
    "clone_model": lambda model, code: keras.models.clone_model(model),
    # What is loaded is what this process wrote a moment ago.
    "pickle": lambda model, code: pickle.loads(pickle.dumps(model)),  # noqa: S301
    "deepcopy": lambda model, code: copy.deepcopy(model),
}
WHOLE_COPIES = ("pickle", "deepcopy")
# Name: the format, and whether the optimizer is given its variables before it is loaded.
RESUMED = {
    ".keras": (FORMATS[".keras"], False),
    ".weights.h5": (FORMATS[".weights.h5, built"], False),
    ".weights.h5, optimizer built": (FORMATS[".weights.h5, built"], True),
}


@contextmanager
def _noted(found: Cell) -> Iterator[None]:
    """Note what is said meanwhile, also if it ends with an error."""
    said: list[str] = []
    try:
        with heard() as said:
            yield
    finally:
        found["warnings"] = list(dict.fromkeys([*found.get("warnings", []), *said]))


def _timed(action: Callable[[], object], target: Path | None = None) -> float:
    """Return the seconds of `action`; what it would write over is removed before."""
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
    """Return the code of a way; its class is handed to whoever loads it, registered or not."""
    module = vars(sys.modules[made.__module__]) if made.__module__.partition(".")[0] != "keras" else {}
    own = {name: kind for name, kind in module.items() if isinstance(kind, type) and kind.__module__ == made.__module__}
    return Code(case.construct, case.instances().build, own)


def _is_built(model: Model) -> bool | None:
    return bool(model.weights) if isinstance(model, keras.Model) else None


def _optimizer(model: Any, loaded: Any) -> str:
    """Tell whether a loaded model has the state of its optimizer: equal, different or none."""
    own, other = ([np.asarray(value) for value in _variables(one)] for one in (model, loaded))
    # The rate and the number of steps are there before the first step, and no state.
    if len(other) < len(own):
        return "none"
    return "equal" if all(map(np.array_equal, own, other)) else "different"


def _variables(model: Any) -> list[Any]:
    return list(model.optimizer.variables) if getattr(model, "optimizer", None) else []


def _flat(values: Mapping[str, Any]) -> Any:
    return np.concatenate([values[name].ravel() for name in sorted(values)])


def _difference(found: Any, expected: Any) -> dict[str, Any]:
    if found.shape != expected.shape or not (np.isfinite(found).all() and np.isfinite(expected).all()):
        # There is no number for how far apart these are.
        return {"bit_equal": bool(np.array_equal(found, expected, equal_nan=True))}
    apart = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    return {
        "bit_equal": bool(np.array_equal(found, expected)),
        "largest": float(apart.max()),
        "mean": float(apart.mean()),
    }
