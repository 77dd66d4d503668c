"""What can be inspected and changed in a model of each style, and when are mistakes caught?

Every check is done on a model that was just constructed, and on one that is built; every fault of the catalogue is
planted. Each runs in its own process. The control is the program of the faults without a fault: its warnings do not
count.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import keras

from twinproof.base.words import Stage
from twinproof.measured import faults
from twinproof.measured.backend import NotAvailableError
from twinproof.measured.faults.usual import use
from twinproof.measured.probes import Outcome, StyleResult
from twinproof.measured.probes.apart import Apart, collect_warnings
from twinproof.measured.probes.checks import CHECKS, Subject
from twinproof.measured.probes.instances import Instances, shuffled
from twinproof.measured.probes.steps import follow
from twinproof.measured.task import Given
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset
from twinproof.study.settings import IntrospectionSettings

CONSTRUCTED, BUILT = "constructed", "built"
BATCHES = 3

Cell = dict[str, Any]


class Case(NamedTuple):
    """A style of a twin, and some batches of examples."""

    twin: Twin
    style: str
    seed: int
    given: Given
    batch_size: int


def run(twin: Twin, data: Dataset, seed: int, settings: IntrospectionSettings) -> Outcome:
    """Do every check and plant every fault in each style."""
    order = shuffled(twin.builders, seed)
    apart = Apart(settings.time_limit, twin.files)
    given = twin.task.given(data.train.rows(slice(BATCHES * settings.batch_size)), data.classes)
    styles: dict[str, StyleResult] = {}
    for style in order:
        case = Case(twin, style, seed, given, settings.batch_size)
        found: dict[str, list[Cell]] = {"checks": [], "faults": []}
        for kind, measure in list(_cells(case, apart)):
            found[kind].append(measure())
        styles[style] = {"status": "ok", "result": {**found, "control": _planted(case, apart, None)}}
    return Outcome(order, styles)


def _cells(case: Case, apart: Apart) -> Iterator[tuple[str, Callable[[], Cell]]]:
    for name in CHECKS:
        for when in (CONSTRUCTED, BUILT):
            yield "checks", partial(_check, case, apart, name, when)
    # Faults in the use of a model need flat images and their classes.
    for name in faults.names(case.twin.name, everywhere=case.twin.task.is_usual):
        fault = faults.load(case.twin.name, name)
        if fault.is_possible(case.style):
            yield "faults", partial(_plant, case, apart, fault)


def _check(case: Case, apart: Apart, name: str, when: str) -> Cell:
    check, known = CHECKS[name], case.twin.known
    ended = apart.run(_do_check, case, name, when)
    error = ended["error"]
    return {
        "check": name,
        "mechanism": check.mechanism,
        "when": when,
        "value": ended["result"],
        "expected": None if known is None else check.right(known, _subject(case, when)),
        "error": error,
        "warnings": ended["warnings"],
        "available": not error or error["type"] != NotAvailableError.__name__,
    }


def _do_check(case: Case, name: str, when: str) -> Any:
    """Run in the other process: make the model and check it."""
    keras.utils.set_random_seed(case.seed)
    return CHECKS[name].look(_subject(case, when))


def _subject(case: Case, when: str) -> Subject:
    build = Instances(case.twin, case.given.inputs, case.seed).build
    return Subject(_builder(case), build, when == BUILT, case.twin.task, case.given, case.batch_size)


def _plant(case: Case, apart: Apart, fault: faults.Fault) -> Cell:
    planted = _planted(case, apart, fault.name)
    error = planted["error"]
    messages = [error["message"]] if error else [warning["message"] for warning in planted["warnings"]]
    return {
        "fault": fault.name,
        "title": fault.title,
        "mechanism": fault.mechanism,
        "about_style": fault.about_style,
        "references": list(fault.references),
        **planted,
        "names_culprit": fault.is_named_by(messages) if messages else None,
    }


def _planted(case: Case, apart: Apart, name: str | None) -> Cell:
    """Return the stage of the error, if there is one, and the warnings with the stage of each."""
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        begun = Path(folder) / "begun"
        begun.write_text(Stage.CONSTRUCT)
        ended = apart.run(_do_plant, case, name, begun)
        # For a process that died, only the stage that it had reached is known.
        found = ended["result"] or {"error": ended["error"], "warnings": []}
        stage = begun.read_text() if found["error"] else Stage.NEVER
    return {"stage": stage, **found}


def _do_plant(case: Case, name: str | None, begun: Path) -> Cell:
    """Run in the other process: make the mistake, or without a name none; return the warnings and the error."""
    keras.utils.set_random_seed(case.seed)
    if name is None:
        program = use(_builder(case), case.given.inputs, case.given.targets, task=case.twin.task)
    else:
        fault = faults.load(case.twin.name, name)
        program = fault.program(case.style, _builder(case), case.given.inputs, case.given.targets)
    said: list[dict[str, str]] = []
    error = follow(_noting(program, begun, said))["error"]
    return {"error": error, "warnings": said}


def _noting(program: faults.Program, begun: Path, said: list[dict[str, str]]) -> Generator[str, None, None]:
    """Continue a program; each of its stages is recorded, with its warnings, where it outlives this process."""
    stage: str | None = Stage.CONSTRUCT
    while stage is not None:
        messages: list[str] = []
        try:
            with collect_warnings() as messages:
                following = next(program, None)
        finally:
            said += [{"stage": str(stage), "message": message} for message in dict.fromkeys(messages)]
        stage = following
        if stage is not None:
            begun.write_text(stage)
            yield stage


def _builder(case: Case) -> Callable[[], keras.Model]:
    return case.twin.builders[case.style]
