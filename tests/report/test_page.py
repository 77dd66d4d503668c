"""The report's page: it agrees with the tables, and needs nothing from outside."""

import base64
import hashlib
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from twinproof.analysis.columns import read_table
from twinproof.report.page.__main__ import main

from ..conftest import REPOSITORY
from . import studies

ENVIRONMENT = "tf2.21-cpu"
Write = Callable[[Path, dict[str, Any], dict[str, Any]], Path]


def arguments(results: Path) -> list[str]:
    given = {
        "tables": results / "tables",
        "metrics": results / "metrics.json",
        "params": results / "params.yaml",
        "notebooks": results / "notebooks",
        "output": results / "report" / "index.html",
    }
    return [text for name, path in given.items() for text in (f"--{name}", str(path))]


# By the files it was made from, because many tests look at the same page.
PAGES: dict[tuple[tuple[Path, bytes], ...], str] = {}


def make(results: Path) -> str:
    """Make the page, unless it was already made from the same results."""
    page = results / "report" / "index.html"
    files = sorted(path for path in results.rglob("*") if path.is_file() and path != page)
    key = tuple((path.relative_to(results), hashlib.sha256(path.read_bytes()).digest()) for path in files)
    if key not in PAGES:
        assert main(arguments(results)) == 0
        PAGES[key] = page.read_text()
    page.parent.mkdir(exist_ok=True)
    page.write_text(PAGES[key])
    return PAGES[key]


def words(html: str) -> str:
    """The text a reader sees, in one line."""
    visible = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", visible)).split())


def without_libraries(html: str) -> str:
    """The page without third-party scripts, which are known to name addresses without loading them."""
    return re.sub(r"<script[^>]*data-library=.*?</script>", "", html, flags=re.DOTALL)


def specifications(html: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, flags=re.DOTALL)
    return [json.loads(text) for text in found]


def figure(html: str, caption: str) -> dict[str, Any]:
    """The specification of the one figure whose caption begins like this."""
    captions = [unescape(text) for text in re.findall(r"<figcaption>(.*?)</figcaption>", html, flags=re.DOTALL)]
    (found,) = [one for one, text in zip(specifications(html), captions, strict=True) if text.startswith(caption)]
    return found


def change(results: Path, table: str, **values: object) -> None:
    path = results / "tables" / f"{table}.csv"
    pd.read_csv(path, dtype=object).assign(**values).to_csv(path, index=False)


def without(probe: str, records: dict[str, Any]) -> dict[str, Any]:
    return {path: record for path, record in records.items() if record["probe"] != probe}


