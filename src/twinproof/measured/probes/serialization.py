"""What survives saving and copying?

Every style of the twin, including the subclass as people first write it, is saved and loaded in every format, in the
process that trained it and in new ones, with and without its code; copied; saved before it is built; and trained
further after loading. Each of these runs in its own process.

If the twin has its class with each set of the ingredients of care, the operations that depend on the class are done
with each of these too: once, without training.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras

from twinproof.base.styles import Style
from twinproof.measured.probes import Outcome, StyleResult
from twinproof.measured.probes.apart import Apart, Ended
from twinproof.measured.probes.formats import FORMATS
from twinproof.measured.probes.instances import shuffled
from twinproof.measured.probes.operations import (
    COPIES,
    RESUMED,
    STEPS,
    Case,
    Cell,
    carry_out,
    copied,
    keep_unbuilt,
    load_with_code,
    load_without_code,
    resume,
    save_and_load,
)
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset
from twinproof.study.settings import SerializationSettings

# Where a file is read; "code at hand" means that the module of the twin can be imported.
SAME, WITH_CODE, WITHOUT_CODE = "same process", "fresh process, code at hand", "fresh process, no code"
# Modules next to a twin's module that are not part of its code.
_HARNESS = ("twinproof.measured.twins", "__main__", "__mp_main__")
UNBUILT = (".keras", ".weights.h5, built", "SavedModel")
# The formats that depend on the ingredients of a class. In the others, weights are loaded into a built model, or an
# exported model has no class.
ASKING = (".keras", ".h5", ".weights.h5, unbuilt")

Operation = Callable[[], list[Cell]]


def run(twin: Twin, data: Dataset, seed: int, settings: SerializationSettings) -> Outcome:
    """Do every operation on every style of the twin."""
    order = shuffled(twin.styles, seed)
    apart = Apart(settings.time_limit, twin.files)
    given = twin.task.given(data.train.rows(slice(settings.images)), data.classes)
    # Sent to every process.
    alone = replace(twin, classes={})

    def case(twin: Twin, style: str, steps: int = STEPS) -> Case:
        return Case(twin, style, seed, given, steps)

    results: dict[str, dict[str, Any]] = {
        style: {"cells": _carried_out(_operations(case(alone, style), apart, settings.repeats))} for style in order
    }
    if twin.classes:
        results[Style.SUBCLASSED]["ingredients"] = [
            {
                "with": list(which),
                "cells": _carried_out(_asking(case(_written_as(alone, make), Style.SUBCLASSED, 0), apart)),
            }
            for which, make in twin.classes.items()
        ]
    styles: dict[str, StyleResult] = {style: {"status": "ok", "result": result} for style, result in results.items()}
    return Outcome(order, styles)


def _written_as(twin: Twin, make: Callable[[], keras.Model]) -> Twin:
    """Return the twin with another class, and functional, which gives the weights."""
    functional = twin.builders[Style.FUNCTIONAL]
    return replace(twin, builders={Style.FUNCTIONAL: functional, Style.SUBCLASSED: make}, naive=None)


def _carried_out(operations: Iterable[Operation]) -> list[Cell]:
    # Collect all before the first is done.
    return [cell for operation in list(operations) for cell in operation()]


def _operations(case: Case, apart: Apart, repeats: int) -> Iterator[Operation]:
    for name in FORMATS:
        yield partial(_keep, case, apart, name, repeats)
    yield from _in_memory_and_unbuilt(case, apart)
    for name in RESUMED:
        yield partial(_one, apart, f"resumed: {name}", resume, case, name)


def _asking(case: Case, apart: Apart) -> Iterator[Operation]:
    for name in ASKING:
        yield partial(_keep, case, apart, name, 1)
    yield from _in_memory_and_unbuilt(case, apart)


def _in_memory_and_unbuilt(case: Case, apart: Apart) -> Iterator[Operation]:
    for name in COPIES:
        yield partial(_one, apart, f"copy: {name}", copied, case, name)
    for name in UNBUILT:
        operation = f"saved unbuilt: {name}"
        if lacking := FORMATS[name].lacking():
            yield partial(list, [_cell(operation, SAME, {"lacking": lacking})])
        else:
            yield partial(_one, apart, operation, keep_unbuilt, case, name)


def _keep(case: Case, apart: Apart, name: str, repeats: int) -> list[Cell]:
    """Save and load here, and load the saved model in new processes."""
    kind = FORMATS[name]
    places = [SAME, WITH_CODE] if kind.takes_code else [SAME, WITH_CODE, WITHOUT_CODE]
    if lacking := kind.lacking():
        return [_cell(name, place, {"lacking": lacking}) for place in places]
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        path = Path(folder) / kind.file
        saved = apart.run(carry_out, save_and_load, case, name, path, repeats)
        expected = (saved["result"] or {}).pop("expected", None)
        cells = [_cell(name, SAME, _found(saved))]
        for place in places[1:]:
            if expected is None:
                # A model that could not be saved, or was lost when its process ended, cannot be loaded elsewhere.
                cells.append(_cell(name, place, _found(saved)))
                continue
            if place == WITH_CODE:
                loaded = apart.run(carry_out, load_with_code, case, name, path, expected)
            else:
                loaded = apart.run(
                    carry_out, load_without_code, _modules(case), name, path, case.given.inputs, expected
                )
            cells.append(_cell(name, place, {"saved": True, "bytes": cells[0]["bytes"], **_found(loaded)}))
    return cells


def _modules(case: Case) -> list[str]:
    """Return the modules of the styles, and their own modules next to them."""
    own = {getattr(build, "func", build).__module__ for build in case.twin.styles.values()}
    roots = {Path(file).parent for name in own if (file := sys.modules[name].__file__)}
    beside = {
        name
        for name, module in list(sys.modules.items())
        if (file := getattr(module, "__file__", None)) and Path(file).parent in roots and name not in _HARNESS
    }
    return sorted(own | beside)


def _one(apart: Apart, name: str, operation: Callable[..., Any], *arguments: Any) -> list[Cell]:
    return [_cell(name, SAME, _found(apart.run(carry_out, operation, *arguments)))]


def _found(ended: Ended) -> dict[str, Any]:
    """Return what an operation found, or how its process ended if that is all there is."""
    return dict(ended["result"]) if ended["result"] else {"error": ended["error"]}


def _cell(operation: str, place: str, found: Mapping[str, Any]) -> Cell:
    """Return a cell of the record, with all its keys."""
    empty = {
        "lacking": [], "saved": False, "loaded": False, "built": None, "bit_equal": None, "largest": None,
        "mean": None, "optimizer": None, "bytes": None, "save_seconds": [], "load_seconds": [], "step": None,
        "error": None, "warnings": [],
    }  # fmt: skip
    return {"operation": operation, "place": place, **empty, **found}
