"""What a run says before it begins and once it is over."""

import json

import pytest

from twinproof import plan
from twinproof.run.estimates import Estimates
from twinproof.run.schedule import present_schedule
from twinproof.run.summary import Summary


@pytest.fixture
def study(project, params):
    """A study of four trials, one of which is done, and how to put more records."""
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

    trials = plan.trials(params)
    put(trials[0])
    batches = present_schedule(trials, Estimates(params, results), 1e6, results)
    return Summary(params, results, batches), trials, put


def test_before_it_tells_what_is_asked_for_and_what_is_done(study):
    summary, trials, _ = study
    told = summary.begin({"run_batch", "make_tables"}, trials[1:], 2, alone=True)
    assert told.startswith("to do: 3 trials in 2 jobs, ")
    assert "; 1 are done; " in told
    assert told.endswith(" with 2 jobs at a time (1 from earlier records, the others from the shipped durations)")


def test_after_it_tells_what_ran_and_how_that_compares(study):
    summary, trials, put = study
    summary.begin({"run_batch"}, trials[1:], 2, alone=True)
    for trial, seconds in zip(trials[1:], (20, 30, 90), strict=True):
        put(trial, seconds)
    first, *others = summary.end().splitlines()
    assert first.startswith("done: 3 trials run, 1 reused, 0 failed or not run, in 0 s (planned: ")
    assert others[0].startswith("  tf2.21-cpu identity: 1 trials took 20 s (planned: 10 s) and wrote ")
    assert others[1].startswith("  tf2.21-cpu learning: 2 trials took 2 min (planned: ")
    assert len(others) == 2


def test_after_it_names_what_has_no_record(study):
    summary, trials, _ = study
    summary.begin({"run_batch"}, trials[1:], 2, alone=True)
    told = summary.end().splitlines()
    assert told[0].startswith("done: 0 trials run, 1 reused, 3 failed or not run, ")
    assert told[1:] == [f"  no record: tf2.21-cpu simple {trial.probe} {trial.replicate}" for trial in trials[1:]]


def test_a_trial_that_timing_added_counts_and_another_studys_record_does_not(study):
    summary, trials, put = study
    summary.begin({"run_batch"}, [], 2, alone=True)
    put(trials[0]._replace(replicate=7))
    put(plan.Trial("tf2.15-cpu", "simple", "learning", 0))
    assert summary.end().startswith("done: 1 trials run, 1 reused, 0 failed")
