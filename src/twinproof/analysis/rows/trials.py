"""The rows of the table of trials: one for each record."""

import hashlib
import json
from typing import Any

from twinproof.analysis.columns import CELL
from twinproof.analysis.rows.conditions import pinned, stolen
from twinproof.study.record import Record


def trial_row(path: str, record: Record) -> dict[str, Any]:
    """Return the row of a record, which lies at `path` below the results."""
    machine, versions = record["machine"], record["software"]
    return {
        **{key: record[key] for key in (*CELL, "probe", "replicate", "seed", "started", "seconds", "commit")},
        **{key: machine[key] for key in ("host", "processor", "cores", "memory", "threads", "device", "image")},
        **{f"load_{when}": found["load"] for when, found in record["conditions"].items()},
        **{f"megahertz_{when}": found["megahertz"] for when, found in record["conditions"].items()},
        "stolen": stolen(record),
        "pinned": pinned(record),
        "python": versions["python"],
        "keras": versions["keras"],
        "tensorflow": next((versions[name] for name in ("tensorflow", "tensorflow-cpu") if name in versions), None),
        "lock": record["protocol"]["lock"],
        "protocol": hashlib.sha256(json.dumps(record["protocol"], sort_keys=True).encode()).hexdigest(),
        "record": path,
        "digest": record["digest"],
    }
