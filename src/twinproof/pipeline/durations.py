"""What the jobs of a study took: seconds, and bytes of what they wrote.

Usage: python -m twinproof.pipeline.durations --results results results/depth --output workflow/durations.csv

That file is shipped, so that a first study can be planned (estimates.py); `make durations` makes it from the last ones.
"""

import argparse
import base64
import csv
import io
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from twinproof.base.errors import entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import ReadingError, read_json
from twinproof.environments.environment import Environment
from twinproof.study.params import Params, read_params
from twinproof.study.trial import Trial, list_trials

# Where Snakemake notes what its jobs did, each with the path of an output as its name.
NOTED = Path(".snakemake/metadata")
# Seconds go with the product of these settings; of a list, with its length.
WORK = {"learning": ("epochs",), "timing": ("generations", "rounds", "quantities")}
# The jobs of trials: what is left of their time is the start of a process.
# Seconds of a trial: beyond, its record is a forgery.
LONGEST = 366 * 24 * 3600
OF_TRIALS = ("run_batch", "run_trial")


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
    """Return what other jobs of a study took, and what those of trials took for all but their trials."""
    from twinproof.pipeline.schedule import read_schedule

    schedule = read_schedule(results)
    jobs: dict[tuple[str, ...], dict[str, Any]] = {}
    for path in NOTED.rglob("*"):
        if path.is_file():
            noted = read_json(path)
            # That of an environment is for all studies; others are known by where their logs are.
            if noted["rule"] != "create_venv" and not all(
                Path(log).is_relative_to(results / "logs") for log in noted["log"]
            ):
                continue
            # A job with several outputs is noted with each.
            job = jobs.setdefault((noted["rule"], *noted["log"]), {**noted, "outputs": []})
            job["outputs"].append(_output(path))
    for job in jobs.values():
        rule, outputs, environment = job["rule"], job["outputs"], ""
        seconds = job["endtime"] - job["starttime"]
        if rule == "create_venv":
            environment = outputs[0].parent.name
            outputs = [path for path in Environment(environment).venv.rglob("*") if path.is_file()]
        elif rule in OF_TRIALS:
            trials = _trials_of(outputs[0], results, schedule)
            if not (own := list(_seconds_since(job["starttime"], results, trials))):
                continue  # Of an earlier schedule, or its records were set aside.
            environment, outputs = trials[0].environment, []
            seconds -= sum(own)
        size = sum(path.stat().st_size for path in outputs if path.exists())
        yield Duration(environment, "", rule, seconds, size)


def _output(path: Path) -> Path:
    """Return the output that Snakemake's note is about: long names are cut into folders."""
    name = "".join(part.removeprefix("@") for part in path.relative_to(NOTED).parts)
    return Path(base64.b64decode(name, altchars=b"-_").decode())


def _trials_of(output: Path, results: Path, schedule: Mapping[str, list[Trial]]) -> list[Trial]:
    """Return the trials of the job whose output this is: the mark of a batch, or a record."""
    if output.suffix == ".done":
        return schedule.get(f"{output.parent.name}/{output.stem}", [])
    return [Trial.from_path(output.relative_to(results / "trials").as_posix())]


def _seconds_since(start: float, results: Path, trials: list[Trial]) -> Iterator[float]:
    """Return what the trials of a job took that ran in its last attempt."""
    for trial in trials:
        path = results / "trials" / trial.path
        record = read_json(path) if path.exists() else None
        if record and datetime.fromisoformat(record["started"]).timestamp() >= start:
            yield record["seconds"]


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
