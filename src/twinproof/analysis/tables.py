"""From the records of a study to its tidy tables and its metrics.

docs/tables.md is the data dictionary of what is made here.
"""

import argparse
import hashlib
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from twinproof.analysis.advice import advice_rows
from twinproof.analysis.claims import claim_rows
from twinproof.analysis.code import code_rows
from twinproof.analysis.columns import CELL, COLUMNS
from twinproof.analysis.completeness import Requirement, requirements
from twinproof.analysis.inspection import check_rows, fault_rows, pitfall_rows
from twinproof.analysis.records import read_records, without_results
from twinproof.analysis.sampling import CONTROLS
from twinproof.analysis.serialization import exchange_rows, serialization_rows
from twinproof.analysis.statistics import mean_interval
from twinproof.analysis.timing_quality import pinned, quality_rows, stolen
from twinproof.analysis.timing_tables import timing_processes, timing_rows
from twinproof.analysis.verdicts import CONTROL, NOT_JUDGED, answer, gate
from twinproof.errors import entry_point
from twinproof.files import write_whole
from twinproof.params import Params, read_params
from twinproof.record import Record

ORDER = ["sequential", "functional", "subclassed", *CONTROLS]


class Rows:
    """The rows of the tables that are made record by record, and the timings, which are judged together.

    Parameters
    ----------
    records
        Each by the path that the table trials gives. More are added one by one, and need not be kept.
    """

    def __init__(self, records: Mapping[str, Record] | None = None) -> None:
        self.of: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.timings: list[Record] = []
        for path, record in (records or {}).items():
            self.add(path, record)

    def add(self, path: str, record: Record) -> None:
        """Add what one record tells."""
        self._add("trials", [_trial(path, record)])
        for table, rows in _OF_PROBE[record["probe"]].items():
            self._add(table, rows(record))
        if record["probe"] == "timing":
            self.timings.append(record)

    def _add(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        # In the order of the columns: as mappings, millions of cells would take five times the memory.
        self.of[table] += [tuple(row.get(column, math.nan) for column in COLUMNS[table]) for row in rows]


def make_tables(rows: Rows, params: Params, examined: Sequence[Requirement]) -> dict[str, pd.DataFrame]:
    """Return each table of `COLUMNS`, with those columns; a table of a probe that was not run has no rows.

    `params` are those of the study, of which the twins and the sampling of timings matter here; `examined` are the
    requirements of `twinproof.analysis.completeness`.
    """
    tables = {name: pd.DataFrame(rows.of[name], columns=COLUMNS[name]) for name in _OF_RECORDS}
    tables |= {
        name: pd.DataFrame(content, columns=COLUMNS[name])
        for name, content in {
            "timing_quality": quality_rows(rows.timings),
            "code": code_rows(params["twins"]),
            "completeness": (requirement.row() for requirement in examined),
        }.items()
    }
    held = COLUMNS["environments"][:-1]
    tables["environments"] = tables["trials"].groupby(held, sort=False, dropna=False).size().reset_index(name="trials")
    tables["accuracy"] = pd.DataFrame(_accuracy(tables["learning"]), columns=COLUMNS["accuracy"])
    cells = tables["trials"][CELL].drop_duplicates().itertuples(index=False)
    tables["twins"] = pd.DataFrame([_twin(tables, *cell) for cell in cells], columns=COLUMNS["twins"])
    gates = {(row["environment"], row["twin"]): row["gate"] for row in tables["twins"].to_dict("records")}
    tables["timing"] = pd.DataFrame(
        timing_rows(rows.timings, gates, params["timing"]["sampling"]), columns=COLUMNS["timing"]
    )
    # What is not judged is shown, but not compared.
    unjudged = tables["twins"].loc[tables["twins"]["verdict"] == NOT_JUDGED, CELL]
    hidden = tables["accuracy"].set_index(CELL).index.isin(pd.MultiIndex.from_frame(unjudged))
    tables["accuracy"].loc[hidden, ["difference", "difference_low", "difference_high", "bit_equal"]] = None
    tables["claims"] = pd.DataFrame(claim_rows(tables), columns=COLUMNS["claims"])
    tables["answer"] = pd.DataFrame(advice_rows(tables), columns=COLUMNS["answer"])
    return tables


def make_metrics(tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the figures that are followed from version to version, by environment, twin and style."""
    environments: dict[str, Any] = {}
    for row in tables["twins"].to_dict("records"):
        environment, twin = str(row["environment"]), str(row["twin"])
        styles = _of(tables["accuracy"], environment, twin).to_dict("records")
        share = row["bit_equal_seeds"] / row["seeds"] if row["verdict"] != NOT_JUDGED else None
        environments.setdefault(environment, {"twins": {}})["twins"][twin] = {
            "gate": row["gate"],
            "verdict": row["verdict"],
            "bit_equal_share": share,
            "styles": {
                style["style"]: {key: _json(style[key]) for key in ("test_accuracy", "low", "high", "seeds")}
                for style in styles
            },
        }
        timing: dict[str, dict[str, Any]] = {}
        for ratio in _of(tables["timing"], environment, twin).to_dict("records"):
            found = {key: _json(ratio[key]) for key in ("ratio", "low", "high", "verdict")}
            timing.setdefault(ratio["style"], {})[ratio["quantity"]] = found
        if timing:
            environments[environment]["twins"][twin]["timing"] = timing
    return {"environments": environments}


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Read the records of a study, write its tables and its metrics."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.analysis.tables", description=main.__doc__)
    parser.add_argument("--results", type=Path, required=True, help="the folder with params.yaml, protocols, trials")
    results = parser.parse_args(arguments).results
    params, rows, told = read_params(results / "params.yaml"), Rows(), {}
    for trial, record in read_records(results):
        rows.add(f"trials/{trial.path}", record)
        told[trial] = without_results(record)
    tables = make_tables(rows, params, requirements(params, told))
    for name, table in tables.items():
        write_whole(results / "tables" / f"{name}.csv", table.to_csv(index=False))
    write_whole(results / "metrics.json", json.dumps(make_metrics(tables), indent=1, allow_nan=False) + "\n")


def _trial(path: str, record: Record) -> dict[str, Any]:
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


def _styles(record: Record) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield for each style the columns that all tables share, its status and error, and its result or nothing."""
    for style in sorted(record["styles"], key=ORDER.index):
        found = record["styles"][style]
        shared = {key: record[key] for key in (*CELL, "replicate")} | {"style": style}
        error = f"{found['error']['type']}: {found['error']['message']}" if "error" in found else None
        yield shared, {"status": found["status"], "error": error}, found.get("result", {})


def _identity(record: Record) -> Iterator[dict[str, Any]]:
    for shared, status, result in _styles(record):
        comparison = result.get("comparison", {})
        # A count with gaps stays a whole number only as an object.
        step = comparison.get("first_difference")
        yield {
            **shared,
            **status,
            **comparison,
            "first_difference": None if step is None else str(step),
            "parameters": str(result["parameters"]) if result else None,
        }


def _learning(record: Record) -> Iterator[dict[str, Any]]:
    reference = record["styles"]["functional"].get("result", {}).get("weights")
    for shared, status, result in _styles(record):
        comparable = shared["style"] != "functional" and reference is not None and result
        measured = {key: result.get(key) for key in ("test_accuracy", "test_loss", "seconds", "weights")}
        yield {
            **shared,
            **status,
            **measured,
            "seed": record["seed"],
            "bit_equal": result["weights"] == reference if comparable else None,
        }


def _each(record: Record, series: str, counter: str) -> Iterator[dict[str, Any]]:
    """Yield one row for each item of a series (steps, epochs), counted from 1."""
    for shared, _, result in _styles(record):
        for number, item in enumerate(result.get(series, []), 1):
            yield {**shared, counter: number, **item}


def _accuracy(learning: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for (environment, twin), cell in learning.groupby(CELL, sort=False):
        accuracy = cell.pivot(index="replicate", columns="style", values="test_accuracy").astype(float)
        for style in (style for style in ORDER if style in accuracy):
            measured = mean_interval(accuracy[style].dropna().tolist())
            row = {
                "environment": environment,
                "twin": twin,
                "style": style,
                "seeds": int(accuracy[style].count()),
                "failed": int(accuracy[style].isna().sum()),
                "test_accuracy": measured.mean,
                "low": measured.low,
                "high": measured.high,
            }
            if style != "functional":
                paired = mean_interval((accuracy[style] - accuracy["functional"]).dropna().tolist())
                row |= {
                    "difference": paired.mean,
                    "difference_low": paired.low,
                    "difference_high": paired.high,
                    "bit_equal": str(int(cell.loc[cell["style"] == style, "bit_equal"].eq(True).sum())),
                }
            yield row


def _twin(tables: dict[str, pd.DataFrame], environment: str, twin: str) -> dict[str, Any]:
    identity = _of(tables["identity"], environment, twin)
    learning = _of(tables["learning"], environment, twin)
    devices = sorted(_of(tables["trials"], environment, twin)["device"].unique())
    others = learning[learning["style"] != "functional"]
    equal = others["bit_equal"].eq(True).groupby(others["replicate"]).all()
    own = identity["style"] != CONTROL
    row = {
        "environment": environment,
        "twin": twin,
        "gate": gate(identity[own & (identity["style"] != "functional")]),
        "control": gate(identity[~own]),
        "seeds": len(equal),
        "bit_equal_seeds": int(equal.sum()),
    }
    failures = int(learning["status"].eq("failed").sum())
    verdict, sentence = answer(row, _of(tables["accuracy"], environment, twin), failures, devices)
    return row | {"verdict": verdict, "answer": sentence}


def _of(table: pd.DataFrame, environment: str, twin: str) -> pd.DataFrame:
    return table[(table["environment"] == environment) & (table["twin"] == twin)]


def _json(value: Any) -> Any:
    """Return a plain value; what JSON lacks, NaN and infinity, becomes null."""
    return None if pd.isna(value) or value in (math.inf, -math.inf) else value


# Of each probe, the tables that its records have rows in, and what makes these of one record.
_OF_PROBE: dict[str, dict[str, Callable[[Record], Iterable[dict[str, Any]]]]] = {
    "identity": {"identity": _identity, "identity_steps": partial(_each, series="steps", counter="step")},
    "learning": {"learning": _learning, "learning_epochs": partial(_each, series="epochs", counter="epoch")},
    "timing": {"timing_processes": timing_processes},
    "serialization": {"serialization": serialization_rows},
    "exchange": {"exchange": exchange_rows},
    "introspection": {"introspection": check_rows, "faults": fault_rows},
    "pitfalls": {"pitfalls": pitfall_rows},
}
_OF_RECORDS = ["trials", *(table for tables in _OF_PROBE.values() for table in tables)]


if __name__ == "__main__":
    sys.exit(main())
