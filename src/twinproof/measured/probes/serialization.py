"""What survives saving and copying?

Every style of the twin, including the subclass as people first write it, is saved and loaded in every format, in the
process that trained it and in new ones, with and without its code; copied; saved before it is built; and trained
further after loading. Each of these runs in its own process.

If the twin has its class with each set of the ingredients of care, the operations that depend on the class are done
with each of these too: once, without training, and in as few processes as what they show allows.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from twinproof.base.styles import Style
from twinproof.measured.probes import Outcome, StyleResult
from twinproof.measured.probes.apart import Apart, Ended, Job
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
    start_of,
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

# Runs operations, and returns how each ended.
Run = Callable[[Mapping[str, Job]], dict[str, Ended]]


def run(twin: Twin, data: Dataset, seed: int, settings: SerializationSettings) -> Outcome:
    """Do every operation on every style of the twin."""
    order = shuffled(twin.styles, seed)
    apart = Apart(settings.time_limit, twin.files)
    given = twin.task.given(data.train.rows(slice(settings.images)), data.classes)
    # Sent to every process.
    alone = replace(twin, classes={})

    start = apart.run(start_of, Case(alone, order[0], seed, given))["result"]

    def case(twin: Twin, style: str, steps: int = STEPS) -> Case:
        return Case(twin, style, seed, given, steps, start)

    results: dict[str, dict[str, Any]] = {
        style: {"cells": _cells(case(alone, style), apart, settings.repeats)} for style in order
    }
    if twin.classes:
        results[Style.SUBCLASSED]["ingredients"] = [
            {"with": list(which), "cells": _asking(case(_written_as(alone, make), Style.SUBCLASSED, 0), apart)}
            for which, make in twin.classes.items()
        ]
    styles: dict[str, StyleResult] = {style: {"status": "ok", "result": result} for style, result in results.items()}
    return Outcome(order, styles)


def _written_as(twin: Twin, make: Callable[[], keras.Model]) -> Twin:
    """Return the twin with another class, and functional, which gives the weights."""
    functional = twin.builders[Style.FUNCTIONAL]
    return replace(twin, builders={Style.FUNCTIONAL: functional, Style.SUBCLASSED: make}, naive=None)


def _cells(case: Case, apart: Apart, repeats: int) -> list[Cell]:
    """Do everything, each operation in its own process."""
    run = apart.run_each
    resumed = run({name: Job(carry_out, (resume, case, name)) for name in RESUMED})
    return [
        *_kept(case, apart, run, FORMATS, repeats),
        *_in_memory_and_unbuilt(case, run),
        *(_cell(f"resumed: {name}", SAME, _found(ended)) for name, ended in resumed.items()),
    ]


def _asking(case: Case, apart: Apart) -> list[Cell]:
    """Do what depends on a class; operations share processes, because there are many classes."""
    run = apart.run_shared
    return [*_kept(case, apart, run, ASKING, 1), *_in_memory_and_unbuilt(case, run)]


def _in_memory_and_unbuilt(case: Case, run: Run) -> list[Cell]:
    lacking = {name: FORMATS[name].lacking() for name in UNBUILT}
    jobs = {f"copy: {name}": Job(carry_out, (copied, case, name)) for name in COPIES} | {
        f"saved unbuilt: {name}": Job(carry_out, (keep_unbuilt, case, name)) for name in UNBUILT if not lacking[name]
    }
    found = {operation: _found(ended) for operation, ended in run(jobs).items()}
    found |= {f"saved unbuilt: {name}": {"lacking": packages} for name, packages in lacking.items() if packages}
    return [_cell(operation, SAME, each) for operation, each in found.items()]


def _kept(case: Case, apart: Apart, run: Run, names: Iterable[str], repeats: int) -> list[Cell]:
    """Save and load in one process, and load the saved models in new ones."""
    lacking = {name: FORMATS[name].lacking() for name in names}
    found: dict[str, dict[str, Mapping[str, Any]]] = {
        name: {place: {"lacking": packages} for place in _places(name)} for name, packages in lacking.items()
    }
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        paths = {}
        for number, name in enumerate(name for name, packages in lacking.items() if not packages):
            paths[name] = Path(folder) / str(number) / FORMATS[name].file
            paths[name].parent.mkdir()
        saved = run({name: Job(carry_out, (save_and_load, case, name, path, repeats)) for name, path in paths.items()})
        expected = {name: (ended["result"] or {}).pop("expected", None) for name, ended in saved.items()}
        for name, ended in saved.items():
            # A model that could not be saved, or was lost when its process ended, cannot be loaded elsewhere.
            found[name] = {place: _found(ended) for place in _places(name)}
        there = {name: path for name, path in paths.items() if expected[name] is not None}
        with_code = run(
            {name: Job(carry_out, (load_with_code, case, name, path, expected[name])) for name, path in there.items()}
        )
        # Each in its own process, which must not know the code.
        without_code = apart.run_each(
            {
                name: Job(carry_out, (load_without_code, _modules(case), name, path, case.given.inputs, expected[name]))
                for name, path in there.items()
                if WITHOUT_CODE in _places(name)
            }
        )
        for place, loaded in {WITH_CODE: with_code, WITHOUT_CODE: without_code}.items():
            for name, ended in loaded.items():
                found[name][place] = {"saved": True, "bytes": found[name][SAME]["bytes"], **_found(ended)}
    return [_cell(name, place, each) for name, places in found.items() for place, each in places.items()]


def _places(name: str) -> list[str]:
    """Return where the files of a format are read."""
    return [SAME, WITH_CODE] if FORMATS[name].takes_code else [SAME, WITH_CODE, WITHOUT_CODE]


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
