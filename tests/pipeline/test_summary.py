"""What a run says before it begins and once it is over."""

import json
import re
import sys
from pathlib import Path

import pytest

from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.schedule import present_schedule
from twinproof.pipeline.summary import Summary
from twinproof.study.params import Params
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_trials


def decide(params, count, more):
    """Write the decision after this number of timings of the twin."""
    path = Path(f"results/timing/tf2.21-cpu/simple/{count}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"next": more, "open": [], "sampling": params["timing"]["sampling"]}))


@pytest.fixture
def study(request, project, params):
    """A study of four trials, one of which is done, and a function that adds records."""
    params |= {
        "twins": {"simple": params["twins"]["simple"]},
        "environments": {"tf2.21-cpu": {"probes": ["identity", "learning"]}},
    }
    params["identity"]["replicates"] = params["learning"]["replicates"] = 2
    results = project / "results"

    def put(trial, seconds=10):
        path = results / "trials" / trial.path
        path.parent.mkdir(parents=True, exist_ok=True)
        protocol = {"probe": params[trial.probe]}
        path.write_text(json.dumps({**trial._asdict(), "seconds": seconds, "protocol": protocol}))

    if hasattr(request, "param"):
        params["environments"]["tf2.21-cpu"]["probes"] = ["identity", "learning", "timing"]
        params["timing"]["replicates"] = 6
    trials = [trial for trial in list_trials(Params.parse(params)) if trial.probe != Probe.TIMING]
    put(trials[0])
    batches = present_schedule(trials, Estimates(Params.parse(params), results), 1e6, results)
    return Summary(Params.parse(params), results, batches), trials, put


def test_the_start_shows_what_is_asked_for_and_what_is_done(study):
    summary, trials, _ = study
    told = summary.begin(trials[1:], [("make_tables", "")], 2, alone=True)
    assert told.startswith("to do: 3 trials in 2 of 3 jobs, ")
    assert "; 1 are done; " in told
    assert told.endswith(" with 2 at a time (1 from earlier records, the others from the shipped durations)")


def test_the_end_shows_what_ran_and_how_that_compares(study):
    summary, trials, put = study
    summary.begin(trials[1:], [], 2, alone=True)
    for trial, seconds in zip(trials[1:], (20, 30, 90), strict=True):
        put(trial, seconds)
    first, *others = summary.end().splitlines()
    assert first.startswith("done: 3 trials run, 1 reused, 0 failed or not run, in 0 s (planned: ")
    assert others[0].startswith("  tf2.21-cpu identity: 1 trial took 20 s (planned: 10 s) and wrote ")
    assert others[1].startswith("  tf2.21-cpu learning: 2 trials took 2 min (planned: ")
    assert len(others) == 2


def test_the_end_names_what_has_no_record(study):
    summary, trials, _ = study
    summary.begin(trials[1:], [], 2, alone=True)
    told = summary.end().splitlines()
    assert told[0].startswith("done: 0 trials run, 1 reused, 3 failed or not run, ")
    assert told[1:] == [f"  no record: tf2.21-cpu simple {trial.probe} {trial.replicate}" for trial in trials[1:]]


def test_records_that_belong_to_no_trial_of_the_study_do_not_count(study):
    summary, trials, put = study
    summary.begin([], [], 2, alone=True)
    put(trials[0]._replace(replicate=7))
    put(Trial("tf2.15-cpu", "simple", "learning", 0))
    assert summary.end().startswith("done: 0 trials run, 1 reused, 0 failed")


@pytest.mark.parametrize("study", ["timed"], indirect=True)
def test_trials_that_timing_added_count_and_are_named_if_missing(study, params):
    summary, trials, put = study
    summary.begin(trials[1:], [], 2, alone=True)
    timings = [Trial("tf2.21-cpu", "simple", "timing", number) for number in range(8)]
    for trial in [*trials[1:], *timings[:7]]:
        put(trial)
    decide(params, 6, 8)
    told = summary.end(timings[7:]).splitlines()
    assert told[0].startswith("done: 10 trials run, 1 reused, 1 failed or not run")
    assert told[-1] == "  no record: tf2.21-cpu simple timing 7"


@pytest.mark.parametrize("study", ["timed"], indirect=True)
def test_existing_timings_are_reused_though_only_now_decided_on(study, params):
    summary, trials, put = study
    timings = [Trial("tf2.21-cpu", "simple", "timing", number) for number in range(8)]
    for trial in [*trials[1:], *timings[:7]]:
        put(trial)
    summary.begin(timings[7:], [], 2, alone=True)
    put(timings[7])
    decide(params, 6, 8)
    decide(params, 8, None)
    assert summary.end().startswith("done: 1 trial run, 11 reused, 0 failed or not run")


def test_jobs_without_trials_are_planned_too(study):
    summary, _, _ = study
    others = [("run_notebook", "")] * 3 + [("make_tables", ""), ("decide_timing", "tf2.21-cpu")]
    told = summary.begin([], others, sys.maxsize, alone=False)
    assert re.search(r"0 trials in 0 of 5 jobs, [1-9]\d* s of processor time; .* with any number at a time", told)


def test_the_end_shows_where_the_report_is_or_that_something_is_left(study):
    summary, trials, put = study
    for trial in trials:
        put(trial)
    summary.begin([], [("make_tables", ""), ("make_report", "")], 2, alone=True)
    assert summary.end().endswith("/results/report/index.html")
    assert summary.end(others=2).splitlines()[1:] == [
        "  2 other jobs failed or not run; the next start continues with them"
    ]
    summary.begin([], [("make_tables", "")], 2, alone=True)
    assert "report:" not in summary.end()
