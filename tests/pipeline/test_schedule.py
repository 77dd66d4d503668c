"""Batches hold every trial once, are of about equal length, and are done if their records are there."""

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from twinproof.base.errors import UserError
from twinproof.pipeline import schedule
from twinproof.pipeline.estimates import Estimate
from twinproof.study.trial import Trial


class Known:
    """Given estimates, by probe."""

    def __init__(self, **seconds):
        self.seconds = seconds

    def trial(self, trial):
        return Estimate(self.seconds[trial.probe], 1000, earlier=False)


def learning(count, environment="tf2.21-cpu", probe="learning"):
    return [Trial(environment, "simple", probe, number) for number in range(count)]


KINDS = st.tuples(st.sampled_from(["tf2.21-cpu", "tf2.15-cpu"]), st.sampled_from(["identity", "learning"]))


@given(
    sizes=st.dictionaries(KINDS, st.integers(1, 40), min_size=1),
    identity=st.floats(0.01, 1000),
    seconds=st.floats(0.1, 1000),
)
def test_every_trial_is_in_one_batch_with_similar_ones_and_in_order(sizes, identity, seconds):
    trials = [trial for kind, count in sizes.items() for trial in learning(count, *kind)]
    found = schedule.batches(trials, Known(identity=identity, learning=7), seconds)
    assert sorted(trial for batch in found.values() for trial in batch) == sorted(trials)
    for name, batch in found.items():
        assert {f"{trial.environment}/{trial.probe}" for trial in batch} == {name.rpartition("-")[0]}
        assert all(one.replicate < next_one.replicate for one, next_one in pairwise(batch))


@pytest.mark.parametrize(
    ("seconds", "sizes"), [(30, [3, 3]), (60, [6]), (1, [1] * 6), (15, [2, 2, 2]), (14, [2, 2, 2])]
)
def test_batches_have_about_this_length_and_are_alike(seconds, sizes):
    found = schedule.batches(learning(6), Known(learning=7), seconds)
    assert [len(batch) for batch in found.values()] == sizes


@pytest.fixture
def study(tmp_path):
    """A schedule of three batches, with the records of the first one and half of the second."""
    trials = learning(6)
    for number, trial in enumerate(trials[:3]):
        path = tmp_path / "trials" / trial.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (1000 + number, 1000 + number))
    write(tmp_path, trials)
    return tmp_path


def write(folder, trials, seconds=15, needed=7):
    found = schedule.present_schedule(trials, Known(learning=needed), seconds, folder)
    schedule.write_schedule(found, seconds, folder)


def marks(folder):
    return {path.name: path.stat().st_mtime for path in folder.glob("batches/tf2.21-cpu/*")}


def test_a_batch_is_done_from_the_time_of_its_last_record(study):
    assert marks(study) == {"learning-0.done": 1001}


def test_a_batch_is_no_longer_done_if_one_of_its_records_is_gone(study):
    (study / "trials" / learning(2)[1].path).unlink()
    write(study, learning(6))
    assert marks(study) == {}


def test_a_changed_record_makes_its_batch_newer_and_different(study):
    before = (study / "batches/tf2.21-cpu/learning-0.done").read_text()
    record = study / "trials" / learning(1)[0].path
    record.write_text("another")
    os.utime(record, (2000, 2000))
    write(study, learning(6))
    assert marks(study) == {"learning-0.done": 2000}
    # Snakemake treats a file with the same content as unchanged, whenever it was written.
    assert (study / "batches/tf2.21-cpu/learning-0.done").read_text() != before


def test_other_batches_of_the_same_records_are_no_older_than_these(study):
    write(study, learning(6), seconds=1)
    assert marks(study) == {"learning-0.done": 1001, "learning-1.done": 1001, "learning-2.done": 1002}
    write(study, learning(6), seconds=1000)
    assert marks(study) == {}


def test_what_earlier_records_say_does_not_move_trials_to_other_batches(study):
    before = (study / "batches.json").read_text()
    write(study, learning(6), needed=70)
    assert (study / "batches.json").read_text() == before


def test_timing_is_in_no_batch(tmp_path):
    write(tmp_path, [*learning(2), *learning(2, probe="timing")])
    assert schedule.read_schedule(tmp_path) == {"tf2.21-cpu/learning-0": learning(2)}


def test_a_run_of_another_study_in_the_same_folder_is_not_one_of_this_study(project, params):
    locks = project / ".snakemake/locks"
    locks.mkdir(parents=True)
    assert not schedule.read_current_params(Path("results"))
    (locks / "0.input.lock").write_text("workflow/notebooks/learning.ipynb\nresults/quick/params.yaml\n")
    assert not schedule.read_current_params(Path("results"))
    # Without its plan, there is nothing to go by.
    assert not schedule.read_current_params(Path("results/quick"))
    quick = project / "results/quick"
    quick.mkdir(parents=True)
    (quick / "params.yaml").write_text(yaml.safe_dump(params))
    schedule.write_schedule({}, 60, quick)
    assert schedule.read_current_params(Path("results/quick"))


@pytest.mark.parametrize("content", [None, "", "{}", "[]", json.dumps({"seconds": 1, "batches": {"x": ["y"]}})])
def test_a_schedule_that_cannot_be_read_is_reported_in_one_line_and_written_again(study, content):
    path = study / "batches.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(UserError, match=r"batches\.json: missing or not readable"):
        schedule.read_schedule(study)
    write(study, learning(6))
    assert len(schedule.read_schedule(study)) == 3
