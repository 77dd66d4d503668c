"""The report: one page that opens offline."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.verdicts.answer import SCOPE, lines_for_everyone
from twinproof.analysis.verdicts.graphs import judge_graphs, sentence
from twinproof.analysis.verdicts.headline import split
from twinproof.analysis.verdicts.learning import gate
from twinproof.analysis.words import Reader
from twinproof.base.numbers import counted
from twinproof.base.styles import CONTROL, EXTENDED, SLOWED, STYLES
from twinproof.base.words import ONE_NETWORK
from twinproof.report import WITH_NOTEBOOK, matrices
from twinproof.report.page import assets, gaps
from twinproof.report.page.figures import exchange_counts, figures
from twinproof.report.page.graphs import graph_table
from twinproof.report.page.provenance import provenance
from twinproof.report.page.records import FROM_PAGE, Records
from twinproof.report.page.rows import Rows, plain, rows_of
from twinproof.report.page.timings import timing_sections
from twinproof.report.rendering import render
from twinproof.study.params import Params
from twinproof.study.settings import COMPILED
from twinproof.study.trial import list_cells

# The anchor of each table on the page.
ANCHORS = {
    "claims": "claims", "twins": "twins", "accuracy": "accuracy", "timing": "timing", "serialization": "serialization",
    "exchange": "exchange", "faults": "mistakes", "introspection": "checks", "pitfalls": "pitfalls", "code": "code",
    "identity": "identity", "trials": "trials", "ingredients": "serialization", "graphs": "graphs",
}  # fmt: skip

# The most trials listed, as a page with thousands of rows opens slowly. The table trials has them all.
LISTED = 1000

Tables = dict[str, pd.DataFrame]


def make_page(tables: Tables, metrics: dict[str, Any], params: Params, links: Rows, origin: dict[str, Any]) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    tables
        Each table of `twinproof.analysis.columns.COLUMNS`.
    metrics, params
        Metrics and parameters of the study, shown unchanged.
    links
        The notebooks: environment, twin, what each shows, and href relative to the page, None if it does not exist.
    origin
        The digests of `twinproof.report.made_from.made_from`.
    """
    drawn, timing = figures(tables), timing_sections(tables["timing"], tables["timing_quality"], params)
    scripts, style = assets.scripts(drawn=bool(timing) or any(drawn.values())), assets.styles()
    requirements, found_graphs = rows_of(tables["completeness"]), list(judge_graphs(tables["graphs"]))
    return render(
        assets.TEMPLATE / "index.html.jinja",
        {"percent": _percent, "points": _points, "number": _number, "duration": _duration, "time": _time},
        scripts=scripts,
        style=style,
        policy=assets.policy(scripts, style),
        rests_on=_rests_on(tables["trials"]),
        results=FROM_PAGE,
        one_network=ONE_NETWORK,
        records=Records(tables["trials"]),
        offered=_offered(tables),
        anchors=ANCHORS,
        figures=drawn,
        requirements=requirements,
        broken=[row for row in requirements if not row["holds"]],
        **_advice(tables["answer"]),
        claims=rows_of(tables["claims"]),
        twins=rows_of(tables["twins"]),
        accuracy=rows_of(tables["accuracy"]),
        timing=timing,
        graphs=graph_table(found_graphs),
        graph_sentence=sentence(found_graphs),
        compiled=list(COMPILED),
        timed=bool(tables["trials"]["probe"].eq("timing").any()),
        serialization=_by_environment(tables["serialization"], matrices.serialization_matrix),
        pitfalls=matrices.pitfall_matrix(tables["pitfalls"]) if len(tables["pitfalls"]) else None,
        exchange=matrices.exchange_matrix(tables["exchange"]) if len(tables["exchange"]) else None,
        exchange_counts=list(exchange_counts(tables["exchange"])),
        faults=_by_environment(tables["faults"], matrices.fault_matrix),
        checks=_by_environment(tables["introspection"], matrices.check_matrix),
        code=rows_of(tables["code"]),
        identity=_identity(tables["identity"]),
        failures=list(gaps.failures(tables)),
        missing=list(gaps.missing(tables, params)),
        environments=rows_of(tables["environments"]),
        provenance=provenance(tables["trials"]),
        trials=rows_of(_listed(tables["trials"])),
        params=yaml.safe_dump(params.content(), sort_keys=False),
        metrics=json.dumps(metrics, indent=1),
        study_seed=params.seed,
        links=links,
        origin=origin,
    )


