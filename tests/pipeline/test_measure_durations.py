"""What the jobs of a study took, from what Snakemake wrote about them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.pipeline.durations import Duration, from_csv
from twinproof.pipeline.measure_durations import main, of_jobs
from twinproof.pipeline.schedule import write_schedule
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial

ENVIRONMENT = "tf2.21-cpu"
TRIALS = [Trial(ENVIRONMENT, "simple", Probe.IDENTITY, replicate) for replicate in range(3)]
BATCH = f"batches/{ENVIRONMENT}/identity-0.tsv"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The results of a study with one batch of three trials, none of which has a record yet."""
    monkeypatch.chdir(tmp_path)
    write_schedule({f"{ENVIRONMENT}/identity-0": TRIALS}, 60, Path("results"))
    return Path("results")


def put(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def put_benchmark(path: Path, seconds: float, ended: float = 0) -> None:
    """Write what Snakemake writes once a job has ended."""
    put(path, f"s\th:m:s\tmax_rss\n{seconds:.2f}\t0:00:00\tNA\n")
    os.utime(path, (ended, ended))


def put_record(results: Path, trial: Trial, started: float, seconds: float) -> None:
    began = datetime.fromtimestamp(started, UTC).isoformat()
    cell = {"environment": trial.environment, "twin": trial.twin, "probe": trial.probe}
    record = {**cell, "protocol": {"probe": {}}, "started": began, "seconds": seconds}
    put(results / "trials" / trial.path, json.dumps(record))


def test_a_job_has_written_the_files_at_its_place(results: Path) -> None:
    cell = f"{ENVIRONMENT}/simple"
    written = {
        "verify_data": ("data", ["data.json"]),
        "write_models": (f"models/{cell}", [f"models/{cell}.zip"]),
        "decide_timing": (f"timing/{cell}/6", [f"timing/{cell}/6.json"]),
        "make_tables": ("tables", ["tables/answer.csv", "tables/trials.csv", "metrics.json"]),
        "run_notebook": (f"notebooks/{cell}/timing", [f"notebooks/{cell}/timing.{kind}" for kind in ("ipynb", "html")]),
        "make_report": ("report", ["report/index.html"]),
        "make_version": ("version", []),
        "make_crate": ("crate", ["crate.zip"]),
    }
    for job, files in written.values():
        put_benchmark(results / f"benchmarks/{job}.tsv", 2.5)
        for file in files:
            put(results / file, "123")
    put_benchmark(results / f"environments/{ENVIRONMENT}/venv.benchmark.tsv", 20)
    put(results / f"environments/{ENVIRONMENT}/venv/lib/keras.py", "1234567")
    assert sorted(of_jobs(results)) == sorted(
        [
            Duration(ENVIRONMENT, "", "create_venv", 20, 7),
            *(Duration("", "", rule, 2.5, 3 * len(files)) for rule, (_, files) in written.items()),
        ]
    )


def test_the_time_of_its_trials_is_subtracted_from_a_job(results: Path) -> None:
    put_benchmark(results / "benchmarks" / BATCH, 30, ended=2030)
    # An attempt that ended before the others were measured had measured the first.
    for trial, started in zip(TRIALS, (1990, 2005, 2020), strict=True):
        put_record(results, trial, started, seconds=8)
    assert list(of_jobs(results)) == [Duration(ENVIRONMENT, "", "run_batch", 14, 0)]


@pytest.mark.parametrize("started", [None, 1000, 2025], ids=["no record", "an earlier job", "a later job"])
def test_nothing_is_known_about_a_batch_whose_trials_another_job_measured(results: Path, started: float | None) -> None:
    put_benchmark(results / "benchmarks" / BATCH, 30, ended=2030)
    if started is not None:
        put_record(results, TRIALS[0], started, seconds=8)
    assert list(of_jobs(results)) == []


@pytest.mark.parametrize("content", ["", "s\th:m:s\n", "h:m:s\n0:00:01\n", "s\n-\n"])
def test_an_invalid_benchmark_is_named(results: Path, content: str) -> None:
    put(results / "benchmarks/tables.tsv", content)
    with pytest.raises(UserError, match=r"^results/benchmarks/tables\.tsv: not a benchmark of one job"):
        list(of_jobs(results))


def test_the_first_of_several_studies_decides(project: Path, params: dict[str, Any]) -> None:
    params["environments"] = {ENVIRONMENT: {"probes": ["identity"]}}
    first, second = Path("results"), Path("results/depth")
    put_record(first, Trial(ENVIRONMENT, "simple", Probe.IDENTITY, 0), 0, seconds=5)
    for twin in ("simple", "dynamic"):
        put_record(second, Trial(ENVIRONMENT, twin, Probe.IDENTITY, 0), 0, seconds=50)
    for results in (first, second):
        put(results / "params.yaml", yaml.safe_dump(params))
        write_schedule({}, 1, results)
    assert main(["--results", "results", "results/depth", "--output", "shipped.csv"]) == 0
    assert {one.twin: one.seconds for one in from_csv(Path("shipped.csv"))} == {"simple": 5, "dynamic": 50}
