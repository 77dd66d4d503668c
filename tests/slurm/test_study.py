"""The quick study on a cluster, run as in the guide: its trials in jobs, in venv and image, with equal results."""

import json
from pathlib import Path

import pytest
import yaml

from tests.conftest import ENVIRONMENT
from tests.containers.test_study import TWIN
from tests.copies import commands, records, require_equal_results
from twinproof.environments.environment import Environment

from .cluster import Cluster
from .conftest import GUIDE, run_script, without_image


@pytest.fixture(scope="module")
def study(studies: dict[str, Path]) -> Path:
    return studies["quick"]


@pytest.fixture(scope="module")
def in_images(studies: dict[str, Path]) -> Path:
    if "images" not in studies:
        pytest.skip(str(without_image()))
    return studies["images"]


def require_measured_in_jobs(cluster: Cluster, folder: Path) -> None:
    """Check that each trial of the quick study has a record and ran in a batch of a Slurm job."""
    batches = json.loads((folder / "results/quick/batches.json").read_text())["batches"]
    jobs = cluster.jobs_of(folder, "rule_run_batch_")
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    ran = sorted(job["Comment"].removeprefix("rule_run_batch_wildcards_") for job in jobs)
    assert ran == sorted(batch.replace("/", "_").replace("-0", "_0") for batch in batches)
    assert sum(map(len, batches.values())) == len(records(folder)) == 5


def test_the_study_ends_with_a_report(study: Path) -> None:
    assert (study / "results/quick/report/index.html").stat().st_size > 100_000
    assert (study / "results/quick/crate.zip").exists()


def test_trials_run_in_jobs(cluster: Cluster, study: Path) -> None:
    require_measured_in_jobs(cluster, study)


def test_trials_in_the_image_run_in_jobs(cluster: Cluster, in_images: Path) -> None:
    require_measured_in_jobs(cluster, in_images)
    digest = json.loads((in_images / Environment(ENVIRONMENT).image_mark).read_text())["image"]
    assert {record["machine"]["image"] for record in records(in_images).values()} == {digest}


def test_jobs_give_the_results_of_one_machine(study: Path, quick_results: Path) -> None:
    require_equal_results(study, quick_results)


def test_jobs_in_the_image_give_the_results_of_one_machine(in_images: Path, quick_results: Path) -> None:
    require_equal_results(in_images, quick_results)


def test_the_other_commands_of_the_guide_run(study: Path) -> None:
    params = yaml.safe_load((study / "params.yaml").read_text())
    params["environments"] = {ENVIRONMENT: {"probes": ["learning"]}}
    params["learning"] |= {"replicates": 1, "epochs": 1}
    (study / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    logs = study / ".snakemake/log"
    earlier = set(logs.iterdir())
    run_script(study, commands(GUIDE).partition("\n")[2])
    told = "".join(path.read_text() for path in set(logs.iterdir()) - earlier)
    # Once by Slurm, and not again for DVC or after the crash.
    assert told.count("measuring in") == 1
    assert (study / f"results/trials/{ENVIRONMENT}/{TWIN}/learning-0.json").exists()
    assert (study / "results/report/index.html").exists()
    assert (study / "dvc.lock").exists()
