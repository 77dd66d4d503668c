"""What can be checked of the image tf2.21-gpu without a GPU; and that it uses a GPU if there is one."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ENVIRONMENT, REPOSITORY, python_of
from tests.copies import must, run_in
from twinproof.environments.environment import Environment

pytestmark = pytest.mark.gpu_image

GPU = Environment("tf2.21-gpu")
# All of them except the one that needs the driver's own library.
LIBRARIES = 30
TRIAL = ["-m", "twinproof.measured.run_trial", "--twin", "conditional", "--probe", "identity", "--replicate", "0"]


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    must(run_in(REPOSITORY, "snakemake", "--cores", "2", str(GPU.image_mark), timeout=3600))


def in_image(*command: str | Path, writable: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in the image, with the repository read-only and one writable folder."""
    seen = ["--bind", f"{REPOSITORY}:{REPOSITORY}:ro", *(["--bind", str(writable)] if writable else [])]
    variables = ["--env", "PYTHONPATH=src", "--env", "PYTHONSAFEPATH=1"]
    line = ["apptainer", "exec", "--cleanenv", "--contain", "--nv", "--pwd", REPOSITORY, *seen, *variables, GPU.sif]
    return subprocess.run([*line, *command], cwd=REPOSITORY, capture_output=True, text=True)


@pytest.fixture(scope="module")
def inside() -> dict[str, Any]:
    return json.loads(must(in_image("python", "-m", "twinproof.measured.inside")))


@pytest.fixture(scope="module")
def has_gpu(inside: dict[str, Any]) -> bool:
    return bool(inside["gpus"]["names"])


def trial(folder: Path, policy: str) -> subprocess.CompletedProcess[str]:
    """Run a trial in the image, with this policy for a missing GPU."""
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    params["environments"][GPU.name] = {"probes": ["identity"], "without_gpu": policy}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    asked = ["--environment", GPU.name, "--params", folder / "params.yaml", "--output", folder / "record.json"]
    return in_image("python", *TRIAL, *asked, writable=folder)


def test_tensorflow_imports_and_was_built_for_cuda() -> None:
    script = "import tensorflow as tf; print(tf.__version__, tf.sysconfig.get_build_info()['cuda_version'])"
    assert must(in_image("python", "-c", script)).startswith(f"{GPU.pinned()['tensorflow']} 12.")


def test_cuda_libraries_are_there_and_can_be_loaded(inside: dict[str, Any]) -> None:
    loaded = [name for name, fault in inside["libraries"].items() if fault is None]
    assert len(loaded) >= LIBRARIES
    for name, fault in inside["libraries"].items():
        assert fault is None or "libcuda.so.1" in fault, f"{name}: {fault}"


def test_image_carries_the_locks_digest(inside: dict[str, Any]) -> None:
    assert inside["lock"] == GPU.lock_digest()


def test_without_a_gpu_a_trial_is_refused_in_one_clear_line(has_gpu: bool, tmp_path: Path) -> None:
    if has_gpu:
        pytest.skip("there is a GPU here")
    done = trial(tmp_path, "error")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: environment {GPU.name}: no GPU is found here")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "record.json").exists()


def test_with_the_fallback_a_trial_says_so_and_gives_the_result_of_the_cpu(has_gpu: bool, tmp_path: Path) -> None:
    if has_gpu:
        pytest.skip("there is a GPU here")
    told = must(trial(tmp_path, "cpu"))
    (line,) = (line for line in told.splitlines() if "GPU" in line)
    assert f"uses the CPU instead, because environments.{GPU.name}.without_gpu allows it" in line
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["machine"]["device"] == "CPU"
    assert record["machine"]["image"] == GPU.image()["image"]
    asked = ["--environment", ENVIRONMENT, "--params", tmp_path / "params.yaml", "--output", tmp_path / "cpu.json"]
    must(
        subprocess.run(
            [python_of(ENVIRONMENT), *TRIAL, *asked],
            cwd=REPOSITORY,
            env={"PYTHONPATH": "src"},
            text=True,
            capture_output=True,
        )
    )
    assert record["styles"] == json.loads((tmp_path / "cpu.json").read_text())["styles"]


def test_a_trial_uses_a_gpu_if_there_is_one(has_gpu: bool, tmp_path: Path) -> None:
    if not has_gpu:
        pytest.skip("there is no GPU here")
    must(trial(tmp_path, "error"))
    assert json.loads((tmp_path / "record.json").read_text())["machine"]["device"].startswith("GPU ")
