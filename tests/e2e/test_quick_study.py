"""The quick study through Snakemake, and a version of it through DVC."""

import json
import shutil

import pytest
import yaml
from scipy import stats

from tests.conftest import ENVIRONMENT
from tests.copies import QUICK, must, only_twin, records, run_in
from tests.golden import quick_study as quick_golden
from twinproof.pipeline.durations import from_csv

TWINS = {"simple", "conditional", "dynamic"}


def test_the_study_ends_with_report_and_metrics(quick_study):
    assert (quick_study / "results/quick/report/index.html").stat().st_size > 100_000
    for twin in TWINS:
        assert (quick_study / f"results/quick/notebooks/tf2.21-cpu/{twin}/learning.html").exists()
    assert len(records(quick_study)) == 15


def test_metrics_are_what_the_records_say(quick_study):
    metrics = json.loads((quick_study / "results/quick/metrics.json").read_text())["environments"]["tf2.21-cpu"][
        "twins"
    ]
    assert set(metrics) == TWINS
    learned = [record for record in records(quick_study).values() if record["probe"] == "learning"]
    for name, twin in metrics.items():
        own = [record["styles"] for record in learned if record["twin"] == name]
        digests = [{style["result"]["weights"] for style in styles.values()} for styles in own]
        assert twin["bit_equal_share"] == sum(len(found) == 1 for found in digests) / len(own)
        for style, figures in twin["styles"].items():
            values = [styles[style]["result"]["test_accuracy"] for styles in own]
            interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
            assert figures["seeds"] == 2
            assert figures["test_accuracy"] == pytest.approx(sum(values) / len(values))
            assert (figures["low"], figures["high"]) == pytest.approx((interval.low, interval.high))


def test_report_shows_the_accuracies_of_the_metrics(quick_study):
    page = (quick_study / "results/quick/report/index.html").read_text()
    metrics = json.loads((quick_study / "results/quick/metrics.json").read_text())["environments"]["tf2.21-cpu"][
        "twins"
    ]
    for twin in metrics.values():
        for style in twin["styles"].values():
            assert f"{100 * style['test_accuracy']:.2f}" in page


def test_twins_are_one_network_and_learn_the_digits_in_every_style(quick_study):
    for record in records(quick_study).values():
        for name, style in record["styles"].items():
            assert style["status"] == "ok", style
            if record["probe"] == "learning":
                assert style["result"]["test_accuracy"] > 0.85
            elif record["probe"] == "identity" and name != "functional":
                assert style["result"]["comparison"]["outcome"] == "bit-equal"


def test_each_style_is_compiled_to_the_graph_of_functional(quick_study):
    graphs = [record for record in records(quick_study).values() if record["probe"] == "graph"]
    assert {record["twin"] for record in graphs} == TWINS
    for record in graphs:
        for name in record["styles"].keys() - {"functional", "extended"}:
            for found in record["styles"][name]["result"]["functions"].values():
                assert {one["comparison"]["outcome"] for one in found.values()} == {"equal"}
    page = (quick_study / "results/quick/report/index.html").read_text()
    assert "In 12 of 12 comparisons with functional, " in page


def test_results_are_those_that_the_code_has_always_found(quick_study):
    """Bit for bit on the kind of processor that the golden file is from, and nearly so on any other."""
    golden = json.loads(quick_golden.GOLDEN.read_text())
    found = {path: quick_golden.fingerprint(record) for path, record in records(quick_study).items()}
    assert found.keys() == golden["trials"].keys()
    for path, trial in golden["trials"].items():
        assert (found[path]["seed"], found[path]["order"]) == (trial["seed"], trial["order"])
        assert found[path]["near"] == pytest.approx(trial["near"], abs=0.01)
        if golden["processor"] == quick_golden.processor():
            assert found[path]["digest"] == trial["digest"], path


def test_durations_of_its_jobs_can_be_shipped(quick_study, tmp_path):
    output = tmp_path / "durations.csv"
    measure = ["python", "-m", "twinproof.pipeline.measure_durations", "--results=results/quick", f"--output={output}"]
    must(run_in(quick_study, *measure))
    took = {(one.twin, one.what): one for one in from_csv(output)}
    assert {(twin, probe) for twin in TWINS for probe in ("identity", "learning", "graph")} < set(took)
    assert {"run_batch", "run_notebook", "make_tables"} < {what for twin, what in took if not twin}
    # A process takes a while to import Keras, but not longer than this.
    assert 0.5 < took["", "run_batch"].seconds < 60
    assert took["", "make_report"].bytes == (quick_study / "results/quick/report/index.html").stat().st_size


def test_plan_omits_what_is_done(quick_study):
    printed = must(run_in(quick_study, "twinproof", "plan", "--profile", "workflow/profiles/quick"))
    assert "there is nothing to measure" in printed


def test_dvc_makes_a_version_of_what_was_measured(quick_study, tmp_path):
    """The same trials of one twin, as the study of params.yaml: DVC runs Snakemake, which measures nothing again."""
    folder = only_twin(shutil.copytree(quick_study, tmp_path / "twinproof", symlinks=True), "simple")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["environments"] = {ENVIRONMENT: {"probes": ["identity", "learning", "graph"]}}
    params["identity"]["replicates"] = 2
    params["learning"] |= {"replicates": 2, "epochs": 1}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    trials = (folder / "results/quick/trials").rename(folder / "results/trials")
    before = {path: path.stat().st_mtime_ns for path in trials.glob("*/simple/*.json")}
    must(run_in(folder, "dvc", "repro"))
    assert {path: path.stat().st_mtime_ns for path in trials.glob("*/simple/*.json")} == before
    assert "up to date" in must(run_in(folder, "dvc", "status"))
    shown = json.loads(must(run_in(folder, "dvc", "metrics", "show", "--json")).partition("\n")[0])
    made = json.loads((folder / "results/metrics.json").read_text())
    assert shown[""]["data"]["results/metrics.json"]["data"] == made
    assert (folder / f"results/notebooks/{ENVIRONMENT}/simple/learning.html").exists()


def test_second_run_has_nothing_to_do(quick_study):
    assert "Nothing to be done" in must(run_in(quick_study, *QUICK))
