"""What a run will do and cost, from what is done and what earlier trials took."""

import json
import sys

import pytest

from twinproof.analysis.planned_trials import in_place
from twinproof.pipeline.durations import Duration, as_csv, from_csv, of_records, typical
from twinproof.pipeline.estimates import SHIPPED, Estimates
from twinproof.pipeline.forecast import (
    FINAL,
    Forecast,
    Job,
    describe_forecast,
    duration,
    forecast,
    forecast_table,
    size,
)
from twinproof.pipeline.schedule import present_schedule
from twinproof.study.params import Params
from twinproof.study.trial import Trial, list_trials


@pytest.fixture
def study(project, monkeypatch):
    """A small study of two probes with nothing done yet, and shipped durations that are easy to add up."""
    shipped_durations = [
        Duration("tf2.21-cpu", "simple", "learning", 10, 1000),
        Duration("tf2.21-cpu", "dynamic", "learning", 20, 3000),
        Duration("tf2.15-cpu", "dynamic", "learning", 1000, 3000),
        Duration("tf2.21-cpu", "simple", "identity", 4, 2000),
        Duration("tf2.21-cpu", "simple", "timing", 0.5, 2000),
        *(Duration("", "", rule, 7, 100) for rule in ("run_notebook", "verify_data", *FINAL)),
        Duration("tf2.21-cpu", "", "run_batch", 3, 0),
        Duration("tf2.21-cpu", "", "create_venv", 30, 2e9),
    ]
    shipped = project / "durations.csv"
    shipped.write_text(as_csv(shipped_durations))
    monkeypatch.setattr("twinproof.pipeline.estimates.SHIPPED", shipped)
    return project


def put_record(study, trial, seconds, **settings):
    path = study / "results/trials" / trial.path
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"environment": trial.environment, "twin": trial.twin, "probe": trial.probe}
    path.write_text(json.dumps({**cell, "seconds": seconds, "protocol": {"probe": settings}}))


def small(params):
    """Return parameters of two twins, with two trials of identity and two of learning for each."""
    twins = {name: params["twins"][name] for name in ("simple", "dynamic")}
    environments = {"tf2.21-cpu": {"probes": ["identity", "learning"]}}
    counted = {probe: params[probe] | {"replicates": 2} for probe in ("identity", "learning")}
    return params | {"twins": twins, "environments": environments} | counted


def expect(study, params):
    results = study / "results"
    estimates = Estimates(Params.parse(params), results)
    schedule = present_schedule(list_trials(Params.parse(params)), estimates, 1e6, results)
    return forecast(Params.parse(params), results, in_place(results), schedule, estimates)


def test_a_trial_takes_what_the_most_similar_one_took_scaled_to_its_work(study, params):
    params = small(params)
    params["learning"]["epochs"] = 3
    estimates = Estimates(Params.parse(params), study / "results")
    seconds = {
        cell: estimates.trial(Trial(*cell, 0)).seconds
        for cell in [
            ("tf2.21-cpu", "simple", "learning"),
            ("tf2.21-cpu", "mine", "learning"),
            ("tf2.18-cpu", "simple", "learning"),
            ("tf2.21-cpu", "mine", "identity"),
        ]
    }
    # From the twin, the median of 10 and 20 in the environment, the twin elsewhere, and the probe.
    assert list(seconds.values()) == [30, 45, 30, 4]


def test_earlier_records_say_more_than_shipped_ones_even_with_other_parameters(study, params):
    params = small(params)
    params["learning"]["epochs"] = 4
    trial = Trial("tf2.21-cpu", "simple", "learning", 0)
    put_record(study, trial, 50, epochs=2)
    known = Estimates(Params.parse(params), study / "results").trial(trial)
    assert (known.seconds, known.earlier) == (100, True)
    # No record is from the other environment, but records still say more than shipped durations.
    assert (
        Estimates(Params.parse(params), study / "results").trial(trial._replace(environment="tf2.15-cpu")).seconds
        == 100
    )
    assert not Estimates(Params.parse(params), study / "results").trial(trial._replace(probe="identity")).earlier


def test_records_set_aside_are_used_and_broken_ones_are_not(study, params):
    trial = Trial("tf2.21-cpu", "simple", "learning", 0)
    put_record(study, trial, 50, epochs=5)
    results = study / "results"
    (results / "superseded").mkdir()
    (results / "trials").rename(results / "superseded/abc")
    assert Estimates(Params.parse(small(params)), results).trial(trial).seconds == 50
    (results / "superseded/abc" / trial.path).write_text("{")
    assert (
        Estimates(Params.parse(small(params)), results).trial(trial).seconds == 50.0 / 5 * params["learning"]["epochs"]
    )


