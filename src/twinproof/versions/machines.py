"""Where trials of two versions ran: what can be expected to agree there, and why something may not.

The same bits can be expected with the same lock, kind of processor, number of threads and seed, on the CPU. Times can
be compared only on one machine.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from twinproof.analysis.rows import OF_PROBE
from twinproof.study.settings import Probe

# The probe from whose records a table is made.
PROBE_OF = {table: probe for probe, tables in OF_PROBE.items() for table in tables}
# Columns of those tables with results to the last bit, or with code that was compiled for a processor.
BITS = {
    "identity_steps": ["weights"],
    "learning": ["weights", "test_accuracy", "test_loss"],
    "graphs": ["operations", "wiring", "order"],
}
# Columns of the table trials that must agree for times to be comparable.
MACHINE = ["processor", "cores", "memory", "threads", "device", "image", "lock", "host"]
CPU = "CPU"

TrialKey = tuple[str, str, str, int]


@dataclass(frozen=True)
class Place:
    """Where a trial ran, and with which inputs.

    `protocol` is the digest of code, data, lock and parameters, `record` that of its record.
    """

    lock: str
    software: str
    device: str
    processor: str
    threads: int
    seed: int
    protocol: str
    record: str

    def obstacle(self, other: "Place") -> str:
        """Return why another trial cannot be expected to give the same bits, or nothing."""
        if self.lock != other.lock:
            return f"another lock: {told(self.software, other.software)}"
        if self.device != other.device:
            return f"another device: {told(self.device, other.device)}"
        if self.device != CPU:
            return f"computed on {self.device}, which adds in a different order each time"
        if self.processor != other.processor:
            return f"another processor: {told(self.processor, other.processor)}"
        if self.threads != other.threads:
            return f"other threads: {told(self.threads, other.threads)}"
        if self.seed != other.seed:
            return f"another seed: {told(self.seed, other.seed)}"
        return ""

    def cause(self, other: "Place") -> str:
        """Return why another trial may have a different result, or nothing if no reason is known."""
        if obstacle := self.obstacle(other):
            return obstacle
        return "" if self.protocol == other.protocol else "measured by other code, data or parameters"


def told(one: object, other: object) -> str:
    """Return two things that differ, that of the version first."""
    return f"{one} against {other}" if str(one) != str(other) else f"both are {one}"


def find_places(trials: pd.DataFrame) -> dict[TrialKey, Place]:
    """Return where each trial of the table trials was run, by environment, twin, probe and replicate."""
    found = {}
    for row in trials.to_dict("records"):
        software = f"Keras {row['keras']}" + (f", {row['backend']}" if isinstance(row["backend"], str) else "")
        key = (str(row["environment"]), str(row["twin"]), str(row["probe"]), int(row["replicate"]))
        found[key] = Place(
            str(row["lock"]), software, str(row["device"]), str(row["processor"]), int(row["threads"]),
            int(row["seed"]), str(row["protocol"]), str(row["digest"]),
        )  # fmt: skip
    return found


def trial_of(table: str, row: Mapping[Hashable, Any]) -> TrialKey | None:
    """Return the trial that a row of a table comes from, None if rows come from several trials."""
    if table not in PROBE_OF:
        return None
    return str(row["environment"]), str(row["twin"]), str(PROBE_OF[table]), int(row["replicate"])


def timing_obstacle(old: pd.DataFrame, new: pd.DataFrame, environment: str, twin: str) -> str:
    """Return why the times of a twin in two tables of trials are not comparable, or nothing."""
    for column in MACHINE:
        was, now = (_values(trials, environment, twin, column) for trials in (old, new))
        if was != now or len(was) > 1:
            return f"{column} is {' and '.join(was)} in one and {' and '.join(now)} in the other"
    return ""


def _values(trials: pd.DataFrame, environment: str, twin: str, column: str) -> list[str]:
    timed = (trials["environment"] == environment) & (trials["twin"] == twin) & (trials["probe"] == Probe.TIMING)
    return sorted({text(value) or "none" for value in trials.loc[timed, column]})


def text(value: Any) -> str | None:
    """Return a value of a table as text, None if there is none; 3.0, from a column with gaps, becomes 3."""
    if value is None or (not isinstance(value, list) and pd.isna(value)):
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
