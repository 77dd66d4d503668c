"""The guide's examples, run as a user runs them: the wheel next to a Keras, with files and commands as shown."""

import importlib.metadata
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.conftest import ENVIRONMENTS, REPOSITORY, python_of

pytestmark = pytest.mark.guides

GUIDE = REPOSITORY / "docs" / "prove.md"
# What pip would have installed: the command line, and pytest.
BROUGHT = ("typer", "pytest")
FILE = re.compile(r"^`([\w.]+)`[^\n]*:\n\n```python\n(.*?)^```", re.M | re.S)
YAML = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.M | re.S)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the guide's files, two venvs and, in `bin`, the commands of an environment with Keras."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "site").mkdir()
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "wheel"], cwd=REPOSITORY, check=True
    )
    wheel = next((folder / "wheel").glob("*.whl"))
    subprocess.run(
        ["uv", "pip", "install", "-q", "--offline", "--no-deps", "--target", folder / "site", wheel], check=True
    )
    bring(folder / "site")
    (folder / "bin").mkdir()
    for name, module in (("twinproof", "from twinproof.cli import main"), ("pytest", "from pytest import main")):
        script = f'#!/bin/sh\nexec {python_of(ENVIRONMENTS[0])} -c "import sys; {module}; sys.exit(main())" "$@"\n'
        (folder / "bin" / name).write_text(script)
        (folder / "bin" / name).chmod(0o755)
    (folder / "work").mkdir()
    for name, environment in (("keras2", ENVIRONMENTS[-1]), ("keras3", ENVIRONMENTS[0])):
        (folder / "work" / name).symlink_to(python_of(environment).parents[1])
    for name, text in FILE.findall(GUIDE.read_text()):
        (folder / "work" / name).write_text(text)
    return folder


def bring(site: Path) -> None:
    """Link what pip would have installed from the workflow's venv, which has the same Python."""
    waiting, seen = list(BROUGHT), set[str]()
    while waiting:
        found = importlib.metadata.distribution(waiting.pop())
        seen.add(found.name.lower())
        needed = [Requirement(text) for text in found.requires or []]
        there = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
        waiting += [one.name for one in there if one.name.lower() not in seen]
        for entry in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
            if not (site / entry).exists():
                (site / entry).symlink_to(str(found.locate_file(entry)))


def run(shell: Path, command: str) -> str:
    """Return what a user of a command sees on the terminal."""
    variables = {
        "PATH": f"{shell / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(shell),
        "PYTHONPATH": str(shell / "site"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "PY_COLORS": "0",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=shell / "work", env=variables, capture_output=True, text=True, timeout=600
    )
    assert done.stdout or done.returncode == 0, done.stderr
    return done.stdout


def plain(text: str) -> list[str]:
    """Return lines without what differs between runs and machines: seconds, rounding, where rounding is largest."""
    for pattern, instead in (
        (r"\d+\.\d+s\b", "TIME"),
        (r"python 3\.11\.\d+", "python 3.11"),
        (
            r"equal (to the last bit|within rounding) through (\d+ training steps)( \(at most .*\))?",
            r"equal through \2",
        ),
        (r"(equal          |within rounding) +(to the last bit, )?(\d+ arrays?).*", r"no difference in \3"),
        (r"most at .*", "most at some place"),
    ):
        text = re.sub(pattern, instead, text)
    return [line.rstrip() for line in text.splitlines() if "warning" not in line.lower()]


def sessions(page: Path) -> list[tuple[str, str]]:
    """Return the commands that a page shows, each with its output; commands that install are left out."""
    parts = "".join(CONSOLE.findall(page.read_text()))
    shown = [part.partition("\n") for part in re.split(r"^\$ ", parts, flags=re.M) if part]
    return [(command, output) for command, _, output in shown if not re.match(r"(pip|make) ", command)]


def test_the_guide_shows_what_its_commands_print(shell: Path) -> None:
    """They run in order, because one changes a file; the README's, with the same files, come first."""
    shown = [*sessions(REPOSITORY / "README.md"), *sessions(GUIDE)]
    assert len(shown) == 6
    for command, output in shown:
        printed = run(shell, command)
        assert plain(printed) == plain(output), f"{command}\n{printed}"


def test_the_workflow_and_the_hook_run_a_command_that_the_guide_shows() -> None:
    workflow, asked = map(yaml.safe_load, YAML.findall(GUIDE.read_text()))
    (hook,), (named,) = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text()), asked["repos"][0]["hooks"]
    assert named["id"] == hook["id"]
    assert re.search(named["files"], "lenet.py")
    in_hook = shlex.join([*shlex.split(hook["entry"]), *named["args"]])
    in_workflow = workflow["jobs"]["prove"]["steps"][-1]["run"]
    assert {in_hook, in_workflow} <= {command for command, _ in sessions(GUIDE)}
