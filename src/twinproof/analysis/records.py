"""The records of a study, as its tables are made from them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twinproof.analysis.sampling import timing_trials
from twinproof.errors import UserError
from twinproof.params import Params, read_params
from twinproof.plan import Trial, trials
from twinproof.reading import ReadingError, read_json
from twinproof.record import Record, read_record


def planned_trials(params: Params, results: Path) -> list[Trial]:
    """Return every trial that the parameters ask for, and of timing every one that was decided on.

    Raises
    ------
    UserError
        If it was not decided yet how many processes of a timing there are to be.
    """
    static = [trial for trial in trials(params) if trial.probe != "timing"]
    return [*static, *timing_trials(params, results)]


def read_records(results: Path) -> Iterator[tuple[Trial, Record]]:
    """Yield every planned trial with its record, one after the other: a large study's would not fit into memory.

    The records of one environment, twin and probe share their protocol.

    Raises
    ------
    UserError
        As `planned_trials` and `twinproof.record.read_record`, and if a record is another trial's or was made under
        another protocol than the one that was last planned.
    """
    protocols: dict[Path, Any] = {}
    for trial in planned_trials(read_params(results / "params.yaml"), results):
        path = results / "trials" / trial.path
        record = read_record(path)
        if {key: record[key] for key in trial._fields} != trial._asdict():
            raise UserError(f"{path}: the record of another trial; remove it, and the next run measures this one")
        planned = results / "protocols" / trial.environment / trial.twin / f"{trial.probe}.json"
        if planned not in protocols:
            protocols[planned] = _read_protocol(planned)
        protocol = protocols[planned]
        if record["protocol"] != protocol:
            changed = ", ".join(key for key in protocol if record["protocol"].get(key) != protocol[key])
            raise UserError(
                f"{path}: measured under another protocol ({changed} changed since); "
                "the next run measures this trial again"
            )
        yield trial, record | {"protocol": protocol}


def without_results(record: Record) -> Record:
    """Return a record without what was found of its styles: small, whatever was measured."""
    styles = {
        style: {key: told for key, told in found.items() if key != "result"}
        for style, found in record["styles"].items()
    }
    return record | {"styles": styles}


def _read_protocol(path: Path) -> Any:
    try:
        return read_json(path)
    except ReadingError as error:
        raise UserError(f"{error}; `snakemake --cores all` writes it again") from None
