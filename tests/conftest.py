"""What the tests share: lanes to run in, a project folder per test, and Python inside a measured environment."""

import fcntl
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from twinproof.environments.environment import Environment
from twinproof.environments.variables import clean
from twinproof.environments.venv import install
from twinproof.study.code import code_of_module
from twinproof.study.params import read_params

from . import lanes

if TYPE_CHECKING:
    from tests.slurm.cluster import Cluster

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = "tf2.21-cpu"
ENVIRONMENTS = [ENVIRONMENT, "tf2.18-cpu", "tf2.15-cpu"]
Completed = subprocess.CompletedProcess[str]
MadeOnce = Callable[[str, Callable[[Path], object]], Path]
STARTED = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", help="of the Makefile: warn at the end if its budget was exceeded")


def pytest_configure(config: pytest.Config) -> None:
    # If a shell starts the tests in the background, they and their children may ignore these signals.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if os.geteuid() == 0 and "PYTEST_XDIST_WORKER" not in os.environ:
        from tests.slurm.cluster import forget_killed_cluster

        forget_killed_cluster()
    config.stash[STARTED] = time.monotonic()
    if target := config.getoption("--target"):
        budget_of(target)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "run_in_environment" in getattr(item, "fixturenames", ()):
            item.add_marker("keras")
    items.sort(key=lambda item: lanes.place_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> lanes.Lanes:
    return lanes.Lanes(config, log)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Warn if the tests took longer than they should; they do not fail, because the machine may be busy."""
    if target := config.getoption("--target"):
        minutes, budget = (time.monotonic() - config.stash[STARTED]) / 60, budget_of(target)
        if minutes > budget:
            message = f"WARNING: make {target} took {minutes:.1f} minutes; its budget in docs/tests.md is {budget:g}"
            terminalreporter.write_line(message, yellow=True)


def budget_of(target: str) -> float:
    """Return the minutes that a target of the Makefile may take."""
    row = re.search(rf"^\| `make {target}` \|.*\| ([\d.]+) \|$", (REPOSITORY / "docs/tests.md").read_text(), re.M)
    if row is None:
        raise pytest.UsageError(f"--target {target}: docs/tests.md has no budget for it")
    return float(row[1])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock, so that no other test process does the same thing at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Make a folder once for all lanes; tests leave it as it is, or change a copy."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def once(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = root / name / "twinproof", root / name / "done"
        with locked(root / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.parent.mkdir(exist_ok=True)
                make(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def quick_results(made_once: MadeOnce) -> Path:
    """A fresh copy in which the quick study has been run in the venv; no test changes it."""
    from tests.copies import QUICK, fresh_copy, must, run_in

    return made_once("quick", lambda folder: must(run_in(fresh_copy(folder, ENVIRONMENT), *QUICK)))


@pytest.fixture(scope="session")
def site(made_once: MadeOnce) -> Path:
    """The folder of the site of the guides."""
    from tests.copies import must, run_in

    def make(folder: Path) -> None:
        must(run_in(REPOSITORY, "make", "--old-file=.venv/ready", "docs"))
        shutil.copytree(REPOSITORY / "build" / "docs", folder)

    return made_once("site", make)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Cluster]":
    """A cluster of one node, for all tests that need one."""
    from tests.slurm.cluster import Cluster

    assert os.geteuid() == 0, "not root, who alone can put a configuration where Slurm looks for it"
    assert shutil.which("slurmctld", path="/usr/sbin"), "there is no Slurm; run tests/slurm/install-slurm"
    with Cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        yield cluster


@pytest.fixture
def params() -> dict[str, Any]:
    """The shipped parameters, which a test may change."""
    return yaml.safe_load((REPOSITORY / "params.yaml").read_text())


@pytest.fixture(scope="session")
def make_project() -> Callable[[Path], Path]:
    """Set up a separate study in a folder: the shipped images, a copy of the locks, a small params.yaml."""

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
    """The current folder, with a small study; nothing about its code is cached."""
    folder = make_project(tmp_path / "project")
    monkeypatch.chdir(folder)
    code_of_module.cache_clear()
    return folder


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


@functools.cache
def python_of(environment: str) -> Path:
    """Return the Python of an environment; make the environment if it is missing."""
    with chdir(REPOSITORY):
        fault = Environment(environment).venv_fault()
        known = read_params(Path("params.yaml")).environments
    if fault and environment in known:
        make_here(Environment(environment).venv_mark)
    elif fault:
        # The workflow only makes environments that its parameters name.
        with chdir(REPOSITORY), locked(REPOSITORY / "build" / "made-by-tests.lock"):
            install(Environment(environment))
    return REPOSITORY / Environment(environment).venv / "bin" / "python"


def make_here(output: Path) -> None:
    """Have Snakemake make something in this repository, one lane at a time: Snakemake locks the folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "snakemake", "--cores", "2", str(output)]
    with locked(REPOSITORY / "build" / "made-by-tests.lock"):
        subprocess.run(command, cwd=REPOSITORY, env={**os.environ, "PATH": path}, check=True, timeout=1800)


@pytest.fixture(scope="session")
def run_in_environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Completed]:
    """Run Python inside an environment, as the workflow does; it can import the modules in tests/facts, too."""
    alike = {
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_HOME": str(tmp_path_factory.mktemp("keras")),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }

    def run(*arguments: str | Path, cwd: Path = REPOSITORY, environment: str = ENVIRONMENT) -> Completed:
        path = os.pathsep.join(map(str, (REPOSITORY / "src", REPOSITORY / "tests" / "facts", cwd)))
        with chdir(REPOSITORY):
            backend = Environment(environment).backend()
        return subprocess.run(
            [python_of(environment), *arguments],
            cwd=cwd,
            env={**clean(os.environ), **alike, "KERAS_BACKEND": backend, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def facts_from(run_in_environment: Callable[..., Completed]) -> Callable[..., Any]:
    """Run a module of tests/facts and return the JSON it prints last: Keras is imported once for many facts."""

    def facts(module: str, environment: str = ENVIRONMENT) -> Any:
        done = run_in_environment("-m", module, environment=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return facts
