"""What the tests share: a project folder of their own, and Python inside a measured environment."""

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof import plan
from twinproof.environments import Environment
from twinproof.surroundings import clean

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = "tf2.21-cpu"
ENVIRONMENTS = [ENVIRONMENT, "tf2.18-cpu", "tf2.15-cpu"]
Completed = subprocess.CompletedProcess[str]


@pytest.fixture
def params() -> dict[str, Any]:
    """The shipped parameters, to be changed at will."""
    return yaml.safe_load((REPOSITORY / "params.yaml").read_text())


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Path]:
    """Make a study of its own in a folder: the shipped images, a copy of the locks, small params.yaml."""

    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(REPOSITORY / "containers" / "locks", folder / "containers" / "locks")
        (folder / "data").symlink_to(REPOSITORY / "data")
        params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
        params["twins"] = {twin: params["twins"][twin] for twin in ("simple", "conditional", "dynamic")}
        params["environments"] = {ENVIRONMENT: {"probes": ["identity", "learning"]}}
        params["identity"]["steps"] = 2
        params["learning"]["epochs"] = 1
        (folder / "params.yaml").write_text(yaml.safe_dump(params))
        return folder

    return make


@pytest.fixture
def project(make_project: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small study, the present one, about whose code nothing is remembered."""
    folder = make_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    plan._code.cache_clear()
    return folder


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


@functools.cache
def python_of(environment: str) -> Path:
    """Return the Python of an environment, which is made if it is not there."""
    mark = Environment(environment).venv_mark
    python = REPOSITORY / Environment(environment).venv / "bin" / "python"
    with chdir(REPOSITORY):
        fault = Environment(environment).venv_fault()
    if fault:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, "-m", "snakemake", "--cores", "1", str(mark)]
        subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "PATH": path}, check=True)
    return python


@pytest.fixture(scope="session")
def run_in_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Completed]:
    """Run Python inside an environment, as the workflow does; the modules in tests/measured are seen there too."""
    alike = {
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(tmp_path_factory.mktemp("keras")),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }

    def run(*arguments: str | Path, cwd: Path = REPOSITORY, environment: str = ENVIRONMENT) -> Completed:
        path = os.pathsep.join(map(str, (REPOSITORY / "src", REPOSITORY / "tests" / "measured", cwd)))
        return subprocess.run(
            [python_of(environment), *arguments],
            cwd=cwd,
            env={**clean(os.environ), **alike, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def facts_from(run_in_environment: Callable[..., Completed]) -> Callable[..., Any]:
    """Run a module of tests/measured and return the JSON it prints last: Keras is imported once for many facts."""

    def facts(module: str, environment: str = ENVIRONMENT) -> Any:
        done = run_in_environment("-m", module, environment=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return facts
