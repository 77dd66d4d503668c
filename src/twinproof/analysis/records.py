"""The records of a study, as its tables are made from them."""

import json
from pathlib import Path

from twinproof.analysis.sampling import timing_trials
from twinproof.errors import UserError
from twinproof.params import Params, read_params
from twinproof.plan import Trial, trials
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


def read_trial(results: Path, trial: Trial) -> Record:
    """Return the record of a trial.

    Raises
    ------
    UserError
        As `twinproof.record.read_record`, and if the record is another trial's or was made under another protocol than
        the one that was last planned.
    """
    path = results / "trials" / trial.path
    record = read_record(path)
    if {key: record[key] for key in trial._fields} != trial._asdict():
        raise UserError(f"{path}: the record of another trial; remove it, and the next run measures this one")
    planned = results / "protocols" / trial.environment / trial.twin / f"{trial.probe}.json"
    try:
        protocol = json.loads(planned.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{planned}: cannot be read ({error}); `snakemake --cores all` writes it again") from None
    if record["protocol"] != protocol:
        changed = ", ".join(key for key in protocol if record["protocol"].get(key) != protocol[key])
        raise UserError(
            f"{path}: measured under another protocol ({changed} changed since); the next run measures this trial again"
        )
    return record


def read_records(results: Path) -> dict[Trial, Record]:
    """Return the record of every planned trial.

    Raises
    ------
    UserError
        As `planned_trials` and `read_trial`.
    """
    planned = planned_trials(read_params(results / "params.yaml"), results)
    return {trial: read_trial(results, trial) for trial in planned}
