"""Finds how long the trials and jobs of studies took, and writes the table that is shipped.

Usage: python -m twinproof.pipeline.measure_durations --results results results/depth --output workflow/durations.csv

`make durations` does so for the last studies. The durations of trials are in their records, those of other jobs in the
files that Snakemake writes for `benchmark:`.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from glob import escape
from itertools import chain
from pathlib import Path

from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import read_json, read_text
from twinproof.environments.environment import FOLDER, Environment
from twinproof.pipeline.durations import Duration, as_csv, of_records, typical
from twinproof.pipeline.schedule import read_schedule
from twinproof.study.params import read_params
from twinproof.study.results import Results
from twinproof.study.trial import Trial, list_trials

# For each rule of a study without trials: the benchmarks of its jobs, and the files that such a job writes.
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


def of_jobs(results: Path) -> Iterator[Duration]:
    """Return what the other jobs of a study took, and what jobs of trials took in addition to their trials.

    Raises
    ------
    UserError
        If a benchmark, a record or the schedule cannot be read.
    """
    for path in FOLDER.glob("*/venv.benchmark.tsv"):
        environment = Environment(path.parent.name)
        yield Duration(environment.name, "", "create_venv", _seconds(path), _size(environment.venv.rglob("*")))
    benchmarks = Results(results).benchmarks
    for rule, (jobs, outputs) in WRITTEN.items():
        for path in benchmarks.glob(jobs):
            job = escape(path.relative_to(benchmarks).with_suffix("").as_posix())
            files = chain.from_iterable(results.glob(output.format(job=job)) for output in outputs)
            yield Duration("", "", rule, _seconds(path), _size(files))
    for batch, trials in read_schedule(results).items():
        path = benchmarks / "batches" / f"{batch}.tsv"
        if path.exists() and (seconds := _apart_from_trials(path, results, trials)) is not None:
            yield Duration(trials[0].environment, "", "run_batch", seconds, 0)


def _seconds(benchmark: Path) -> float:
    """Return Snakemake's measurement of a job."""
    try:
        *_, last = csv.DictReader(read_text(benchmark).splitlines(), delimiter="\t")
        return float(last["s"])
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{benchmark}: not a benchmark of one job, as Snakemake writes it; remove it") from None


def _size(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


def _apart_from_trials(benchmark: Path, results: Path, trials: list[Trial]) -> float | None:
    """Return the seconds that a job took in addition to its trials.

    None if they are not known: the benchmark belongs to an earlier schedule, or the records to another job.
    """
    seconds, ended = _seconds(benchmark), benchmark.stat().st_mtime
    records = [read_json(path) for trial in trials if (path := Results(results).record(trial)).exists()]
    spans = [(datetime.fromisoformat(record["started"]).timestamp(), record["seconds"]) for record in records]
    last = max((started + took for started, took in spans), default=0.0)
    # A batch continues where it stopped: trials of an earlier attempt started before this attempt.
    left = seconds - sum(took for started, took in spans if started >= last - seconds)
    return left if left >= 0 and ended - seconds <= last <= ended else None


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write what the jobs of studies took; if several studies have the same job, the first one counts."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.pipeline.measure_durations", description=main.__doc__)
    parser.add_argument("--results", type=Path, nargs="+", required=True, help="the folders of their results")
    parser.add_argument("--output", type=Path, required=True, help="the table to write")
    options = parser.parse_args(arguments)
    durations: dict[tuple[str, ...], Duration] = {}
    for results in options.results:
        params = read_params(Results(results).params)
        records = map(Results(results).record, list_trials(params))
        for duration in typical([*of_records(records), *of_jobs(results)]):
            durations.setdefault(duration[:3], duration)
    write_whole(options.output, as_csv(durations[key] for key in sorted(durations)))


if __name__ == "__main__":
    sys.exit(main())
