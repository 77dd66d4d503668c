"""Where a study comes from: trials, commits, machines and seeds."""

from typing import Any

import pandas as pd

from twinproof.report.page.rows import plain

_MACHINE = ["host", "processor", "cores", "memory", "threads", "device"]


def provenance(trials: pd.DataFrame) -> dict[str, Any]:
    """Return when, with which code, on which machines and with which seeds the trials ran."""
    seeds = trials.groupby("twin", sort=False)["seed"].unique()
    return {
        "trials": len(trials),
        "seconds": float(trials["seconds"].sum()),
        "first": None if trials.empty else trials["started"].min(),
        "last": None if trials.empty else trials["started"].max(),
        "commits": list(trials["commit"].dropna().unique()),
        "uncommitted": int(trials["commit"].isna().sum()),
        "machines": [
            plain(dict(zip(_MACHINE, key, strict=True)))
            | {"trials": len(rows), "load": rows[["load_before", "load_after"]].max(axis=None)}
            for key, rows in trials.groupby(_MACHINE, sort=False, dropna=False)
        ],
        "seeds": {twin: sorted(map(int, values)) for twin, values in seeds.items()},
    }
