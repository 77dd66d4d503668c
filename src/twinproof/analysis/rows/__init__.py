"""From records to the rows of tables: one module a probe."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from twinproof.analysis.rows.common import series_rows
from twinproof.analysis.rows.identity import identity_rows
from twinproof.analysis.rows.introspection import check_rows, fault_rows
from twinproof.analysis.rows.learning import learning_rows
from twinproof.analysis.rows.pitfalls import pitfall_rows
from twinproof.analysis.rows.serialization import exchange_rows, serialization_rows
from twinproof.analysis.rows.timing import timing_processes
from twinproof.study.record import Record

# Of each probe, the tables that its records have rows in, and what makes these of one record.
OF_PROBE: dict[str, dict[str, Callable[[Record], Iterable[dict[str, Any]]]]] = {
    "identity": {"identity": identity_rows, "identity_steps": partial(series_rows, series="steps", counter="step")},
    "learning": {"learning": learning_rows, "learning_epochs": partial(series_rows, series="epochs", counter="epoch")},
    "timing": {"timing_processes": timing_processes},
    "serialization": {"serialization": serialization_rows},
    "exchange": {"exchange": exchange_rows},
    "introspection": {"introspection": check_rows, "faults": fault_rows},
    "pitfalls": {"pitfalls": pitfall_rows},
}
OF_RECORDS = ["trials", *(table for tables in OF_PROBE.values() for table in tables)]
