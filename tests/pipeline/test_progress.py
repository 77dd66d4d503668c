"""The progress of a run, from Snakemake's messages about its jobs and from the existing records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinproof.pipeline import estimates as where_shipped
from twinproof.pipeline.durations import Duration, as_csv
from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.forecast import job, job_of_trials
from twinproof.pipeline.progress import Progress
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial

ENVIRONMENT = "tf2.21-cpu"
BATCH = {"environment": ENVIRONMENT, "probe": "identity", "batch": "0"}
TRIALS = [Trial(ENVIRONMENT, twin, Probe.IDENTITY, 0) for twin in ("simple", "dynamic")]
TIMING = {"environment": ENVIRONMENT, "twin": "simple", "probe": "timing", "replicate": "7"}
LOGS = ["results/logs/batches/identity-0.log"]


@pytest.fixture
def begin(project: Path, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Progress]:
    """Begin a run of one batch of two trials, 100 s each, and of a report, 50 s; one trial was measured before."""
    shipped = project / "durations.csv"
    shipped.write_text(
        as_csv(
            [
                Duration(ENVIRONMENT, "simple", "identity", 100, 0),
                Duration(ENVIRONMENT, "simple", "timing", 10, 0),
                Duration("", "", "make_report", 50, 0),
            ]
        )
    )
    monkeypatch.setattr(where_shipped, "SHIPPED", shipped)

    def begin(local: bool = True) -> Progress:
        estimates = Estimates(Params.parse(params), project / "results")
        return Progress(
            [job_of_trials("run_batch", TRIALS, estimates), job("make_report", estimates)],
            [Trial(ENVIRONMENT, "simple", Probe.LEARNING, 0)],
            3,
            trials=project / "results/trials",
            batches={f"{ENVIRONMENT}/identity-0": TRIALS},
            estimates=estimates,
            slots=2,
            local=local,
        )

    return begin


def put(trial: Trial) -> None:
    path = Results(Path("results")).record(trial)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_a_trial_counts_as_soon_as_its_record_is_there(begin: Callable[..., Progress]) -> None:
    progress = begin()
    assert progress.describe(0).startswith("1 of 3 trials, 0 of 3 jobs done; ")
    progress.start(4, "run_batch", BATCH, LOGS, 0)
    put(TRIALS[1])
    progress.look()
    assert progress.describe(0).startswith("2 of 3 trials, 0 of 3 jobs done; ")
    assert progress.running(30) == [("tf2.21-cpu identity", "1 of 2 trials", "30 s")]
    put(TRIALS[0])
    assert progress.finish(4, 90) == "tf2.21-cpu identity: 2 trials in 2 min"
    progress.count(1, 3)
    assert progress.describe(90).startswith("3 of 3 trials, 1 of 3 jobs done; ")
    assert progress.running(90) == []


def test_the_time_left_is_the_forecast_at_the_pace_of_what_is_done(begin: Callable[..., Progress]) -> None:
    progress = begin()
    assert progress.left(0) == 250
    progress.start(4, "run_batch", BATCH, LOGS, 0)
    assert progress.left(60) == 190
    # It takes longer than forecast, by an unknown amount.
    assert progress.left(900) == 50
    progress.finish(4, 400)
    assert progress.left(400) == 100
    progress.start(5, "make_report", {}, [], 400)
    assert progress.left(420) == 80
    assert progress.describe(420).endswith("; about 1 min left")


def test_waiting_on_a_cluster_says_nothing_about_the_pace(begin: Callable[..., Progress]) -> None:
    progress = begin(local=False)
    progress.start(4, "run_batch", BATCH, LOGS, 0)
    progress.finish(4, 4000)
    assert progress.left(4000) == 50
    assert progress.describe(4000).endswith("; less than a minute left")


def test_what_failed_is_named_unless_another_attempt_succeeds(begin: Callable[..., Progress]) -> None:
    progress = begin()
    progress.start(4, "run_batch", BATCH, LOGS, 0)
    put(TRIALS[0])
    progress.fail(4)
    assert "2 of 3 trials, 0 of 3 jobs done; 1 job failed; " in progress.describe(5)
    assert progress.failures() == [f"failed: tf2.21-cpu identity; log: {LOGS[0]}"]
    progress.start(4, "run_batch", BATCH, LOGS, 10)
    assert progress.failures() == []
    assert progress.finish(4, 20) == "tf2.21-cpu dynamic identity 0 in 10 s"


def test_trials_that_timing_adds_count_and_take_time(begin: Callable[..., Progress]) -> None:
    progress = begin()
    progress.start(9, "run_trial", TIMING, [], 0)
    assert progress.describe(0).startswith("1 of 4 trials")
    assert progress.running(0) == [("tf2.21-cpu simple timing 7", "0 of 1 trial", "0 s")]
    assert progress.left(0) > 250


def test_once_all_jobs_are_done_no_time_is_left(begin: Callable[..., Progress]) -> None:
    progress = begin()
    progress.count(3, 3)
    assert progress.describe(0) == "1 of 3 trials, 3 of 3 jobs done"
    assert progress.finish(77, 0) is None  # A target of the workflow, which nobody needs to watch.
