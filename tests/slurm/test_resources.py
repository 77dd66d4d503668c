"""What jobs request from Slurm, and what happens to those that requested too little."""

from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENT

from .cluster import Cluster
from .conftest import GPU, OTHER


@pytest.fixture(scope="module")
def asking(studies: dict[str, Path]) -> Path:
    return studies["asking"]


def attempts(cluster: Cluster, folder: Path, environment: str) -> list[dict[str, str]]:
    """Return the jobs of an environment's trial: a timing in OTHER, otherwise a batch."""
    rule = "run_trial" if environment == OTHER else "run_batch"
    return cluster.jobs_of(folder, f"rule_{rule}_wildcards_{environment}_")


def log(folder: Path, environment: str) -> str:
    (file,) = (folder / "results" / "logs").glob(f"*/{environment}/**/*.log")
    return file.read_text()


def test_trial_of_a_gpu_environment_has_a_gpu_and_no_other_has_one(cluster: Cluster, asking: Path) -> None:
    for job in attempts(cluster, asking, GPU):
        assert job["Partition"] == "accelerated"
        assert job["TresPerJob"] == "gres:gpu:1"
    assert "CUDA_VISIBLE_DEVICES=0" in log(asking, GPU)
    for environment in (ENVIRONMENT, OTHER):
        for job in attempts(cluster, asking, environment):
            assert job["Partition"] == "batch"
            assert "TresPerJob" not in job
    assert "CUDA_VISIBLE_DEVICES" not in log(asking, OTHER)


def test_timing_has_its_node_to_itself_and_no_other_trial_has(cluster: Cluster, asking: Path) -> None:
    (timing,) = attempts(cluster, asking, OTHER)
    other = attempts(cluster, asking, ENVIRONMENT)[-1]
    # OverSubscribe=NO is what Slurm calls an exclusive node.
    assert (timing["OverSubscribe"], timing["NumCPUs"]) == ("NO", str(cluster.cores))
    assert (other["OverSubscribe"], other["NumCPUs"]) == ("OK", "1")


def test_job_over_its_memory_runs_again_with_more(cluster: Cluster, asking: Path) -> None:
    first, again = attempts(cluster, asking, ENVIRONMENT)
    assert "exceeded memory limit" in Path(first["StdOut"]).read_text()
    assert "mem=60M" in first["TRES"]
    assert "mem=4000M" in again["TRES"]
    assert again["JobState"] == "COMPLETED"
    assert "dynamic identity 0: done" in log(asking, ENVIRONMENT)


def test_job_over_its_time_runs_again_with_more(cluster: Cluster, asking: Path) -> None:
    first, again = attempts(cluster, asking, GPU)
    assert (first["JobState"], again["JobState"]) == ("TIMEOUT", "COMPLETED")
    assert (first["TimeLimit"], again["TimeLimit"]) == ("00:01:00", "01:15:00")
