"""The rows of the table of trials: one for each record."""

import hashlib
import json
from dataclasses import dataclass

from twinproof.analysis.rows.common import CellRow
from twinproof.analysis.rows.conditions import pinned, stolen
from twinproof.environments.backends import titles_of
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class TrialRow(CellRow):
    """A trial: when and where it ran, the state of the machine, and the versions it ran with."""

    probe: str
    replicate: int
    seed: int
    started: str
    seconds: float
    load_before: float
    load_after: float
    stolen: float
    megahertz_before: float | None
    megahertz_after: float | None
    host: str
    processor: str
    cores: int
    memory: int
    threads: int
    pinned: str | None
    device: str
    image: str | None
    commit: str | None
    python: str
    keras: str
    backend: str | None
    lock: str
    protocol: str
    record: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class EnvironmentRow:
    """The common values of the trials of one environment, and their number."""

    environment: str
    python: str
    keras: str
    backend: str | None
    lock: str
    device: str
    image: str | None
    trials: int


def trial_row(path: str, record: Record) -> TrialRow:
    """Return the row of a record, which has this `path` in the results folder."""
    machine, versions = record["machine"], record["software"]
    before, after = record["conditions"]["before"], record["conditions"]["after"]
    return TrialRow(
        environment=record["environment"],
        twin=record["twin"],
        probe=record["probe"],
        replicate=record["replicate"],
        seed=record["seed"],
        started=record["started"],
        seconds=record["seconds"],
        load_before=before["load"],
        load_after=after["load"],
        stolen=stolen(record),
        megahertz_before=before["megahertz"],
        megahertz_after=after["megahertz"],
        host=machine["host"],
        processor=machine["processor"],
        cores=machine["cores"],
        memory=machine["memory"],
        threads=machine["threads"],
        pinned=pinned(record),
        device=machine["device"],
        image=machine["image"],
        commit=record["commit"],
        python=versions["python"],
        keras=versions["keras"],
        backend=", ".join(titles_of(versions).values()) or None,
        lock=record["protocol"]["lock"],
        protocol=hashlib.sha256(json.dumps(record["protocol"], sort_keys=True).encode()).hexdigest(),
        record=path,
        digest=record["digest"],
    )