def test_page_names_no_outside_address_and_forbids_loading_one(results: Path) -> None:
    html = make(results)
    assert "://" not in without_libraries(html)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\((?!data:)""", without_libraries(html))
    assert "<script src" not in html
    assert "default-src 'none'" in unescape(html)


def test_each_library_is_in_the_page_once(results: Path) -> None:
    html = make(results)
    assert html.count("window.vegaEmbed=") == html.count("window.DataTable =") == 1
    ours = re.sub(r"(<script[^>]*>).*?(</script>)", r"\1\2", html, flags=re.DOTALL)
    assert ours.count("<script") == ours.count("</script>") == 3 + len(specifications(html))


def test_only_the_scripts_and_the_style_of_the_page_are_allowed(results: Path) -> None:
    html = make(results)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    policy = unescape(policy)
    assert "unsafe" not in policy
    scripts = re.findall(r'<script type="(?:module|text/javascript)"[^>]*>(.*?)</script>', html, flags=re.DOTALL)
    for text in [*scripts, *re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)]:
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_rows_link_to_the_records_they_come_from(results: Path) -> None:
    html = make(results)
    rows = re.findall(r"<tr[^>]*>.*?</tr>", html, flags=re.DOTALL)
    (row,) = [row for row in rows if "97.28" in row]
    assert re.findall(r'href="([^"]*)"', row) == [
        f"../trials/{ENVIRONMENT}/dynamic/learning-{replicate}.json" for replicate in range(3)
    ]
    for address in re.findall(r'href="(\.\./[^"]*)"', html):
        assert (results / "report" / address).is_file(), address


def test_curves_hold_the_figures_of_the_table(results: Path) -> None:
    (rows,) = figure(make(results), "Validation accuracy by epoch")["datasets"].values()
    keys, values = (
        ["twin", "replicate", "style", "epoch"],
        ["validation_accuracy", "validation_loss", "accuracy", "loss"],
    )
    shown = pd.DataFrame(rows).sort_values(keys)[keys + values].reset_index(drop=True)
    table = read_table(results / "tables", "learning_epochs").sort_values(keys)[keys + values].reset_index(drop=True)
    pd.testing.assert_frame_equal(shown, table, check_dtype=False)
    assert {row["seed"] for row in rows} == {11, 22, 33}


def test_page_says_how_much_it_is_based_on(results: Path) -> None:
    probes = read_table(results / "tables", "trials")["probe"]
    identity, learning = (int((probes == probe).sum()) for probe in ("identity", "learning"))
    assert identity + learning == len(probes) > 2
    told = f"{len(probes)} trials of 2 twins in {ENVIRONMENT}: {identity} of identity, {learning} of learning."
    assert f"This page is based on {told}" in words(make(results))


def test_each_answer_is_shown(results: Path) -> None:
    text = words(make(results))
    for answer in read_table(results / "tables", "twins")["answer"]:
        assert " ".join(answer.split()) in text


def test_accuracy_table_shows_means_intervals_and_bit_equality(results: Path) -> None:
    text = words(make(results))
    assert "97.28 [96.68, 97.88]" in text
    assert "+0.08 [\N{MINUS SIGN}0.02, +0.18] bit-equal on 0 of 3 seeds" in text
    assert "0.00 [0.00, 0.00] bit-equal on 3 of 3 seeds" in text


def test_identity_table_shows_outcome_and_largest_differences_with_the_control(results: Path) -> None:
    text = words(make(results))
    assert "subclassed within rounding 0 2.0e\N{MINUS SIGN}08 1.5e\N{MINUS SIGN}07 3 101,770 2" in text
    assert "control bit-equal 0 0 0 none 101,770 2" in text


def test_failed_style_is_shown_with_its_error_as_text(results: Path) -> None:
    html = make(results)
    assert (
        f"{ENVIRONMENT} simple sequential learning replicate 2 ValueError: <b>shapes</b> (128, 10) & (128, 9)"
        in words(html)
    )
    assert "<b>" not in html
    assert "1 failed" in words(html)


def test_study_without_failures_says_so(
    results: Path, records: dict[str, Any], study: dict[str, Any], write_results: Write
) -> None:
    whole = {path: record for path, record in records.items() if not path.endswith("simple/learning-2.json")}
    study["learning"]["replicates"] = 2
    assert "No style failed." in words(make(write_results(results / "whole", whole, study)))


@pytest.mark.parametrize(
    ("probe", "sentences"),
    [
        ("learning", ["so there are no curves", "so there are no accuracies", "learning of simple was not measured"]),
        ("identity", ["so no twin is known to be one network", "identity of dynamic was not measured"]),
    ],
)
def test_probe_that_was_not_measured_is_reported(
    probe: str,
    sentences: list[str],
    results: Path,
    records: dict[str, Any],
    study: dict[str, Any],
    write_results: Write,
) -> None:
    text = words(make(write_results(results / "part", without(probe, records), study)))
    for sentence in sentences:
        assert sentence in text


def test_probe_that_was_not_asked_for_is_reported(
    results: Path, records: dict[str, Any], study: dict[str, Any], write_results: Write
) -> None:
    study["environments"][ENVIRONMENT]["probes"] = ["learning"]
    text = words(make(write_results(results / "part", without("identity", records), study)))
    assert f"identity was not measured; environments.{ENVIRONMENT}.probes does not include it" in text


def test_study_without_any_trial_still_makes_a_page(results: Path, study: dict[str, Any], write_results: Write) -> None:
    text = words(make(write_results(results / "empty", {}, study)))
    assert "no twin was measured" in text


def test_one_seed_has_no_interval_and_the_page_says_so(
    results: Path, records: dict[str, Any], study: dict[str, Any], write_results: Write
) -> None:
    study["learning"]["replicates"] = study["identity"]["replicates"] = 1
    one = {path: record for path, record in records.items() if record["replicate"] == 0}
    text = words(make(write_results(results / "one", one, study)))
    assert "97.00 one seed, no interval" in text
    assert not re.search(r"\bnan\b", text.lower())


def test_notebooks_are_linked_relative_to_the_page_or_reported_as_missing(results: Path) -> None:
    (results / "notebooks" / ENVIRONMENT / "dynamic" / "learning.html").unlink()
    html = make(results)
    assert f'href="../notebooks/{ENVIRONMENT}/simple/learning.html"' in html
    assert f"dynamic in {ENVIRONMENT}: there is no notebook about" in words(html)


def test_notebooks_of_timing_are_linked_where_it_was_asked_for(results: Path, timed_results: Path) -> None:
    assert "timing.html" not in make(results)
    (timed_results / "notebooks" / ENVIRONMENT / "dynamic" / "timing.html").unlink()
    html = make(timed_results)
    assert f'href="../notebooks/{ENVIRONMENT}/simple/timing.html"' in html
    assert f"dynamic in {ENVIRONMENT}: there is no notebook about timing, process by process" in words(html)


def test_twin_without_a_probe_has_no_notebook_of_it_and_the_page_says_why(
    timed_records: dict[str, Any], timed_study: dict[str, Any], tmp_path: Path, write_results: Write
) -> None:
    timed_study["twins"]["simple"]["probes"] = ["timing"]
    rest = {
        path: record
        for path, record in timed_records.items()
        if record["twin"] == "dynamic" or record["probe"] == "timing"
    }
    html = make(write_results(tmp_path / "part", rest, timed_study))
    assert f'href="../notebooks/{ENVIRONMENT}/simple/timing.html"' in html
    assert f"{ENVIRONMENT}/simple/learning.html" not in html
    text = words(html)
    assert f"simple in {ENVIRONMENT}: there is no notebook about" not in text
    assert "simple: not measured under identity, learning; twins.simple.probes does not include it." in text
    assert "although the parameters include it" not in text


def test_requirement_that_is_not_met_is_shown_at_the_top(results: Path) -> None:
    assert "This study does not meet" not in words(make(results))
    path = results / "tables" / "completeness.csv"
    table = pd.read_csv(path, dtype=object)
    table.loc[0, ["holds", "findings"]] = [False, "<i>simple</i>/learning-1.json is missing"]
    table.to_csv(path, index=False)
    html = make(results)
    text = words(html)
    assert "This study does not meet 1 of 2 requirements" in text
    found = f"{table['requirement'][0]}: <i>simple</i>/learning-1.json is missing"
    assert text.index(found) < text.index("The answer", text.index("Should you subclass your"))
    assert "<i>" not in without_libraries(html)
    assert f"{table['requirement'][0]} no <i>simple</i>/learning-1.json is missing" in text
    assert f"{table['requirement'][1]} yes none" in text


def test_provenance_shows_software_machine_seeds_and_effort(results: Path) -> None:
    text = words(make(results))
    for fact in (
        "10, 6 min 55 s of measurement",
        "2026-11-23 10:00 UTC to 2026-11-23 10:02 UTC",
        "with uncommitted changes",
        "11, 22, 33",
        f"{ENVIRONMENT} TensorFlow 2.21.0 3.10 3.11.7 CPU none: a venv {'ab' * 6}… 10",
        "node7 Made-up CPU 8 32.0 GiB 1 CPU 1.2 10",
    ):
        assert fact in text


def test_versions_are_read_as_text(results: Path) -> None:
    assert set(read_table(results / "tables", "trials")["keras"]) == {"3.10"}


def test_twin_may_be_named_like_a_missing_value(results: Path) -> None:
    change(results, "twins", twin="none", answer="none: one network.")
    assert "none: one network." in words(make(results))


def test_long_study_is_drawn_whole(results: Path) -> None:
    path = results / "tables" / "learning_epochs.csv"
    table = pd.read_csv(path)
    pd.concat([table.assign(epoch=table["epoch"] + 4 * turn) for turn in range(100)]).to_csv(path, index=False)
    (rows,) = figure(make(results), "Validation accuracy by epoch")["datasets"].values()
    assert len(rows) == 100 * len(table) > 5000


@pytest.mark.parametrize("missing", ["tables/accuracy.csv", "metrics.json", "params.yaml"])
def test_missing_input_is_named_and_exits_with_2(
    missing: str, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (results / missing).unlink()
    assert main(arguments(results)) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert missing in message
    assert not (results / "report").exists()


def test_missing_column_is_named_and_exits_with_2(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = results / "tables" / "accuracy.csv"
    pd.read_csv(path).drop(columns="difference_low").to_csv(path, index=False)
    assert main(arguments(results)) == 2
    assert "accuracy.csv: no column difference_low" in capsys.readouterr().err


def test_page_that_does_not_fit_leaves_the_earlier_one_and_says_so_in_one_line(results: Path) -> None:
    former = results / "report/index.html"
    former.parent.mkdir()
    former.write_text("former")
    done = subprocess.run(
        [sys.executable, "-m", "twinproof.report.page", *arguments(results)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")},
        # Like a full disk: the kernel refuses to write more.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {former}: cannot be written")
    assert [path.read_text() for path in former.parent.iterdir()] == ["former"]


def test_compiled_graphs_are_shown_and_a_timing_of_the_same_graph_links_to_them(
    write_results: Write, params: dict[str, Any], tmp_path: Path
) -> None:
    html = make(write_results(tmp_path / "whole", *studies.whole_study(params)))
    text = words(html)
    assert "In 4 of 6 comparisons with functional, " in text
    assert f"train_step of simple, subclassed, in {ENVIRONMENT} (the same 3 operations, in a different order)" in text
    assert (
        f"{ENVIRONMENT} simple subclassed the same 3 operations, in a different order equal: 3 operations equal:"
        in text
    )
    # For each twin, predict is timed, and also train_step, whose graph differs.
    assert html.count('<a href="#graphs">same graph</a>') == 2


def test_page_says_that_graphs_were_not_compared(results: Path) -> None:
    assert "Graphs were not compared." in words(make(results))
