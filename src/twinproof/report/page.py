"""Writes the report: one page that opens offline.

Usage: python -m twinproof.report.page --tables results/tables --metrics results/metrics.json
       --params results/params.yaml --notebooks results/notebooks --output results/report/index.html
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from twinproof.analysis.columns import CELL, COLUMNS
from twinproof.analysis.serialization import RIGHT
from twinproof.analysis.verdicts import gate
from twinproof.errors import UserError
from twinproof.files import write_whole
from twinproof.params import Params, read_params
from twinproof.plan import cells
from twinproof.report import matrices, read_table
from twinproof.report.timing import timing_sections

TEMPLATE = "index.html.jinja"
# Each with the table that tells on which replicates it was done.
PROBES = {
    "identity": "identity", "learning": "learning", "timing": "timing_processes", "serialization": "serialization",
    "exchange": "exchange", "introspection": "introspection", "pitfalls": "pitfalls",
}  # fmt: skip
NOTEBOOKS = {
    "learning": "learning and identity, seed by seed",
    "timing": "timing, process by process",
    "serialization": "serialization, operation by operation",
    "pitfalls": "pitfalls, one by one",
}

# Where on the page a table is shown.
ANCHORS = {
    "claims": "claims", "twins": "answer", "accuracy": "accuracy", "timing": "timing", "serialization": "keeping",
    "exchange": "exchanged",
    "faults": "mistakes", "introspection": "checks", "pitfalls": "pitfalls", "code": "code", "identity": "identity",
}  # fmt: skip

Tables = dict[str, pd.DataFrame]
Rows = list[dict[str, Any]]


def make_page(tables: Tables, metrics: dict[str, Any], params: Params, links: Rows) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    tables
        Each table of `twinproof.analysis.tables.COLUMNS`.
    metrics, params
        Those of the study, shown as they are.
    links
        The notebooks: environment, twin, what it shows, and href relative to the page, or None if it was not made.
    """
    import jinja2

    # Neither page nor template trusts a text in the tables: error messages are the user's.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": _percent,
        "points": _points,
        "number": _number,
        "duration": _duration,
        "time": _time,
    }
    figures, timing = _figures(tables), timing_sections(tables["timing"], tables["timing_quality"], params)
    return environment.get_template(TEMPLATE).render(
        answers=_rows(tables["twins"]),
        environments=_rows(tables["environments"]),
        figures=figures,
        timing=timing,
        timed=bool(tables["trials"]["probe"].eq("timing").any()),
        scripts=_scripts() if figures or timing else "",
        anchors=ANCHORS,
        advice=_rows(tables["answer"]),
        claims=_rows(tables["claims"]),
        code=_rows(tables["code"]),
        keeping=_by_environment(tables["serialization"], matrices.serialization_matrix),
        exchanged=matrices.exchange_matrix(tables["exchange"]) if len(tables["exchange"]) else None,
        exchange_counts=list(_exchange_counts(tables["exchange"])),
        checks=_by_environment(tables["introspection"], matrices.check_matrix),
        faults=_by_environment(tables["faults"], matrices.fault_matrix),
        pitfalls=matrices.pitfall_matrix(tables["pitfalls"]) if len(tables["pitfalls"]) else None,
        accuracy=_rows(tables["accuracy"]),
        identity=_identity(tables["identity"]),
        failures=list(_failures(tables)),
        missing=list(_missing(tables, params)),
        provenance=_provenance(tables["trials"]),
        params=yaml.safe_dump(params, sort_keys=False),
        metrics=json.dumps(metrics, indent=1),
        study_seed=params["seed"],
        links=links,
    )


