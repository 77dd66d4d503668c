"""From the records of a study to its tidy tables and its metrics.

docs/tables.md is the data dictionary of what is made here.
"""

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from twinproof.analysis.columns import CELL, COLUMNS
from twinproof.analysis.completeness import Requirement, requirements
from twinproof.analysis.records import read_records, without_results
from twinproof.analysis.rows import OF_PROBE, OF_RECORDS
from twinproof.analysis.rows.code import code_rows
from twinproof.analysis.rows.learning import accuracy_rows
from twinproof.analysis.rows.timing_quality import quality_rows
from twinproof.analysis.rows.trials import trial_row
from twinproof.analysis.verdicts.answer import advice_rows
from twinproof.analysis.verdicts.claims import claim_rows
from twinproof.analysis.verdicts.learning import CONTROL, NOT_JUDGED, answer, gate
from twinproof.analysis.verdicts.timing_table import timing_rows
from twinproof.base.errors import entry_point
from twinproof.base.files import write_whole
from twinproof.study.params import Params, read_params
from twinproof.study.record import Record
from twinproof.study.results import Results


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
        self._add("trials", [trial_row(path, record)])
        for table, rows in OF_PROBE[record["probe"]].items():
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
    tables = {name: pd.DataFrame(rows.of[name], columns=COLUMNS[name]) for name in OF_RECORDS}
    tables |= {
        name: pd.DataFrame(content, columns=COLUMNS[name])
        for name, content in {
            "timing_quality": quality_rows(rows.timings),
            "code": code_rows(params.twins),
            "completeness": (requirement.row() for requirement in examined),
        }.items()
    }
    held = COLUMNS["environments"][:-1]
    tables["environments"] = tables["trials"].groupby(held, sort=False, dropna=False).size().reset_index(name="trials")
    tables["accuracy"] = pd.DataFrame(accuracy_rows(tables["learning"]), columns=COLUMNS["accuracy"])
    cells = tables["trials"][CELL].drop_duplicates().itertuples(index=False)
    tables["twins"] = pd.DataFrame([_twin(tables, *cell) for cell in cells], columns=COLUMNS["twins"])
    gates = {(row["environment"], row["twin"]): row["gate"] for row in tables["twins"].to_dict("records")}
    tables["timing"] = pd.DataFrame(
        timing_rows(tables["timing_processes"], tables["trials"], gates, params.timing),
        columns=COLUMNS["timing"],
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
    params, rows, told = read_params(Results(results).params), Rows(), {}
    for trial, record in read_records(results):
        rows.add(f"trials/{trial.path}", record)
        told[trial] = without_results(record)
    tables = make_tables(rows, params, requirements(params, told))
    for name, table in tables.items():
        write_whole(Results(results).table(name), table.to_csv(index=False))
    write_whole(Results(results).metrics, json.dumps(make_metrics(tables), indent=1, allow_nan=False) + "\n")


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


if __name__ == "__main__":
    sys.exit(main())
