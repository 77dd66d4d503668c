"""Fresh copies of the repository, in which real commands run."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import REPOSITORY, python_of

Completed = subprocess.CompletedProcess[str]
QUICK = ["snakemake", "--cores", "2", "--profile", "workflow/profiles/quick"]


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, with a made-up name and address."""
    someone = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *someone, *arguments], cwd=folder, check=True, capture_output=True)


def fresh_copy(folder: Path, *environments: str) -> Path:
    """Copy the files that git tracks or does not ignore, without results, into a new repository.

    If environments are named, the copy uses those of this repository. Missing ones are made first.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and (REPOSITORY / name).exists()]
    kept = [name for name in names if name == "results/.gitignore" or not name.startswith(("results/", "dvc.lock"))]
    folder.mkdir(parents=True)
    subprocess.run(
        ["tar", "-c", "--null", "--files-from=-"], cwd=REPOSITORY, input="\0".join(kept).encode(), check=True,
        stdout=(folder / ".copy.tar").open("wb"),
    )  # fmt: skip
    subprocess.run(["tar", "-xf", ".copy.tar"], cwd=folder, check=True)
    (folder / ".copy.tar").unlink()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=A fresh copy")
    if environments:
        for environment in environments:
            python_of(environment)
        (folder / "results" / "environments").symlink_to(REPOSITORY / "results" / "environments")
    return folder


def make_small(folder: Path, *environments: str, twin: str = "dynamic") -> None:
    """Reduce a copy's study to one twin in these environments, with few seeds, one epoch and no timing."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["twins"] = {twin: params["twins"][twin]}
    params["environments"] = {environment: {"probes": ["identity", "learning"]} for environment in environments}
    params["identity"]["replicates"] = 1
    params["learning"] |= {"replicates": 2, "epochs": 1}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def commands(page: Path) -> str:
    """Return the shell blocks of a page as one script."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S))


def surroundings(folder: Path) -> dict[str, str]:
    """Return the environment in which commands of the workflow's venv run on the code in `folder`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(folder / "src")}


def run_in(folder: Path, *command: str, timeout: int = 600) -> Completed:
    """Run a command of the workflow's venv on the code in `folder`."""
    return subprocess.run(
        command, cwd=folder, env=surroundings(folder), capture_output=True, text=True, timeout=timeout
    )


def must(done: Completed) -> str:
    """Return what a command printed; fail with all of it if the command failed."""
    assert done.returncode == 0, f"{done.args}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout + done.stderr


def logged(folder: Path, *command: str) -> str:
    """Run a Snakemake command, which must succeed; return the log of the run, which lists its jobs."""
    must(run_in(folder, *command))
    return log_of_run(folder)


def log_of_run(folder: Path) -> str:
    """Return the log of the last run of Snakemake in a folder."""
    return max((folder / ".snakemake" / "log").glob("*.snakemake.log")).read_text()


def measured(told: str) -> set[str]:
    """Return the trials in a log or a dry run of Snakemake, as environment/twin/probe-replicate."""
    together = re.findall(r"measuring in (\S+): (\w+) of (.*)", told)
    found = {
        f"{environment}/{twin}/{probe}-{replicate}"
        for environment, probe, trials in together
        for twin, replicate in re.findall(r"(\w+)/(\d+)", trials)
    }
    return found | set(re.findall(r"output: \S+?/trials/(\S+)\.json", told))


def locked_venv(name: str) -> Path:
    """Return the venv of a lock in workflow/ that conflicts with the workflow's own packages; made once per lock."""
    lock, venv, uv = (
        REPOSITORY / f"workflow/{name}.txt",
        REPOSITORY / "build" / name,
        Path(sys.executable).parent / "uv",
    )
    held = venv / "held.txt"
    if not held.exists() or held.read_text() != lock.read_text():
        for command in (
            ["venv", "--clear", "--no-python-downloads", "--python", "3.11", venv],
            ["pip", "sync", "--require-hashes", "--python", venv, lock],
        ):
            subprocess.run([uv, *command, "--quiet"], check=True)
        shutil.copy(lock, held)
    return venv


def require_equal_results(folder: Path, quick_results: Path) -> dict[str, Any]:
    """Check that the quick study in `folder` gave the same results as in the venv; return its records."""
    found, expected = records(folder), records(quick_results)
    assert found
    for path, record in found.items():
        assert deterministic(record["styles"]) == deterministic(expected[path]["styles"]), path
    return found


def records(folder: Path) -> dict[str, Any]:
    """Return the records of a folder's quick study by path."""
    trials = folder / "results" / "quick" / "trials"
    return {str(path.relative_to(trials)): json.loads(path.read_text()) for path in sorted(trials.rglob("*.json"))}


def deterministic(value: Any) -> Any:
    """Return the deterministic part of a style's results: everything except seconds."""
    if isinstance(value, dict):
        return {key: deterministic(inner) for key, inner in value.items() if key != "seconds"}
    return [deterministic(inner) for inner in value] if isinstance(value, list) else value


def only_twin(folder: Path, twin: str) -> Path:
    """Reduce a copy's studies, including the quick one, to one twin."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["twins"] = {twin: params["twins"][twin]}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    return folder