def find_notebooks(params: Params, notebooks: Path, page: Path) -> Rows:
    """Return the address of each notebook relative to `page`, or None where it was not made."""
    return [
        {
            "environment": environment,
            "twin": twin,
            "shows": shows,
            "href": _relative(path, page) if path.is_file() else None,
        }
        for environment, twin, probe in cells(params)
        if (shows := NOTEBOOKS.get(probe))
        for path in [notebooks / environment / twin / f"{probe}.html"]
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write the report from the tables of a study."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.report.page", description=main.__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="the folder of the tables")
    parser.add_argument("--metrics", type=Path, required=True, help="metrics.json")
    parser.add_argument("--params", type=Path, required=True, help="the parameters of the study")
    parser.add_argument("--notebooks", type=Path, required=True, help="the folder of the executed notebooks")
    parser.add_argument("--output", type=Path, required=True, help="where to write the page")
    options = parser.parse_args(arguments)
    try:
        params = read_params(options.params)
        metrics = _read_metrics(options.metrics)
        tables = {name: read_table(options.tables, name) for name in COLUMNS}
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    links = find_notebooks(params, options.notebooks, options.output)
    write_whole(options.output, make_page(tables, metrics, params, links))
    return 0


def _read_metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); run `snakemake --cores all tables`") from None
    if not isinstance(metrics, dict):
        raise UserError(f"{path}: not a mapping; run `snakemake --cores all tables`")
    return metrics


def _figures(tables: Tables) -> Rows:
    """Return a figure for each environment with learning curves: specification, number of panels, caption."""
    from twinproof.report import charts

    figures = []
    for environment, epochs in tables["learning_epochs"].groupby("environment", sort=False):
        learning = tables["learning"][tables["learning"]["environment"] == environment]
        specification = charts.specification(charts.learning_curves(epochs, learning))
        compared = learning["bit_equal"].dropna()
        caption = (
            f"Validation accuracy by epoch in {environment}, one line for each of {learning['replicate'].nunique()} "
            "seeds in each style; where styles coincide, the thinner line lies inside the wider one, and here "
            f"{int(compared.eq(True).sum())} of {len(compared)} trainings end with the very weights of functional."
        )
        panels = epochs["twin"].nunique()
        figures.append({"spec": specification, "panels": panels, "axis": 60, "caption": caption})
    return figures


def _by_environment(table: pd.DataFrame, make: Callable[[pd.DataFrame], matrices.Matrix]) -> Rows:
    return [
        {"environment": environment, "matrix": make(rows)}
        for environment, rows in table.groupby("environment", sort=False)
    ]


