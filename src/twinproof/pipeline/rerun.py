"""Measures some trials again and compares the results with their records: `twinproof check --rerun N`.

Only bit-reproducible results can be compared: identity, learning and graph on a CPU, on a processor of the same kind.
This detects a forged record, which no digest can.
"""

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from twinproof.analysis.planned_trials import planned_trials
from twinproof.base.errors import UserError, shown
from twinproof.environments.environment import Environment
from twinproof.environments.processes import start
from twinproof.study.params import read_params
from twinproof.study.record import Record, read_record
from twinproof.study.results import Results
from twinproof.study.trial import Trial

DETERMINISTIC = ("identity", "learning", "graph")
LINES = 3


class Comparison(NamedTuple):
    """A record, and how it compares with a new measurement."""

    record: Path
    outcome: Literal["same", "DIFFERS", "unlike"]
    detail: str = ""


def rerun(
    results: Path, count: int, measure: "Callable[[Path, Trial, Path], None] | None" = None
) -> Iterator[Comparison]:
    """Measure `count` trials again, chosen at random from those that can be compared, and compare each.

    Raises
    ------
    UserError
        If no trial can be compared, or an environment is not installed.
    """
    measure = measure or _measure
    trials = {trial: record for trial in _candidates(results) if (record := _comparable(results, trial))}
    if not trials:
        *first, last = DETERMINISTIC
        raise UserError(
            f"{results}: no record of {', '.join(first)} or {last} on a CPU exists that could be measured again; "
            "`snakemake --cores all trials` measures them"
        )
    chosen = random.SystemRandom().sample(sorted(trials), min(count, len(trials)))
    for environment in sorted({trial.environment for trial in chosen}):
        if fault := Environment(environment).venv_fault():
            raise UserError(
                f"{environment}: its venv is {fault}; "
                f"`snakemake --cores 2 {Environment(environment).venv_mark}` installs it"
            )
    for trial in chosen:
        place = Results(results).record(trial)
        with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
            other = Path(folder) / "record.json"
            try:
                measure(results, trial, other)
                yield _compare(place, trials[trial], read_record(other))
            except UserError as error:
                yield Comparison(place, "DIFFERS", f"it cannot be measured again: {error}")


def _candidates(results: Path) -> list[Trial]:
    return [
        trial for trial in planned_trials(read_params(Results(results).params), results) if trial.probe in DETERMINISTIC
    ]


def _comparable(results: Path, trial: Trial) -> Record | None:
    """Return the record of a trial, None if it cannot be compared; `check` reports what is wrong with it."""
    try:
        record = read_record(Results(results).record(trial))
    except UserError:
        return None
    return record if record["machine"]["device"] == "CPU" else None


def _measure(results: Path, trial: Trial, output: Path) -> None:
    options = {**trial._asdict(), "params": Results(results).params, "output": output}
    done = start(
        trial.environment,
        "-m",
        "twinproof.measured.run_trial",
        *(f"--{name}={value}" for name, value in options.items()),
    )
    if done.returncode:
        raise UserError(" ".join(done.stderr.split("\n")[-LINES - 1 :]).strip() or f"exit status {done.returncode}")


def _compare(place: Path, kept: Record, again: Record) -> Comparison:
    if kept["protocol"] != again["protocol"]:
        return Comparison(place, "unlike", "measured under another protocol")
    difference = next(_differences(kept["styles"], again["styles"], "styles"), None)
    if difference is None:
        return Comparison(place, "same")
    processors = [record["machine"]["processor"] for record in (kept, again)]
    if processors[0] != processors[1]:
        return Comparison(place, "unlike", f"measured on {shown(processors[0])}, and here is {shown(processors[1])}")
    return Comparison(place, "DIFFERS", difference)


def _differences(kept: Any, again: Any, place: str) -> Iterator[str]:
    """Yield the differences between two results, except in the time that they took."""
    if isinstance(kept, dict) and isinstance(again, dict):
        for key in sorted({*kept, *again} - {"seconds"}):
            yield from _differences(kept.get(key), again.get(key), f"{place}.{key}")
    elif isinstance(kept, list) and isinstance(again, list) and len(kept) == len(again):
        for number, (old, new) in enumerate(zip(kept, again, strict=True)):
            yield from _differences(old, new, f"{place}.{number}")
    elif kept != again:
        yield f"{place}: {shown(kept)} in the record, {shown(again)} now"