def find_notebooks(params: Params, notebooks: Path, page: Path) -> Rows:
    """Return each notebook with its address relative to `page`, None if it does not exist."""
    return [
        {
            "environment": environment,
            "twin": twin,
            "shows": shows,
            "href": _relative(path, page) if path.is_file() else None,
        }
        for environment, twin, probe in list_cells(params)
        if (shows := WITH_NOTEBOOK.get(probe))
        for path in [notebooks / environment / twin / f"{probe}.html"]
    ]


def _advice(answer: pd.DataFrame) -> dict[str, Any]:
    """Return the sentences of the answer: the headline, those for each kind of reader, and what they speak of."""
    rows = rows_of(answer)
    lines = rows_of(lines_for_everyone(answer))
    return {
        "advice": rows,
        "headline": [dict(zip(("word", "reason"), split(row["sentence"]), strict=True)) | row for row in lines],
        "readers": {
            str(reader): sentences
            for reader in Reader
            if reader != Reader.EVERYONE and (sentences := [row for row in rows if row["reader"] == reader])
        },
        "scope": [row for row in rows if row["topic"] == SCOPE],
    }


def _rests_on(trials: pd.DataFrame) -> str:
    """Describe how much was measured, so that nobody mistakes a small study for a large one."""
    of_probes = ", ".join(f"{count} of {probe}" for probe, count in trials["probe"].value_counts(sort=False).items())
    twins, environments = trials["twin"].nunique(), ", ".join(trials["environment"].unique())
    return f"{counted(len(trials), 'trial')} of {counted(twins, 'twin')} in {environments}: {of_probes}"


def _offered(tables: Tables) -> dict[str, list[str]]:
    """Return the choices of the page's filters: environments, twins, and styles without the controls."""
    trials = tables["trials"]
    styles = [
        style
        for name in ("identity", "learning", "timing", "introspection", "serialization", "exchange", "graphs")
        for style in tables[name]["style"]
    ]
    order = list(STYLES)
    return {
        "environment": list(trials["environment"].unique()),
        "twin": list(trials["twin"].unique()),
        "style": sorted(set(styles) - {CONTROL, SLOWED, EXTENDED}, key=lambda style: order.index(style)),
    }


def _listed(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that the page lists: the first replicates if there are too many, in table order."""
    return trials.sort_values("replicate", kind="stable").head(LISTED).sort_index()


def _by_environment(table: pd.DataFrame, make: Callable[[pd.DataFrame], matrices.Matrix]) -> Rows:
    return [
        {"environment": environment, "matrix": make(rows)}
        for environment, rows in table.groupby("environment", sort=False)
    ]


def _identity(identity: pd.DataFrame) -> Rows:
    """Return a row for each twin and compared style, with the worst outcome and the largest differences over seeds."""
    compared = identity[identity["style"] != "functional"]
    return [
        {
            **dict(zip([*CELL, "style"], key, strict=True)),
            "outcome": gate(rows),
            "seeds": rows["replicate"].nunique(),
            **_worst_proof(rows),
            **plain(rows[["outputs", "losses", "weights"]].max().to_dict()),
            **plain({"first_difference": rows["first_difference"].min(), "parameters": rows["parameters"].max()}),
        }
        for key, rows in compared.groupby([*CELL, "style"], sort=False)
    ]


def _worst_proof(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the sentence and the stages of the proof with the worst outcome."""
    worst = rows[rows["outcome"] == gate(rows)]
    said = (worst if len(worst) else rows).iloc[0]
    stages = said["stages"]
    return {
        "proof": said["proof"] if isinstance(said["proof"], str) else None,
        "stages": json.loads(stages) if isinstance(stages, str) else [],
    }


def _relative(path: Path, page: Path) -> str:
    return Path(os.path.relpath(path, page.parent)).as_posix()


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _points(share: float) -> str:
    # Rounded first, so that zero is shown without a sign.
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
