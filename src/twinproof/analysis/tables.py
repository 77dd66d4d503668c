"""From the records of a study to its tidy tables and its metrics.

docs/tables.md is the data dictionary of these tables.
"""

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pandas as pd

from twinproof.analysis.columns import COLUMNS, cells_of, make_table
from twinproof.analysis.completeness import Requirement, requirements
from twinproof.analysis.family import family_of
from twinproof.analysis.records import read_records, without_results
from twinproof.analysis.rows import OF_PROBE
from twinproof.analysis.rows.code import code_rows
from twinproof.analysis.rows.common import CELL
from twinproof.analysis.rows.learning import DIFFERENCES, accuracy_rows
from twinproof.analysis.rows.timing_quality import quality_rows
from twinproof.analysis.rows.trials import trial_row
from twinproof.analysis.verdicts.answer import advice_rows
from twinproof.analysis.verdicts.claims import claim_rows
from twinproof.analysis.verdicts.graphs import with_graphs
from twinproof.analysis.verdicts.learning import TwinFound, TwinRow, answer, gate
from twinproof.analysis.verdicts.timing_table import timing_rows
from twinproof.analysis.words import LearningVerdict, TimingVerdict
from twinproof.base.errors import entry_point
from twinproof.base.files import write_whole
from twinproof.base.styles import CONTROL, Style
from twinproof.base.words import Identity
from twinproof.study.params import Params, read_params
from twinproof.study.record import Record
from twinproof.study.results import Results
from twinproof.study.settings import Probe


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
        """Add the rows of one record."""
        self._add("trials", [trial_row(path, record)])
        for table, (_, make) in OF_PROBE[record["probe"]].items():
            self._add(table, make(record))
        if record["probe"] == Probe.TIMING:
            self.timings.append(record)

    def _add(self, table: str, rows: Iterable[object]) -> None:
        # As tuples: as objects, millions of cells would take more memory.
        self.of[table] += map(cells_of, rows)


def make_tables(rows: Rows, params: Params, examined: Sequence[Requirement]) -> dict[str, pd.DataFrame]:
    """Return each table of `COLUMNS`, with those columns; a table of a probe that was not run has no rows.

    `params` are those of the study, of which the twins and the sampling of timings matter here; `examined` are the
    requirements of `twinproof.analysis.completeness`.
    """
    of_records = ["trials", *chain.from_iterable(OF_PROBE.values())]
    tables = {name: pd.DataFrame(rows.of[name], columns=COLUMNS[name]) for name in of_records}
    tables["timing_quality"] = make_table("timing_quality", quality_rows(rows.timings))
    tables["code"] = make_table("code", code_rows(params.twins))
    tables["completeness"] = make_table("completeness", (requirement.row() for requirement in examined))
    held = COLUMNS["environments"][:-1]
    tables["environments"] = tables["trials"].groupby(held, sort=False, dropna=False).size().reset_index(name="trials")
    tables["accuracy"] = make_table("accuracy", accuracy_rows(tables["learning"]))
    cells = tables["trials"][CELL].drop_duplicates().itertuples(index=False)
    twins = [_twin(tables, *cell) for cell in cells]
    tables["twins"] = make_table("twins", twins)
    gates = {(twin.environment, twin.twin): twin.gate for twin in twins}
    timings = timing_rows(tables["timing_processes"], tables["trials"], gates, params.timing, family_of(params))
    tables["timing"] = make_table("timing", with_graphs(timings, tables["graphs"]))
    # A twin that is not judged is shown, but not compared.
    unjudged = tables["twins"].loc[tables["twins"]["verdict"] == LearningVerdict.NOT_JUDGED, CELL]
    hidden = tables["accuracy"].set_index(CELL).index.isin(pd.MultiIndex.from_frame(unjudged))
    tables["accuracy"].loc[hidden, DIFFERENCES] = None
    tables["claims"] = make_table("claims", claim_rows(tables))
    tables["answer"] = make_table("answer", advice_rows(tables))
    return tables