def test_what_is_done_is_subtracted(study, params):
    params = small(params)
    whole = expect(study, params)
    assert sum(len(job.trials) for job in whole.jobs) == 8
    assert [job.rule for job in whole.jobs if job.trials] == ["run_batch"] * 2
    # identity: 4 of 4 s; learning: 2 of 10 s and 2 of 20 s for each of 5 epochs; 3 s to start.
    assert [job.seconds for job in whole.jobs if job.trials] == [19, 303]
    for trial in list_trials(Params.parse(params)):
        if trial.probe == "identity" or trial.twin == "dynamic":
            put_record(study, trial, 100, epochs=5)
    rest = [job for job in expect(study, params).jobs if job.trials]
    assert [(job.probe, len(job.trials), job.seconds) for job in rest] == [
        ("learning", 2, 203)
    ]  # Like those measured here.
    table = forecast_table(list_trials(Params.parse(params)), expect(study, params))
    assert [list(column.cells)[:2] for column in table.columns[1:5]] == [
        ["identity", "learning"], ["4", "4"], ["4", "2"], ["0", "1"],
    ]  # fmt: skip


def test_what_trials_wait_for_and_what_is_made_from_them_is_listed_too(study, params):
    rules = [job.rule for job in expect(study, small(params)).jobs if not job.trials]
    assert rules == ["create_venv", "verify_data", "run_notebook", "run_notebook", *FINAL]


def test_if_everything_is_done_there_is_nothing_to_do(study, params):
    params = small(params)
    for trial in list_trials(Params.parse(params)):
        put_record(study, trial, 100, epochs=5)
    (study / "results/crate.zip").touch()
    assert expect(study, params).jobs == []
    assert describe_forecast(expect(study, params), 2, alone=True).startswith("there is nothing to measure; ")


def test_timing_may_add_trials_and_has_the_machine_to_itself(study, params):
    params = small(params)
    params["environments"]["tf2.21-cpu"]["probes"] = ["timing"]
    params["timing"] |= {"replicates": 6, "quantities": ["call", "save"]}
    params["timing"]["sampling"]["most"] = 10
    found = expect(study, params)
    assert (len([job for job in found.jobs if job.trials]), len(found.added)) == (12, 8)
    trials = Forecast([job for job in found.jobs if job.trials], [])
    assert trials.seconds() == 12 * (3 + 0.5 * 2)
    assert trials.wall(4, alone=True) == 48
    assert trials.wall(4, alone=False) == 12
    assert trials.wall(sys.maxsize, alone=False) == 4
    # Once there is a decision, the forecast follows it; if there are enough trials, nothing is added.
    for number in range(6):
        put_record(study, Trial("tf2.21-cpu", "simple", "timing", number), 1, quantities=["call", "save"])
    decision = study / "results/timing/tf2.21-cpu/simple/6.json"
    decision.parent.mkdir(parents=True)
    for more, left, added in ((8, 6 + 2, 4 + 2), (None, 6, 4)):
        decision.write_text(json.dumps({"next": more, "open": [], "sampling": params["timing"]["sampling"]}))
        found = expect(study, params)
        assert (len([job for job in found.jobs if job.trials]), len(found.added)) == (left, added)
    # The decision does not apply to other margins.
    params["timing"]["sampling"]["margin"]["steady"] /= 2
    assert len(expect(study, params).added) == 8


def job(seconds, rule="run_batch"):
    return Job(rule, "", "", (), seconds, 0, False)


def test_wall_time_is_that_of_the_longest_job_and_of_those_that_must_follow():
    assert Forecast([job(10), job(1), job(1), job(1)], []).wall(2, alone=True) == 10
    assert Forecast([job(4), job(4), job(4)], []).wall(2, alone=True) == 8
    assert Forecast([job(4), job(5, "make_tables"), job(6, "make_report")], []).wall(8, alone=True) == 15


def test_the_shipped_durations_cover_every_probe_and_job(params):
    known = {one.what for one in from_csv(SHIPPED)}
    probes = {probe for environment in params["environments"].values() for probe in environment["probes"]}
    assert known >= {*probes, *FINAL, "run_batch", "run_notebook", "verify_data", "write_models", "create_venv"}


def test_durations_are_typical_and_per_unit_of_work(study, params):
    for replicate, seconds in enumerate([10, 30, 20]):
        put_record(study, Trial("tf2.21-cpu", "simple", "learning", replicate), seconds, epochs=5)
    (study / "results/trials/tf2.21-cpu/simple/broken-0.json").write_text("{}")
    found = typical(of_records(study.glob("results/trials/**/*.json")))
    assert [(one.what, one.seconds) for one in found] == [("learning", 4)]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (59, "59 s"), (61, "1 min"), (5400, "1 h 30 min"), (3e5, "3.5 days")]
)
def test_durations_are_written_as_people_do(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 B"), (1500, "2 kB"), (2.5e6, "2.5 MB"), (1e15, "1000.0 TB")])
def test_sizes_are_written_as_people_do(count, said):
    assert size(count) == said
