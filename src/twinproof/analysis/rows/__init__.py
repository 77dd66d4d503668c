"""From records to the rows of tables: one module per probe, named after it, which exports its `TABLES`."""

import importlib
from collections.abc import Iterable

from twinproof.analysis.rows.common import RecordTables
from twinproof.study.settings import Probe


def tables_of(probes: Iterable[Probe]) -> dict[Probe, RecordTables]:
    """Return the tables of each probe.

    Raises
    ------
    LookupError
        If a probe has no module of rows here, or one without `TABLES`.
    """
    found: dict[Probe, RecordTables] = {}
    for probe in probes:
        name = f"{__name__}.{probe}"
        try:
            found[probe] = importlib.import_module(name).TABLES
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise LookupError(f"probe {probe}: no analysis/rows/{probe}.py, so its records have no table") from None
        except AttributeError:
            raise LookupError(f"probe {probe}: analysis/rows/{probe}.py has no TABLES") from None
    return found


OF_PROBE = tables_of(Probe)
