"""A second working tree runs its own code or is refused, whichever venv is active."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from twinproof.analysis.tables import main as make_tables
from twinproof.base.errors import UserError, require_own_code
from twinproof.cli import main

from .conftest import REPOSITORY
from .copies import fresh_copy, must


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A folder that looks like another clone."""
    (tmp_path / "second tree/src/twinproof").mkdir(parents=True)
    (tmp_path / "second tree/src/twinproof/__init__.py").touch()
    return tmp_path / "second tree"


@pytest.mark.parametrize("place", ["", "docs"])
def test_a_command_of_another_clones_venv_is_refused_with_what_to_do(
    place: str, second: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (second / place).mkdir(exist_ok=True)
    monkeypatch.chdir(second / place)
    for entry in (lambda: main(["answer"]), lambda: make_tables(["--results", "results"])):
        assert entry() == 2
        told = capsys.readouterr().err
        assert told.startswith(
            f"error: {second} has its own twinproof, but the code in {REPOSITORY / 'src/twinproof'} would"
        )
        assert f"PYTHONPATH={second / 'src'}" in told and "make .venv/ready" in told
        assert told.count("\n") == 1


def test_its_own_code_runs_when_python_looks_there_first(second: Path) -> None:
    (second / "src/twinproof/__init__.py").write_text((REPOSITORY / "src/twinproof/__init__.py").read_text())
    shutil.copytree(REPOSITORY / "src/twinproof/base", second / "src/twinproof/base")
    (second / "src/twinproof/mine.py").write_text(
        "from twinproof.base.errors import entry_point\n\n@entry_point\ndef main(_): print(__file__)\n\nmain([])\n"
    )
    variables = {**os.environ, "PYTHONPATH": str(second / "src")}
    command = [sys.executable, "-m", "twinproof.mine"]
    done = subprocess.run(command, cwd=second, env=variables, capture_output=True, text=True)
    assert done.stdout.strip() == str(second / "src/twinproof/mine.py"), done.stderr


def test_a_folder_with_only_a_study_is_fine_anywhere(tmp_path: Path) -> None:
    require_own_code(tmp_path)
    require_own_code(REPOSITORY)
    require_own_code(REPOSITORY / "docs" / "decisions")


def test_a_link_to_the_folder_is_the_folder(tmp_path: Path, second: Path) -> None:
    (tmp_path / "link").symlink_to(REPOSITORY)
    require_own_code(tmp_path / "link")
    (tmp_path / "other").symlink_to(second)
    with pytest.raises(UserError, match="has its own twinproof"):
        require_own_code(tmp_path / "other")


def test_snakemake_of_another_clones_venv_runs_the_code_of_the_folder_without_activation(tmp_path: Path) -> None:
    """Both where it reads the workflow and in the jobs, whose interpreter has no options from the shell."""
    copy = fresh_copy(tmp_path / "a copy für sich")
    module = copy / "src/twinproof/study/dataset.py"
    start = "\nif __name__ =="
    told = "__name__, __file__, sys.flags.optimize * (__name__ == '__main__'), sep=','"
    tell = f"\nprint({told}, file=open('ran.txt', 'a'))\n{start}"
    module.write_text(module.read_text().replace(start, tell))
    inactive = {"PATH": "/usr/bin:/bin", "HOME": "/proc/nobody", "PYTHONOPTIMIZE": "2"}
    done = subprocess.run(
        [Path(sys.executable).parent / "snakemake", "--cores", "1", "results/data.json"],
        cwd=copy,
        env=inactive,
        capture_output=True,
        text=True,
    )
    must(done)
    ran = set((copy / "ran.txt").read_text().splitlines())
    assert ran == {f"twinproof.study.dataset,{module},0", f"__main__,{module},0"}