class StyleMetrics(TypedDict):
    """The test accuracy of a style with its interval, and its test loss, null where JSON has no such number."""

    test_accuracy: float | None
    low: float | None
    high: float | None
    test_loss: float | None
    seeds: int


class RatioMetrics(TypedDict):
    """The ratio of a style to functional in one quantity, with its interval, and the verdict."""

    ratio: float | None
    low: float | None
    high: float | None
    verdict: TimingVerdict


class TwinMetrics(TypedDict):
    """The figures of a twin in an environment; those of timing by style and quantity, if it was timed."""

    gate: Identity
    verdict: LearningVerdict
    bit_equal_share: float | None
    styles: dict[str, StyleMetrics]
    timing: NotRequired[dict[str, dict[str, RatioMetrics]]]


class EnvironmentMetrics(TypedDict):
    """The figures of an environment."""

    twins: dict[str, TwinMetrics]


class Metrics(TypedDict):
    """The figures of a study."""

    environments: dict[str, EnvironmentMetrics]


def make_metrics(tables: dict[str, pd.DataFrame]) -> Metrics:
    """Return the figures that are tracked from version to version, by environment, twin and style."""
    environments: dict[str, EnvironmentMetrics] = {}
    for row in tables["twins"].to_dict("records"):
        environment, twin = str(row["environment"]), str(row["twin"])
        judged = row["verdict"] != LearningVerdict.NOT_JUDGED
        metrics: TwinMetrics = {
            "gate": row["gate"],
            "verdict": row["verdict"],
            "bit_equal_share": row["bit_equal_seeds"] / row["seeds"] if judged else None,
            "styles": {
                found["style"]: {
                    "test_accuracy": _json(found["test_accuracy"]),
                    "low": _json(found["low"]),
                    "high": _json(found["high"]),
                    "test_loss": _json(found["test_loss"]),
                    "seeds": found["seeds"],
                }
                for found in _of(tables["accuracy"], environment, twin).to_dict("records")
            },
        }
        timing: dict[str, dict[str, RatioMetrics]] = {}
        for found in _of(tables["timing"], environment, twin).to_dict("records"):
            timing.setdefault(found["style"], {})[found["quantity"]] = {
                "ratio": _json(found["ratio"]),
                "low": _json(found["low"]),
                "high": _json(found["high"]),
                "verdict": found["verdict"],
            }
        if timing:
            metrics["timing"] = timing
        environments.setdefault(environment, {"twins": {}})["twins"][twin] = metrics
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


def _twin(tables: dict[str, pd.DataFrame], environment: str, twin: str) -> TwinRow:
    identity = _of(tables["identity"], environment, twin)
    learning = _of(tables["learning"], environment, twin)
    devices = sorted(_of(tables["trials"], environment, twin)["device"].unique())
    others = learning[learning["style"] != Style.FUNCTIONAL]
    equal = others["bit_equal"].eq(True).groupby(others["replicate"]).all()
    own = identity["style"] != CONTROL
    alone = identity[own & (identity["style"] != Style.FUNCTIONAL)]
    alike = alone["seed_alone"].eq(True).groupby(alone["replicate"]).all()
    found = TwinFound(
        environment=environment,
        twin=twin,
        gate=gate(alone),
        control=gate(identity[~own]),
        gate_seeds=len(alike),
        seed_alone=int(alike.sum()),
        seeds=len(equal),
        bit_equal_seeds=int(equal.sum()),
    )
    failures = int(learning["status"].eq("failed").sum())
    verdict, sentence = answer(found, _of(tables["accuracy"], environment, twin), failures, devices)
    return TwinRow(**vars(found), verdict=verdict, answer=sentence)


def _of(table: pd.DataFrame, environment: str, twin: str) -> pd.DataFrame:
    return table[(table["environment"] == environment) & (table["twin"] == twin)]


def _json(value: float) -> float | None:
    """Return a number; NaN and infinity, which JSON lacks, become null."""
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    sys.exit(main())
