"""A cluster of one node, and studies that were run on it."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.conftest import ENVIRONMENT, REPOSITORY, make_here, python_of
from tests.containers.test_study import TWIN, copy_with_image
from tests.copies import commands, fresh_copy, must, only_twin, run_in
from twinproof.base.errors import UserError
from twinproof.environments import builders
from twinproof.environments.environment import Environment

from .cluster import Cluster

PROFILE = "workflow/profiles/slurm"
ON_SLURM = ["snakemake", "--workflow-profile", PROFILE]
QUICK = ["--profile", "workflow/profiles/quick"]
GUIDE = REPOSITORY / "docs" / "cluster.md"
GPU, OTHER = "tf2.21-gpu", "tf2.18-cpu"
# A stand-in for the Python of an environment: it logs its variables, and writes very little.
STAND_IN = """\
#!/bin/sh
{before}
printenv >&2
while [ $# -gt 0 ]; do case "$1" in --output | --mark) echo '{{"seconds": 0}}' >"$2" ;; esac; shift; done
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slurm)


@pytest.fixture(scope="session")
def studies(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copies of the repository in which studies have been run, in parallel, because each waits most of the time."""
    runs = {"quick": run_quick, "asking": run_asking} | ({} if without_image() else {"images": run_in_images})
    folders = {name: tmp_path_factory.mktemp(name) / "twinproof" for name in runs}
    with ThreadPoolExecutor() as pool:
        for ended in [pool.submit(run, folders[name]) for name, run in runs.items()]:
            ended.result()
    return folders


def run_quick(folder: Path) -> None:
    """Run the quick study of one twin with the first command of the guide."""
    on_cluster(only_twin(copy_with_venv(folder), TWIN))
    run_script(folder, commands(GUIDE).partition("\n")[0])


def run_in_images(folder: Path) -> None:
    """Run the trials of the quick study of one twin in the image."""
    on_cluster(only_twin(copy_with_image(folder, Environment(ENVIRONMENT)), TWIN))
    must(run_in(folder, *ON_SLURM, *QUICK, "trials", "--sdm", "apptainer"))


def run_asking(folder: Path) -> None:
    """Run three trials: a real one with too little memory at first, one for a GPU with too little time, a timing."""
    first = "{little} if attempt == 1 and wildcards.environment == '{environment}' else {enough}"
    little = {
        "mem_mb: 4000 * attempt": "mem_mb: " + first.format(little=60, environment=ENVIRONMENT, enough=4000),
        "runtime: 75 * attempt": "runtime: " + first.format(little=1, environment=GPU, enough=75),
    }
    on_cluster(copy_with_venv(folder), little)
    stand_in(folder, GPU, before="if mkdir build; then sleep 300; fi")
    stand_in(folder, OTHER)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["twins"] = {"dynamic": params["twins"]["dynamic"]}
    probes = {ENVIRONMENT: "identity", GPU: "identity", OTHER: "timing"}
    params["environments"] = {environment: {"probes": [probe]} for environment, probe in probes.items()}
    params["identity"]["replicates"] = 1
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    batches = [f"results/batches/{environment}/identity-0.done" for environment in (ENVIRONMENT, GPU)]
    must(run_in(folder, *ON_SLURM, *batches))
    # Only now: no other job would start while this one waits for the node.
    must(run_in(folder, *ON_SLURM, f"results/trials/{OTHER}/dynamic/timing-0.json"))


def stand_in(folder: Path, environment: str, before: str = "") -> None:
    """Give an environment a Python that measures nothing; Snakemake and Slurm behave as with the real one."""
    place = folder / "results" / "environments" / environment
    (place / "venv" / "bin").mkdir(parents=True)
    (place / "venv.txt").touch()
    python = place / "venv" / "bin" / "python"
    python.write_text(STAND_IN.format(before=before))
    python.chmod(0o755)


def without_image() -> str | None:
    """Return why there is no image to run in, or None; build a missing image if possible."""
    if not (shutil.which("apptainer") or shutil.which("singularity")):
        return "neither apptainer nor singularity is installed; run containers/install-tools"
    mark = Environment(ENVIRONMENT).image_mark
    if not (REPOSITORY / mark).exists():
        try:
            builders.find()
        except UserError as error:
            return f"there is no image, and nothing to build one with: {error}"
    make_here(mark)
    return None


def copy_with_venv(folder: Path) -> Path:
    """Copy the repository, and add the venv of one environment."""
    python_of(ENVIRONMENT)
    fresh_copy(folder)
    environments = folder / "results" / "environments"
    environments.mkdir()
    (environments / ENVIRONMENT).symlink_to(REPOSITORY / "results" / "environments" / ENVIRONMENT)
    return folder


def on_cluster(folder: Path, changes: dict[str, str] | None = None) -> None:
    """Edit a copy's profile as a user does, with optional further changes."""
    changed = {"partition: cpu": "partition: batch", "gpu_partition: gpu": "gpu_partition: accelerated"}
    # A cluster of one node can take frequent requests.
    changed |= {"status-checks: 20": "status-checks: 2", "latency-wait: 60": "latency-wait: 10"} | (changes or {})
    profile = folder / PROFILE / "config.yaml"
    text = profile.read_text()
    for old, new in changed.items():
        text, found = re.subn(rf"\b{re.escape(old)}(?!\S)", new, text)
        assert found == 1, old
    profile.write_text(text)


def run_script(folder: Path, script: str) -> str:
    return must(run_in(folder, "bash", "-euo", "pipefail", "-c", script))
