"""On a cluster: cancelled jobs, a lost node, and a main process that is killed while jobs run."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import until
from tests.copies import commands, logged, must, run_in
from tests.slurm.cluster import Cluster
from tests.slurm.conftest import GUIDE, ON_SLURM, on_cluster, run_script

from .conftest import files, forget, log, records, refused, require_whole, started
from .test_processes import LOCKS, wait

ON_SLURM_TRIALS = [*ON_SLURM, "trials"]
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("slurmctld", path="/usr/sbin"),
    reason="needs root, and the Slurm that tests/slurm/install-slurm installs",
)


@pytest.fixture
def on_slurm(cluster: Cluster, study: Path) -> Path:
    """A study that continues in jobs of the cluster: one for each probe whose records are removed."""
    on_cluster(study)
    return study


def jobs(cluster: Cluster, study: Path, probe: str) -> list[str]:
    """Return the outcome of each job of a probe, first to last."""
    return [job["JobState"] for job in cluster.jobs_of(study, "rule_run_batch_") if f"_{probe}_" in job["Comment"]]


def runs(cluster: Cluster, study: Path, probe: str) -> Callable[[], bool]:
    return lambda: jobs(cluster, study, probe)[-1:] == ["RUNNING"]


def test_a_job_that_is_cancelled_is_tried_again(cluster: Cluster, on_slurm: Path, undisturbed: Path) -> None:
    forget(on_slurm, "learning")
    with started(on_slurm, *ON_SLURM_TRIALS) as run:
        until(runs(cluster, on_slurm, "learning"), 120)
        (job,) = cluster.jobs_of(on_slurm, "rule_run_batch_")
        cluster.ask("scancel", job["JobId"])
        assert run.wait(600) == 0
    assert jobs(cluster, on_slurm, "learning") == ["CANCELLED", "COMPLETED"]
    require_whole(on_slurm, undisturbed)


def test_jobs_of_a_lost_node_run_when_it_is_back(
    cluster: Cluster, on_slurm: Path, undisturbed: Path, chance: random.Random
) -> None:
    forget(on_slurm, "identity", "exchange")
    with started(on_slurm, *ON_SLURM_TRIALS) as run:
        until(runs(cluster, on_slurm, "exchange"), 120)
        wait(run, chance.uniform(0, 8))
        cluster.fail_node()
        before = records(on_slurm)
        until(lambda: cluster.node_state().startswith("down"))
        assert run.poll() is None
        cluster.start_node()
        assert run.wait(600) == 0
    # Slurm ran the same job again, so none of Snakemake's attempts was used.
    (job,) = (job for job in cluster.jobs_of(on_slurm, "rule_run_batch_") if "_exchange_" in job["Comment"])
    assert (job["Restarts"], job["JobState"]) == ("1", "COMPLETED")
    require_whole(on_slurm, undisturbed, before)


def test_files_that_a_failed_job_should_make_again_stay(cluster: Cluster, on_slurm: Path) -> None:
    before = files(on_slurm / "results/tables")
    # A module that only the job imports.
    code = on_slurm / "src/twinproof/analysis/tables.py"
    code.write_text(f"raise SystemExit('a reason that is not known')\n{code.read_text()}")
    assert "a reason that is not known" in refused(on_slurm, *ON_SLURM, "--retries", "0")
    assert [job["JobState"] for job in cluster.jobs_of(on_slurm, "rule_make_tables")] == ["FAILED"]
    assert files(on_slurm / "results/tables") == before
    assert "rule make_tables:" in must(run_in(on_slurm, *ON_SLURM, "--dry-run"))


def test_jobs_of_a_killed_main_process_count_or_are_cancelled(
    cluster: Cluster, on_slurm: Path, undisturbed: Path, chance: random.Random
) -> None:
    crash = "left()" + commands(GUIDE).partition("left()")[2]
    forget(on_slurm, "learning", "exchange")
    for cancel in (False, True):
        with started(on_slurm, *ON_SLURM_TRIALS) as run:
            until(runs(cluster, on_slurm, "exchange"), 120)
            wait(run, chance.uniform(0, 8))
            run.kill()
            run.wait()
            assert any((on_slurm / LOCKS).glob("*"))
            assert "Directory cannot be locked" in refused(on_slurm, *ON_SLURM_TRIALS)
            if cancel:
                before = records(on_slurm)
                run_script(on_slurm, crash)
                assert "CANCELLED" in jobs(cluster, on_slurm, "exchange")
            else:
                until(lambda: not cluster.ask("squeue", "--noheader"), 300)
                # The jobs ended by themselves and wrote their records.
                before = records(on_slurm)
                assert before.keys() == records(undisturbed).keys()
                must(run_in(on_slurm, "snakemake", "--unlock"))
                assert "measuring in" not in logged(on_slurm, *ON_SLURM_TRIALS)
                forget(on_slurm, "exchange")
    require_whole(on_slurm, undisturbed, before)
    assert "Traceback" not in log(on_slurm).read_text()
