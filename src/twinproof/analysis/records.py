"""The records of a study, for its tables."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from twinproof.analysis.planned_trials import planned_trials
from twinproof.analysis.plausibility import contradictions, foreign, shares_of
from twinproof.base.errors import UserError
from twinproof.base.reading import ReadingError, read_json
from twinproof.study.params import read_params
from twinproof.study.record import Record, read_record
from twinproof.study.results import Results
from twinproof.study.trial import Trial


def read_records(results: Path) -> Iterator[tuple[Trial, Record]]:
    """Yield every planned trial with its record, one after the other: those of a large study would not fit into memory.

    The records of one environment, twin and probe share their protocol.

    Raises
    ------
    UserError
        As `planned_trials` and `read_record`, and if a record is another trial's, contradicts itself (plausibility.py),
        or was made under another protocol than the one that was last planned.
    """
    protocols: dict[Path, Any] = {}
    counts = image_counts(results)
    places = Results(results)
    for trial in planned_trials(read_params(places.params), results):
        path = places.record(trial)
        record = read_record(path)
        if {key: record[key] for key in trial._fields} != trial._asdict():
            raise UserError(f"{path}: the record of another trial; remove it, and the next run measures this one")
        planned = places.protocol((trial.environment, trial.twin, trial.probe))
        if planned not in protocols:
            protocols[planned] = _read_protocol(planned)
        protocol = protocols[planned]
        if record["protocol"] != protocol:
            changed = ", ".join(key for key in protocol if record["protocol"].get(key) != protocol[key])
            raise UserError(
                f"{path}: measured under another protocol ({changed} changed since); "
                "the next run measures this trial again"
            )
        if fault := next(chain(foreign(record), contradictions(record), shares_of(record, *counts)), None):
            raise UserError(f"{path}: {fault}; it was edited: remove it, and the next run measures this trial again")
        yield trial, record | {"protocol": protocol}


def image_counts(results: Path) -> tuple[int, int]:
    """Return how many images the study in `results` trains and tests on, from the check of the images.

    It is 0 and 0 if that is not known.
    """
    try:
        found = read_json(Results(results).data)
        train, test = found["train"]["labels"], found["test"]["labels"]
    except (ReadingError, KeyError, TypeError):
        return 0, 0
    return (train, test) if type(train) is type(test) is int else (0, 0)


def without_results(record: Record) -> Record:
    """Return a record without the results of its styles: small, whatever was measured."""
    styles = {
        style: {key: told for key, told in found.items() if key != "result"}
        for style, found in record["styles"].items()
    }
    return record | {"styles": styles}


def _read_protocol(path: Path) -> Any:
    remedy = "`snakemake --cores all` writes it again"
    try:
        protocol = read_json(path)
    except ReadingError as error:
        raise UserError(f"{error}; {remedy}") from None
    if not isinstance(protocol, dict):
        raise UserError(f"{path}: not a protocol; {remedy}")
    return protocol
