"""What the jobs of a study took: seconds, and bytes of what they wrote.

Usage: python -m twinproof.pipeline.durations --results results results/depth --output workflow/durations.csv

That file is shipped, so that a first study can be planned (estimates.py); `make durations` makes it from the last ones.
What trials took is in their records, what other jobs took in the files of Snakemake's `benchmark`.
"""

import argparse
import csv
import io
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from glob import escape
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from twinproof.analysis.trials import in_place
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import ReadingError, read_json, read_text
from twinproof.environments.environment import FOLDER, Environment
from twinproof.study.params import Params, read_params
from twinproof.study.trial import Trial, list_trials

# Seconds go with the product of these settings; of a list, with its length.
WORK = {"learning": ("epochs",), "timing": ("generations", "rounds", "quantities")}
# Seconds of a trial: beyond, its record is a forgery.
LONGEST = 366 * 24 * 3600
# Of each rule without trials that is for one study: where the benchmarks of its jobs lie, and what such a job writes.
WRITTEN = {
    "verify_data": ("data.tsv", ["{job}.json"]),
    "write_models": ("models/*/*.tsv", ["{job}.zip"]),
    "decide_timing": ("timing/*/*/*.tsv", ["{job}.json"]),
    "make_tables": ("tables.tsv", ["{job}/*.csv", "metrics.json"]),
    "run_notebook": ("notebooks/*/*/*.tsv", ["{job}.ipynb", "{job}.html"]),
    "make_report": ("report.tsv", ["{job}/index.html"]),
    "make_version": ("version.tsv", ["{job}.json"]),
    "make_crate": ("crate.tsv", ["{job}.zip"]),
}


class Duration(NamedTuple):
    """What a trial took, of `what` its probe, or a job without twin, of `what` its rule.

    Seconds of a trial are those of one unit of work (`work`).
    """

    environment: str
    twin: str
    what: str
    seconds: float
    bytes: float


def of_records(paths: Iterable[Path]) -> Iterator[Duration]:
    """Return what the trials of these records took, apart from the start of their processes."""
    for path in paths:
        try:
            record, size = read_json(path), path.stat().st_size
            cell = (record["environment"], record["twin"], record["probe"])
            if not 0 <= record["seconds"] <= LONGEST:
                continue
            yield Duration(*cell, record["seconds"] / work(record["probe"], record["protocol"]["probe"]), size)
        except (ReadingError, OSError, ArithmeticError, AttributeError, KeyError, TypeError):
            continue  # What is wrong with it is told elsewhere (record.py).


def work(probe: str, settings: dict[str, Any]) -> float:
    """Return how much the settings of a probe ask for, in units that are the same for all its trials."""
    asked = (settings[name] for name in WORK.get(probe, ()))
    return math.prod(len(value) if isinstance(value, list) else value for value in asked)


def of_jobs(results: Path) -> Iterator[Duration]:
    """Return what other jobs of a study took, and what those of trials took for all but their trials.

    Raises
    ------
    UserError
        If a benchmark, a record or the schedule cannot be read.
    """
    for path in FOLDER.glob("*/venv.benchmark.tsv"):
        environment = Environment(path.parent.name)
        yield Duration(environment.name, "", "create_venv", _seconds(path), _size(environment.venv.rglob("*")))
    benchmarks = results / "benchmarks"
    for rule, (jobs, outputs) in WRITTEN.items():
        for path in benchmarks.glob(jobs):
            job = escape(path.relative_to(benchmarks).with_suffix("").as_posix())
            files = chain.from_iterable(results.glob(output.format(job=job)) for output in outputs)
            yield Duration("", "", rule, _seconds(path), _size(files))
    for rule, path, trials in _jobs_of_trials(results):
        if path.exists() and (seconds := _apart_from_trials(path, results, trials)) is not None:
            yield Duration(trials[0].environment, "", rule, seconds, 0)


def _seconds(benchmark: Path) -> float:
    """Return what Snakemake measured that a job took."""
    try:
        *_, last = csv.DictReader(read_text(benchmark).splitlines(), delimiter="\t")
        return float(last["s"])
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{benchmark}: not a benchmark of one job, as Snakemake writes it; remove it") from None


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _jobs_of_trials(results: Path) -> Iterator[tuple[str, Path, list[Trial]]]:
    """Yield the jobs that trials may have run in: the rule, where the benchmark lies if one did, and the trials."""
    from twinproof.pipeline.schedule import read_schedule

    for batch, trials in read_schedule(results).items():
        yield "run_batch", results / "benchmarks" / "batches" / f"{batch}.tsv", trials
    for record in in_place(results):
        path = results / "benchmarks" / "trials" / record
        yield "run_trial", path.with_suffix(".tsv"), [Trial.from_path(record)]


def _apart_from_trials(benchmark: Path, results: Path, trials: list[Trial]) -> float | None:
    """Return the seconds that a job took for all but its trials.

    None if that cannot be told: the benchmark is of an earlier schedule, or the records are of another job.
    """
    seconds, ended = _seconds(benchmark), benchmark.stat().st_mtime
    records = [read_json(path) for trial in trials if (path := results / "trials" / trial.path).exists()]
    spans = [(datetime.fromisoformat(record["started"]).timestamp(), record["seconds"]) for record in records]
    last = max((started + took for started, took in spans), default=0.0)
    # A batch goes on where it stopped: trials of an earlier attempt began before this one can have.
    left = seconds - sum(took for started, took in spans if started >= last - seconds)
    return left if left >= 0 and ended - seconds <= last <= ended else None


def typical(durations: Iterable[Duration]) -> list[Duration]:
    """Return the median of those that are alike."""
    alike = defaultdict(list)
    for one in durations:
        alike[one[:3]].append(one)
    return [
        Duration(*key, round(median(one.seconds for one in own), 3), round(median(one.bytes for one in own)))
        for key, own in sorted(alike.items())
    ]


def as_csv(durations: Iterable[Duration]) -> str:
    """Return a table with a row for each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Duration._fields)
    writer.writerows(durations)
    return text.getvalue()


def from_csv(path: Path) -> list[Duration]:
    """Return the rows of such a table."""
    with path.open(newline="") as file:
        return [
            Duration(row["environment"], row["twin"], row["what"], float(row["seconds"]), float(row["bytes"]))
            for row in csv.DictReader(file)
        ]


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write what the jobs of studies took; of what several did, the first tells."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.pipeline.durations", description=main.__doc__)
    parser.add_argument("--results", type=Path, nargs="+", required=True, help="the folders of their results")
    parser.add_argument("--output", type=Path, required=True, help="the table to write")
    options = parser.parse_args(arguments)
    found: dict[tuple[str, ...], Duration] = {}
    for results in options.results:
        params: Params = read_params(results / "params.yaml")
        records = (results / "trials" / trial.path for trial in list_trials(params))
        for one in typical([*of_records(records), *of_jobs(results)]):
            found.setdefault(one[:3], one)
    write_whole(options.output, as_csv(found[key] for key in sorted(found)))


if __name__ == "__main__":
    sys.exit(main())
