"""The quick study through Snakemake: what it leaves, and what makes it measure again."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml
from scipy import stats

from tests.conftest import ENVIRONMENT
from tests.copies import QUICK, measured, must, only_twin, records, run_in
from tests.golden import quick_study as quick_golden
from twinproof.pipeline.durations import from_csv

TRIALS = {"simple", "conditional", "dynamic"}


def planned(folder: Path, *more: str) -> list[str]:
    """Return the records that a dry run would measure."""
    return sorted(measured(must(run_in(folder, *QUICK, "--dry-run", *more))))


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """Let a file hold something else for a while."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


def test_report_and_metrics_stand_at_the_end(quick_study):
    assert (quick_study / "results/quick/report/index.html").stat().st_size > 100_000
    for twin in TRIALS:
        assert (quick_study / f"results/quick/notebooks/tf2.21-cpu/{twin}/learning.html").exists()
    assert len(records(quick_study)) == 15


def test_metrics_are_what_the_records_say(quick_study):
    metrics = json.loads((quick_study / "results/quick/metrics.json").read_text())["environments"]["tf2.21-cpu"][
        "twins"
    ]
    assert set(metrics) == TRIALS
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
    assert {record["twin"] for record in graphs} == TRIALS
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


def test_what_its_jobs_took_can_be_shipped(quick_study, tmp_path):
    output = tmp_path / "durations.csv"
    measure = ["python", "-m", "twinproof.pipeline.measure_durations", "--results=results/quick", f"--output={output}"]
    must(run_in(quick_study, *measure))
    took = {(one.twin, one.what): one for one in from_csv(output)}
    assert {(twin, probe) for twin in TRIALS for probe in ("identity", "learning", "graph")} < set(took)
    assert {"run_batch", "run_notebook", "make_tables"} < {what for twin, what in took if not twin}
    # A process needs a while until it has imported Keras, and no longer than that.
    assert 0.5 < took["", "run_batch"].seconds < 60
    assert took["", "make_report"].bytes == (quick_study / "results/quick/report/index.html").stat().st_size


def test_plan_takes_off_what_is_done(quick_study):
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


OUTSIDE = [
    "README.md",
    "src/twinproof/report/page/page.py",
    "src/twinproof/analysis/verdicts/learning.py",
    "src/twinproof/cli.py",
    "src/twinproof/study/params.py",
]


def test_change_outside_the_measured_side_measures_nothing_again(quick_study):
    with ExitStack() as changes:
        for file in OUTSIDE:
            path = quick_study / file
            changes.enter_context(changed(path, path.read_bytes() + b"\nCHANGED = True\n"))
        assert planned(quick_study) == []


def test_change_of_the_page_makes_it_again_and_no_notebook(quick_study):
    path = quick_study / "src/twinproof/report/page/page.py"
    with changed(path, path.read_bytes() + b"\n# changed\n"):
        rules = re.findall(r"^rule (\w+):", must(run_in(quick_study, *QUICK, "--dry-run")), re.M)
    assert "make_report" in rules and "run_notebook" not in rules


def test_touching_a_source_file_measures_nothing_again(quick_study):
    (quick_study / "src/twinproof/measured/run_trial.py").touch()
    assert planned(quick_study) == []


def test_what_concerns_a_twin_or_a_probe_measures_them_again(quick_study):
    """Which change concerns what is proven in tests/pipeline/test_counting.py; here, that Snakemake goes by it."""
    twin, params = quick_study / "src/twinproof/measured/twins/dynamic.py", quick_study / "params.yaml"
    with (
        changed(twin, twin.read_bytes() + b"\nCHANGED = True\n"),
        changed(params, params.read_bytes().replace(b"steps: 25", b"steps: 24")),
    ):
        again = planned(quick_study)
    concerned = {("dynamic", "learning"), *((twin, "identity") for twin in TRIALS)}
    twice = [f"tf2.21-cpu/{twin}/{probe}-{r}" for twin, probe in concerned for r in (0, 1)]
    assert again == sorted([*twice, "tf2.21-cpu/dynamic/graph-0"])
    assert planned(quick_study) == []


def test_change_of_the_harness_measures_all_again_and_taken_back_nothing(quick_study):
    path = quick_study / "src/twinproof/measured/run_batch.py"
    with changed(path, path.read_bytes() + b"\nCHANGED = True\n"):
        assert len(planned(quick_study)) == 15
    assert planned(quick_study) == []


def test_change_of_validation_verifies_the_data_again(quick_study):
    params = quick_study / "params.yaml"
    with changed(params, params.read_bytes().replace(b"validation: 5000", b"validation: 4000")):
        assert "rule verify_data" in must(run_in(quick_study, *QUICK, "--dry-run"))
    must(run_in(quick_study, *QUICK))


def test_one_altered_byte_of_the_data_stops_every_run_and_leaves_the_results(quick_study):
    file = quick_study / "data/mnist/t10k-labels-idx1-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    kept = [path for path in quick_study.glob("results/quick/**/*") if path.is_file() and path.name != "data.json"]
    kept = [path for path in kept if not {"logs", "benchmarks"}.intersection(path.parts)]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept}
    with changed(file, bytes(content)):
        for _ in range(2):
            done = run_in(quick_study, *QUICK)
            assert done.returncode != 0
            assert "t10k-labels-idx1-ubyte.gz: altered" in done.stdout + done.stderr
            assert "Traceback" not in done.stdout + done.stderr
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept} == before
    must(run_in(quick_study, *QUICK))
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept} == before


def test_missing_data_file_is_named_before_anything_runs(quick_study):
    file = quick_study / "data/mnist/train-labels-idx1-ubyte.gz"
    hidden = file.rename(file.with_suffix(".hidden"))
    done = run_in(quick_study, *QUICK)
    hidden.rename(file)
    assert done.returncode != 0
    assert "data.directory: data/mnist has no train-labels-idx1-ubyte.gz" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_wrong_parameter_is_explained_without_a_traceback(quick_study):
    """All mistakes are in tests/study/test_params.py; here, Snakemake passes on their messages."""
    params = quick_study / "params.yaml"
    with changed(params, params.read_bytes().replace(b"epochs: 5", b"epoch: 5")):
        done = run_in(quick_study, "snakemake", "--dry-run")
    assert done.returncode != 0
    assert "learning.epoch: unknown key; allowed: replicates, epochs" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_last_good_page_stays_where_a_new_one_cannot_be_made(quick_study):
    page = quick_study / "results/quick/report/index.html"
    before = page.read_bytes()
    with changed(quick_study / "src/twinproof/report/page/page.py", b"raise SystemExit('broken')"):
        assert run_in(quick_study, *QUICK).returncode != 0
        assert page.read_bytes() == before
    must(run_in(quick_study, *QUICK))


def test_failed_trial_runs_again_and_costs_no_record(quick_study):
    path = quick_study / "src/twinproof/measured/twins/dynamic.py"
    before = records(quick_study)
    with changed(path, path.read_bytes() + b"\n\nraise RuntimeError('unfinished')\n"):
        for _ in range(2):
            done = run_in(quick_study, *QUICK, "trials")
            assert done.returncode != 0
            assert (
                "importing twinproof.measured.twins.dynamic failed: RuntimeError: unfinished"
                in done.stdout + done.stderr
            )
            assert "to do: 5 trials" in done.stderr
            assert "done: 0 trials run, 10 reused, 5 failed or not run" in done.stderr
        assert len(planned(quick_study)) == 5
    assert planned(quick_study) == []
    # The records that count again come back when a run begins.
    must(run_in(quick_study, *QUICK, "trials"))
    assert records(quick_study) == before
