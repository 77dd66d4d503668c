"""Which trials run together in a job, and which of these jobs are done.

Starting a process, or a job on a cluster, takes longer than many trials, so trials of one probe in one environment
run in sequence until they fill a job (measured/run_batch.py). A record does not name its batch. A batch is done if, and
only if, each of its trials has a record that counts (counting.py).
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

# A name that `batches` gives.
BATCH = re.compile(r"([^/]+)/([a-z]+)-(?:0|[1-9][0-9]*)")

Batches = dict[str, list[Trial]]


def batches(trials: Iterable[Trial], estimates: Estimates, seconds: float) -> Batches:
    """Divide trials into batches of about `seconds` each, and return them by the name of their batch.

    A trial that takes longer has its own batch.
    """
    result: Batches = {}
    for (environment, probe), group in groupby(sorted(trials, key=_kind), key=_kind):
        members = list(group)
        ends, total = [], 0.0
        for trial in members:
            total += estimates.trial(trial).seconds
            ends.append(total)
        # Batches of about equal length, rather than full ones and a short last one.
        count = max(1, min(len(members), math.ceil(total / seconds)))
        numbers = [min(count - 1, int(end * count / (total or 1) - 1e-9)) for end in ends]
        for number, (_, chunk) in enumerate(groupby(zip(numbers, members, strict=True), key=lambda pair: pair[0])):
            result[f"{environment}/{probe}-{number}"] = [trial for _, trial in chunk]
    return result


def present_schedule(trials: Iterable[Trial], estimates: Estimates, seconds: float, results: Path) -> Batches:
    """Return the batches that were written last if they have these trials and this length, otherwise new ones."""
    # Timing has the machine to itself, one process at a time.
    together = [trial for trial in trials if trial.probe != Probe.TIMING]
    former, schedule = _read(results)
    if former == seconds and Counter(chain(*schedule.values())) == Counter(together):
        return schedule
    return batches(together, estimates, seconds)


def write_schedule(schedule: Batches, seconds: float, results: Path) -> None:
    """Write the batches, for every process of a run to read, and mark those that are done."""
    named = {name: [trial.name for trial in own] for name, own in schedule.items()}
    write_if_changed(_path(results), json.dumps({"seconds": seconds, "batches": named}, indent=1) + "\n")
    marks = {mark(results, name): own for name, own in schedule.items()}
    for path in Results(results).batches.rglob("*.done"):
        if path not in marks:
            path.unlink()
    for path, own in marks.items():
        paths = [Results(results).record(trial) for trial in own]
        if not all(record.exists() for record in paths):
            path.unlink(missing_ok=True)
        elif (last := newer(path, paths)) is not None:
            # The content changes with the records: Snakemake ignores a new modification time with the same content.
            write_whole(path, sums(results, own))
            # The time of its last record: files made from the records must be newer.
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
        f"{_path(results)}: missing or not readable, although a run of this study is in progress (.snakemake/locks); "
        "if there is none, run `snakemake --unlock` and start again"
    )


def read_current_params(results: Path) -> Params | None:
    """Return the parameters of the run of this study that holds Snakemake's lock, None if there is no such run.

    Everything follows the plan of that run. Without a readable plan, the lock is ignored, so that a stale lock can be
    removed.
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
    """Return the target duration of a batch in seconds, and the batches; 0 and none if they cannot be read."""
    try:
        written = read_json(_path(results))
        schedule = {name: [_trial(name, trial) for trial in own] for name, own in written["batches"].items()}
        return float(written["seconds"]), schedule
    except (ReadingError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return 0.0, {}


def _trial(batch: str, name: str) -> Trial:
    """Return a trial by its batch and its name."""
    of_batch = BATCH.fullmatch(batch)
    if of_batch is None:
        raise ValueError(f"{batch}: not the name of a batch")
    return Trial.from_name(of_batch[1], of_batch[2], name)


def mark(results: Path, name: str) -> Path:
    """Return the file that exists if a batch is done."""
    return Results(results).mark(name)


def sums(results: Path, trials: Iterable[Trial]) -> str:
    """Return the content of the mark of a batch of these trials."""
    return checksums(Results(results).trials, (trial.path for trial in trials))


def newer(path: Path, records: Iterable[Path]) -> Path | None:
    """Return the last record of a batch if the mark is missing or older than that, otherwise None."""
    last = max(records, key=lambda record: record.stat().st_mtime_ns)
    marked = _modified(path)
    return last if marked is None or marked < last.stat().st_mtime_ns else None


def _kind(trial: Trial) -> tuple[str, str]:
    return trial.environment, trial.probe


def _path(results: Path) -> Path:
    return Results(results).schedule


def _modified(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
