"""Is a study complete, and are its records valid? A list of requirements, each checked by itself."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from twinproof.analysis.planned_trials import planned_trials
from twinproof.analysis.plausibility import contradictions, shares_of
from twinproof.analysis.records import image_counts, without_results
from twinproof.base.errors import UserError
from twinproof.base.files import sha256
from twinproof.base.styles import CONTROLS_OF, Style
from twinproof.environments.environment import Environment
from twinproof.study.dataset import read_checksums
from twinproof.study.params import Params, read_params
from twinproof.study.protocol import make_protocol
from twinproof.study.record import Record, read_record
from twinproof.study.results import Results
from twinproof.study.seed import derive_seed
from twinproof.study.trial import Cell, Trial, list_trials

TOLD = 5
# Requirements that a study may violate although all its records are valid.
ALL_THERE = "Every planned trial has a record"
PRESENT = "Every record belongs to the trial of its path, and to the current code, data, lock and parameters"
# For each probe, the styles that every comparison needs.
NEEDED = {probe: (Style.FUNCTIONAL, *controls) for probe, controls in CONTROLS_OF.items()}


@dataclass(frozen=True, kw_only=True)
class CompletenessRow:
    """Whether a requirement holds, and the first violations as one text."""

    requirement: str
    holds: bool
    findings: str | None


@dataclass(frozen=True)
class Requirement:
    """A requirement of a study, and every violation that was found."""

    requirement: str
    findings: list[str]

    @property
    def holds(self) -> bool:
        """Whether no violation was found."""
        return not self.findings

    def row(self) -> CompletenessRow:
        """Return the row of the table completeness, where many findings are counted; `twinproof check` has all."""
        told = self.findings[:TOLD]
        if more := len(self.findings) - len(told):
            told.append(f"and {more} more")
        return CompletenessRow(requirement=self.requirement, holds=self.holds, findings="; ".join(told) or None)


def examine(results: Path) -> list[Requirement]:
    """Examine the study in the folder `results`, as far as it was measured.

    Raises
    ------
    UserError
        If no study was planned there, or its parameters cannot be read.
    """
    if not Results(results).params.exists():
        raise UserError(
            f"{results}: no study was planned here; `snakemake --cores all` plans and runs one, "
            "and --results names another folder"
        )
    params = read_params(Results(results).params)
    undecided = []
    try:
        planned = planned_trials(params, results)
    except UserError as error:
        undecided, planned = [str(error)], list_trials(params)
    missing, faulty, records, counts = [], [], {}, image_counts(results)
    for trial in planned:
        path = Results(results).record(trial)
        if not path.exists():
            missing.append(f"{path}: no such record")
            continue
        try:
            record = read_record(path)
        except UserError as error:
            faulty.append(str(error))
            continue
        # What it states about its trial is checked below.
        faulty += [f"{path}: {fault}" for fault in chain(contradictions(record), shares_of(record, *counts))]
        records[trial] = without_results(record)
    return requirements(params, records, undecided + missing, faulty)


def requirements(
    params: Params, records: Mapping[Trial, Record], missing: Sequence[str] = (), faulty: Sequence[str] = ()
) -> list[Requirement]:
    """Return the requirements of a study, with the violations that were found.

    Parameters
    ----------
    params
        Of the study.
    records
        Each by the trial whose record it should be.
    missing, faulty
        What is known of the records that are not there, and of those that could not be read.
    """
    return [
        Requirement(ALL_THERE, list(missing)),
        Requirement("Every record is complete and unchanged", list(faulty)),
        Requirement(PRESENT, list(_of_others(params, records))),
        Requirement(
            "Every seed is the planned one, and no two replicates of a twin share one", list(_seeds(params, records))
        ),
        Requirement("Every process ran the versions in its lock", list(_versions(records))),
        Requirement("Every identity, timing and graph has its controls", list(_controls(records))),
        Requirement("Every style has a result, or a reason why there is none", list(_reasons(records))),
        Requirement("The data match the checksums", list(_data(params))),
    ]


def _of_others(params: Params, records: Mapping[Trial, Record]) -> Iterator[str]:
    protocols: dict[Cell, Mapping[str, Any]] = {}
    for trial, record in records.items():
        if {key: record[key] for key in trial._fields} != trial._asdict():
            yield f"{trial.path}: the record of another trial"
            continue
        cell = (trial.environment, trial.twin, trial.probe)
        try:
            protocol = protocols[cell] = protocols.get(cell) or dict(make_protocol(params, *cell))
        except UserError as error:
            yield str(error)
            continue
        if changed := [key for key in protocol if record["protocol"].get(key) != protocol[key]]:
            yield f"{trial.path}: {', '.join(changed)} changed since it was measured"


def _seeds(params: Params, records: Mapping[Trial, Record]) -> Iterator[str]:
    replicates: dict[tuple[str, int], set[int]] = defaultdict(set)
    for trial, record in records.items():
        replicates[trial.twin, record["seed"]].add(trial.replicate)
        if record["seed"] != (planned := derive_seed(params.seed, trial.twin, trial.replicate)):
            yield f"{trial.path}: seed {record['seed']}; planned: {planned}"
    for (twin, seed), sharing in replicates.items():
        if len(sharing) > 1:
            yield f"{twin}: replicates {', '.join(map(str, sorted(sharing)))} share the seed {seed}"


def _versions(records: Mapping[Trial, Record]) -> Iterator[str]:
    locks: dict[str, dict[str, str]] = {}
    for environment in dict.fromkeys(trial.environment for trial in records):
        try:
            locks[environment] = Environment(environment).pinned()
        except UserError as error:
            yield str(error)
    for trial, record in records.items():
        ran = record["software"]
        others = [
            (f"{name} {ran[name]}" if name in ran else f"no {name}") + f" ({version} in the lock)"
            for name, version in locks.get(trial.environment, {}).items()
            if ran.get(name) != version
        ]
        if others:
            yield f"{trial.path}: ran {', '.join(others)}"


def _controls(records: Mapping[Trial, Record]) -> Iterator[str]:
    for trial, record in records.items():
        for style in NEEDED.get(trial.probe, ()):
            if record["styles"].get(style, {}).get("status") != "ok":
                yield f"{trial.path}: {style} is missing or failed"


def _reasons(records: Mapping[Trial, Record]) -> Iterator[str]:
    for trial, record in records.items():
        for style, found in record["styles"].items():
            if found["status"] != "ok" and not found["error"]["message"]:
                yield f"{trial.path}: {style} failed without a message"


def _data(params: Params) -> Iterator[str]:
    folder = params.data.directory
    try:
        checksums = read_checksums(params.data.checksums)
    except UserError as error:
        yield str(error)
        return
    for name, digest in checksums.items():
        path = folder / name
        if not path.exists():
            yield f"{path}: no such file"
        elif sha256(path) != digest:
            yield f"{path}: does not match the checksums"
