"""Snakemake's own report of a study: what it shows, under which headings, and with which captions."""

import json
import re
from typing import Any

import pytest

from tests.copies import QUICK, must, run_in
from twinproof.analysis.columns import COLUMNS


@pytest.fixture(scope="module")
def report(quick_study, tmp_path_factory) -> str:
    """The report of the quick study, as HTML."""
    page = tmp_path_factory.mktemp("report") / "snakemake.html"
    must(run_in(quick_study, *QUICK, "--report", str(page)))
    return page.read_text()


def told(report: str, name: str) -> Any:
    """Return the data in a script of the page."""
    return json.loads(re.search(rf'<script id="{name}">\s*(?:var )?\w+ = (.*);\s*</script>', report)[1])


def test_results_have_their_categories(report):
    categories = told(report, "categories")
    assert set(categories) == {"Report", "Tables", "Notebooks"}
    shown = {
        category: sorted(path for paths in groups.values() for path in paths) for category, groups in categories.items()
    }
    assert shown["Report"] == ["results/quick/metrics.json", "results/quick/report/index.html"]
    assert shown["Tables"] == sorted(f"results/quick/tables/{table}.csv" for table in COLUMNS)
    twins = ("conditional", "dynamic", "simple")
    assert shown["Notebooks"] == [f"results/quick/notebooks/tf2.21-cpu/{twin}/learning.html" for twin in twins]


def test_every_result_has_labels_and_a_caption(report):
    results = told(report, "results")
    assert all(result["labels"] and result["caption"] for result in results.values())
    notebook = results["results/quick/notebooks/tf2.21-cpu/dynamic/learning.html"]
    assert notebook["labels"] == {"environment": "tf2.21-cpu", "twin": "dynamic", "notebook": "learning"}
    assert "<em>dynamic</em> in tf2.21-cpu" in notebook["caption"]
    assert "what was learned, seed by seed" in notebook["caption"]
    assert results["results/quick/tables/answer.csv"]["labels"] == {"table": "answer"}


def test_description_says_what_the_study_asks_for(report):
    description = re.search(r"workflow_desc = (\".*?\");$", report, re.M)[1]
    assert "identity, learning, graph in tf2.21-cpu" in json.loads(description)
    assert "tf2.18-cpu" not in json.loads(description)


def test_page_loads_nothing_from_outside(report):
    assert not re.search(r"""<(script|link|img|iframe)\b[^>]*(src|href)\s*=\s*["']?(https?:)?//""", report)
