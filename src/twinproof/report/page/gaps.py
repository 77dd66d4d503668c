"""What failed and what is missing, as the page reports it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from twinproof.analysis.rows import OF_PROBE
from twinproof.analysis.rows.common import CELL
from twinproof.study.params import Params
from twinproof.study.settings import Probe
from twinproof.study.trial import list_cells

# The first table of each probe, which lists its replicates.
PROBES = {probe: next(iter(tables)) for probe, tables in OF_PROBE.items()}


def failures(tables: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, Any]]:
    """Yield a row for each style that raised an error, with its replicates and the error."""
    # These errors do not depend on the process, so replicates with the same error share a row.
    for probe, name in (("identity", "identity"), ("learning", "learning"), ("graph", "graphs")):
        table = tables[name]
        for key, rows in table[table["status"] == "failed"].groupby(
            [*CELL, "style", "error"], dropna=False, sort=False
        ):
            replicates = list(rows["replicate"])
            yield {
                **dict(zip((*CELL, "style", "error"), key, strict=True)),
                "probe": probe,
                "what": f"replicate {replicates[0]}" if len(replicates) == 1 else f"{len(replicates)} replicates",
                "replicates": replicates,
            }
    failed = tables["timing_processes"].dropna(subset="error").astype({"quantity": object})
    failed = failed.fillna({"quantity": "all quantities"})
    for key, rows in failed.groupby([*CELL, "style", "quantity", "error"], sort=False):
        environment, twin, style, quantity, error = key
        yield {
            **{"probe": "timing", "environment": environment, "twin": twin, "style": style},
            "what": f"{len(rows)} {'process' if len(rows) == 1 else 'processes'}",
            "replicates": sorted(rows["replicate"]),
            "error": f"{quantity}: {error}",
        }


def missing(tables: Mapping[str, pd.DataFrame], params: Params) -> Iterator[str]:
    """Yield a sentence for each probe that was not measured: for which twin, and why."""
    planned_cells = list_cells(params)
    asked_anywhere = dict.fromkeys(probe for asked in params.environments.values() for probe in asked.probes)
    for twin, network in params.twins.items():
        if not any(asked.measures(twin) for asked in params.environments.values()):
            continue  # It is part of another study of the same parameters.
        if left_out := [probe for probe in asked_anywhere if not network.measures(probe)]:
            yield f"{twin}: not measured under {', '.join(left_out)}; twins.{twin}.probes does not include it."
        wants_pitfalls = network.measures(Probe.PITFALLS) and Probe.PITFALLS in asked_anywhere
        if wants_pitfalls and not any(cell[1:] == (twin, Probe.PITFALLS) for cell in planned_cells):
            yield f"{twin}: the catalogue has no pitfalls for it."
    for environment, asked in params.environments.items():
        if not asked.probes:
            yield f"{environment}: nothing was measured in it: this study (parameters below) gives it no probes."
            continue
        for probe, table in PROBES.items():
            if probe not in asked.probes:
                yield f"{environment}: {probe} was not measured; environments.{environment}.probes does not include it."
                continue
            of_environment = tables[table][tables[table]["environment"] == environment]
            for twin in params.twins:
                if (environment, twin, probe) not in planned_cells:
                    continue
                done = of_environment.loc[of_environment["twin"] == twin, "replicate"].nunique()
                planned = params.settings_of(twin, probe).replicates
                if done < planned:
                    # For timing, the parameters give the minimum: more processes are added as needed.
                    of = f"at least {planned} processes" if probe == Probe.TIMING else f"{planned} seeds"
                    count = f"was measured with only {done} of {of}" if done else "was not measured"
                    yield f"{environment}: {probe} of {twin} {count}, although the parameters include it."