def _exchange_counts(exchange: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield for each writer and reader how much of each way is read right."""
    for (writer, reader), rows in exchange.groupby(["writer", "environment"], sort=False):
        right = rows["outcome"].isin(RIGHT).groupby(rows["way"], sort=False)
        yield {
            "writer": writer,
            "reader": reader,
            "ways": [(way, int(found.sum()), len(found)) for way, found in right],
            "silent": int(rows["outcome"].eq("silently wrong").sum()),
        }


def _scripts() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script, of the version that Altair writes for."""
    import altair
    import vl_convert

    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    # A closing tag inside a script would end it.
    bundle = vl_convert.javascript_bundle(vl_version=version)  # type: ignore[call-arg]  # the stub lacks a default
    return str(bundle).replace("</script", "<\\/script")


def _identity(identity: pd.DataFrame) -> Rows:
    """Return one row for each twin and compared style: the worst outcome and the largest differences of all seeds."""
    compared = identity[identity["style"] != "functional"]
    return [
        {
            **dict(zip([*CELL, "style"], key, strict=True)),
            "outcome": gate(rows),
            "seeds": rows["replicate"].nunique(),
            **_plain(rows[["outputs", "losses", "weights"]].max().to_dict()),
            **_plain({"first_difference": rows["first_difference"].min(), "parameters": rows["parameters"].max()}),
        }
        for key, rows in compared.groupby([*CELL, "style"], sort=False)
    ]


def _failures(tables: Tables) -> Iterator[dict[str, Any]]:
    for probe in ("identity", "learning"):
        table = tables[probe]
        for row in _rows(table[table["status"] == "failed"]):
            yield {"probe": probe, **{key: row[key] for key in (*CELL, "replicate", "style", "error")}}
    # What a style cannot do, it cannot do in any process: said once.
    failed = tables["timing_processes"].dropna(subset="error").fillna({"quantity": "all quantities"})
    for key, rows in failed.groupby([*CELL, "style", "quantity", "error"], sort=False):
        environment, twin, style, quantity, error = key
        yield {
            **{"probe": "timing", "environment": environment, "twin": twin, "style": style},
            "replicate": f"{len(rows)} {'process' if len(rows) == 1 else 'processes'}",
            "error": f"{quantity}: {error}",
        }


def _missing(tables: Tables, params: Params) -> Iterator[str]:
    """Say which probe was not measured, for which twin, and why."""
    planned_cells = cells(params)
    asked_anywhere = dict.fromkeys(probe for asked in params["environments"].values() for probe in asked["probes"])
    for twin, network in params["twins"].items():
        own = network.get("probes", asked_anywhere)
        if left_out := [probe for probe in asked_anywhere if probe not in own]:
            yield f"{twin}: not measured under {', '.join(left_out)}; twins.{twin}.probes does not ask for it."
        if "pitfalls" in own and "pitfalls" in asked_anywhere and not _is_planned(planned_cells, twin, "pitfalls"):
            yield f"{twin}: the catalogue has no pitfalls of it."
    for environment, asked in params["environments"].items():
        if not asked["probes"]:
            yield f"{environment}: nothing was measured in it, as this study (parameters below) asks for no probe."
            continue
        for probe, table in PROBES.items():
            if probe not in asked["probes"]:
                yield f"{environment}: {probe} was not measured; environments.{environment}.probes does not ask for it."
                continue
            of_environment = tables[table][tables[table]["environment"] == environment]
            for twin in params["twins"]:
                if (environment, twin, probe) not in planned_cells:
                    continue
                done = of_environment.loc[of_environment["twin"] == twin, "replicate"].nunique()
                planned = params[probe]["replicates"]
                if done < planned:
                    # Of timing, the parameters name the fewest: more are added as they are needed.
                    of = f"at least {planned} processes" if probe == "timing" else f"{planned} seeds"
                    count = f"was measured on {done} of {of} only" if done else "was not measured"
                    yield f"{environment}: {probe} of {twin} {count}, though the parameters ask for it."


def _is_planned(planned: list[tuple[str, str, str]], twin: str, probe: str) -> bool:
    return any(cell[1:] == (twin, probe) for cell in planned)


def _provenance(trials: pd.DataFrame) -> dict[str, Any]:
    machine = ["host", "processor", "cores", "memory", "threads"]
    seeds = trials.groupby("twin", sort=False)["seed"].unique()
    return {
        "trials": len(trials),
        "seconds": float(trials["seconds"].sum()),
        "first": None if trials.empty else trials["started"].min(),
        "last": None if trials.empty else trials["started"].max(),
        "commits": list(trials["commit"].dropna().unique()),
        "uncommitted": int(trials["commit"].isna().sum()),
        "machines": [
            _plain(dict(zip(machine, key, strict=True)))
            | {"trials": len(rows), "load": rows[["load_before", "load_after"]].max(axis=None)}
            for key, rows in trials.groupby(machine, sort=False, dropna=False)
        ],
        "seeds": {twin: sorted(map(int, values)) for twin, values in seeds.items()},
    }


def _rows(table: pd.DataFrame) -> Rows:
    return [_plain(row) for row in table.to_dict("records")]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Make the empty cells of a row None."""
    return {key: None if pd.isna(value) else value for key, value in row.items()}


def _relative(path: Path, page: Path) -> str:
    return Path(os.path.relpath(path, page.parent)).as_posix()


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _points(share: float) -> str:
    # Rounded first: what is shown as zero has no sign.
    value = round(100 * share, 2)
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}") if value else "0.00"


def _time(started: str) -> str:
    return f"{datetime.fromisoformat(started).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _number(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}".replace("-", "\N{MINUS SIGN}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main())
