import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from twinproof.base.errors import UserError, entry_point


@entry_point
def main(arguments: list[str] | None = None) -> int | None:
    """Do what is asked."""
    if arguments == ["wrong"]:
        raise UserError("wrong: not allowed")
    if arguments == ["fault"]:
        raise ValueError("a fault of the code")
    if arguments == ["interrupted"]:
        raise KeyboardInterrupt
    return 1 if arguments else None


def test_a_users_mistake_is_one_line_and_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wrong"]) == 2
    assert capsys.readouterr() == ("", "error: wrong: not allowed\n")


def test_any_other_exception_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="a fault of the code"):
        main(["fault"])


def test_status_is_that_of_the_entry_point_and_0_without_one() -> None:
    assert main(["other"]) == 1
    assert main([]) == main() == 0
    assert main.__doc__ == "Do what is asked."


def test_ctrl_c_gives_the_status_of_shells_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interrupted"]) == 130
    assert capsys.readouterr() == ("", "")


INTERRUPTED_AT = """\
import builtins, os, signal, sys
real = builtins.__import__
def interrupting(name, *rest, **named):
    if name == {module!r} and "twinproof" in sys.modules:
        os.kill(os.getpid(), signal.SIGINT)
    return real(name, *rest, **named)
builtins.__import__ = interrupting
"""


@pytest.mark.parametrize("program", ["measured.run_batch", "measured.run_trial", "analysis.tables"])
def test_ctrl_c_while_modules_are_imported_gives_no_traceback(program: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED_AT.format(module="argparse"))
    path = os.pathsep.join([str(tmp_path), str(REPOSITORY / "src")])
    command = [sys.executable, "-m", f"twinproof.{program}"]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
