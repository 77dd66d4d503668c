"""Every command of the README and the guides runs, in order, on a fresh copy.

The copy makes its own workflow venv. Its environments are those of this repository, which Snakemake made from their
locks when a test first asked for them.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENT
from tests.copies import commands, fresh_copy, make_small

pytestmark = pytest.mark.guides


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory) -> Path:
    """A copy whose study is small; test_outcomes.py has one in several environments."""
    folder = fresh_copy(tmp_path_factory.mktemp("guides") / "twinproof", ENVIRONMENT)
    make_small(folder, ENVIRONMENT)
    return folder


def run_script(folder: Path, script: str) -> None:
    """Run a script as a user whose shell knows nothing about this test's venv."""
    outside = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    inside = os.environ.get("VIRTUAL_ENV", "")
    parts = os.environ["PATH"].split(os.pathsep)
    repository = str(Path(__file__).parents[2])
    outside["PATH"] = os.pathsep.join(
        p for p in parts if not p.startswith(repository) and not (inside and p.startswith(inside))
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=outside, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, f"{script}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"


def test_commands_of_the_readme_run_and_make_study_ends_with_report_and_metrics(newcomer):
    run_script(newcomer, "make study")
    made = {path: path.stat().st_mtime_ns for path in newcomer.glob("results/trials/**/*.json")}
    assert len(made) == 3
    assert f'<th scope="row">{ENVIRONMENT}</th>' in (newcomer / "results/report/index.html").read_text()
    run_script(newcomer, commands(newcomer / "README.md"))
    # Neither a second `make study` nor `snakemake` nor `dvc repro` measured anything.
    assert {path: path.stat().st_mtime_ns for path in newcomer.glob("results/trials/**/*.json")} == made
    assert (newcomer / "results/report/index.html").exists()
    assert (newcomer / "results/metrics.json").exists()
    assert (newcomer / "results/quick/report/index.html").exists()


def test_second_make_study_runs_no_job(newcomer):
    run_script(
        newcomer, "make study > build-study.log 2>&1; grep 'Nothing to be done' build-study.log; rm build-study.log"
    )


@pytest.mark.parametrize("page", ["docs/study.md", "docs/records.md", "docs/own-model.md", "docs/reproduce.md"])
def test_commands_of_the_guides_run(newcomer, page):
    run_script(newcomer, ". .venv/bin/activate\n" + commands(newcomer / page))
