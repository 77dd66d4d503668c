"""Which trials run together in one job, and which of these jobs are done.

The start of a process, and on a cluster of a job, takes longer than many a trial: so trials of one probe in one
environment run one after the other until they fill a job (measured/run_batch.py). A record does not tell which batch it
came from, and a batch counts as done if, and only if, each of its trials has a record that counts (plan.py).
"""

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, groupby
from pathlib import Path

from twinproof.base.errors import UserError
from twinproof.base.files import checksums, write_if_changed, write_whole
from twinproof.base.reading import ReadingError, read_json
from twinproof.pipeline.estimates import Estimates
from twinproof.study.params import Params, read_params
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial

# As `batches` names them.
BATCH = re.compile(r"([^/]+)/([a-z]+)-(?:0|[1-9][0-9]*)")

Batches = dict[str, list[Trial]]


def batches(trials: Iterable[Trial], estimates: Estimates, seconds: float) -> Batches:
    """Return the trials that run in batches of about this many seconds each, by the name of their batch.

    One that takes longer has a batch of its own.
    """
    found: Batches = {}
    for (environment, probe), alike in groupby(sorted(trials, key=_kind), key=_kind):
        own = list(alike)
        ends, total = [], 0.0
        for trial in own:
            total += estimates.trial(trial).seconds
            ends.append(total)
        # Of equal length, as far as that goes: the last one is not the shortest.
        count = max(1, min(len(own), math.ceil(total / seconds)))
        numbers = [min(count - 1, int(end * count / (total or 1) - 1e-9)) for end in ends]
        for number, (_, chunk) in enumerate(groupby(zip(numbers, own, strict=True), key=lambda pair: pair[0])):
            found[f"{environment}/{probe}-{number}"] = [trial for _, trial in chunk]
    return found


def present_schedule(trials: Iterable[Trial], estimates: Estimates, seconds: float, results: Path) -> Batches:
    """Return the batches that were written last if they are of these trials and were to take as long, else new ones."""
    # Timing has the machine to itself, one process at a time.
    together = [trial for trial in trials if trial.probe != Probe.TIMING]
    former, schedule = _read(results)
    if former == seconds and Counter(chain(*schedule.values())) == Counter(together):
        return schedule
    return batches(together, estimates, seconds)


def write_schedule(schedule: Batches, seconds: float, results: Path) -> None:
    """Write which batches there are, for every process of a run to read, and mark those that are done."""
    named = {name: [trial.name for trial in own] for name, own in schedule.items()}
    write_if_changed(_file(results), json.dumps({"seconds": seconds, "batches": named}, indent=1) + "\n")
    marks = {mark(results, name): own for name, own in schedule.items()}
    for path in Results(results).batches.rglob("*.done"):
        if path not in marks:
            path.unlink()
    for path, own in marks.items():
        paths = [Results(results).record(trial) for trial in own]
        if not all(record.exists() for record in paths):
            path.unlink(missing_ok=True)
        elif (last := newer(path, paths)) is not None:
            # What is in it changes with the records: Snakemake takes a file for changed only if its content is, too.
            write_whole(path, sums(results, own))
            # As old as the last of its records: what is made from them is newer.
            changed = last.stat().st_mtime_ns
            os.utime(path, ns=(changed, changed))


def read_schedule(results: Path) -> Batches:
    """Return the batches that were written last.

    Raises
    ------
    UserError
        If they cannot be read.
    """
    seconds, schedule = _read(results)
    if seconds:
        return schedule
    raise UserError(
        f"{_file(results)}: missing or not readable, though a run of this study is going on (.snakemake/locks); "
        "if none is, `snakemake --unlock` and start again"
    )


def going_on(results: Path) -> Params | None:
    """Return the parameters of the run of this study that holds Snakemake's lock, if one does: all goes by its plan.

    Without that plan there is nothing to go by, and nobody does: a lock that was left behind can then be taken away.
    """
    study = Results(results).params
    if not any(str(study) in lock.read_text().splitlines() for lock in Path(".snakemake/locks").glob("*.lock")):
        return None
    try:
        read_schedule(results)
        return read_params(study)
    except UserError:
        return None


def _read(results: Path) -> tuple[float, Batches]:
    """Return how many seconds a batch was to take, and the batches; 0 and none if they cannot be read."""
    try:
        written = read_json(_file(results))
        schedule = {name: [_trial(name, one) for one in own] for name, own in written["batches"].items()}
        return float(written["seconds"]), schedule
    except (ReadingError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return 0.0, {}


def _trial(batch: str, name: str) -> Trial:
    """Return the trial of a batch that is written by its name."""
    of_batch = BATCH.fullmatch(batch)
    if of_batch is None:
        raise ValueError(f"{batch}: no name of a batch")
    return Trial.from_name(of_batch[1], of_batch[2], name)


def mark(results: Path, name: str) -> Path:
    """Return the file that is there if a batch is done."""
    return Results(results).mark(name)


def sums(results: Path, trials: Iterable[Trial]) -> str:
    """Return what the mark of a batch of these trials holds."""
    return checksums(Results(results).trials, (trial.path for trial in trials))


def newer(path: Path, records: Iterable[Path]) -> Path | None:
    """Return the last of a batch's records if its mark is not as new as that or not there, else None."""
    last = max(records, key=lambda record: record.stat().st_mtime_ns)
    marked = _changed(path)
    return last if marked is None or marked < last.stat().st_mtime_ns else None


def _kind(trial: Trial) -> tuple[str, str]:
    return trial.environment, trial.probe


def _file(results: Path) -> Path:
    return Results(results).schedule


def _changed(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
