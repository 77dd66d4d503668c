"""What a person sees of a run: in a terminal and without one."""

import logging
import os
import pty
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_twinproof import LogHandler
from tests.copies import surroundings
from twinproof.pipeline.view import END, VIEW

from ..conftest import REPOSITORY, until

WORKFLOW = """
from pathlib import Path
from snakemake.logging import logger
from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.progress import Progress
from twinproof.pipeline.view import END, VIEW, View
from twinproof.study.params import read_params

rule all:
    input: "good", "bad"

rule good:
    input: expand("input-{number}", number=range(200))
    output: "good"
    shell: "touch {output}"

rule bad:
    input: "good"
    output: "bad"
    log: "bad.log"
    shell: "(echo it is broken; echo for good; touch began; WAIT) > {log}; exit 1"

onstart:
    estimates = Estimates(read_params(Path("params.yaml")), Path("results"))
    progress = Progress(
        [], [], len(workflow.dag), trials=Path("trials"), batches={}, estimates=estimates, slots=2, local=True
    )
    logger.info("to do: some jobs", extra={VIEW: View(progress)})

onerror:
    logger.info("done: some jobs", extra={END: True})
"""
COMMAND = ["snakemake", "--cores", "2", "--show-failed-logs"]
OURS = ["--logger", "twinproof"]
WATCHED = re.compile(r"1 of 3 jobs done; less than a minute left; running 1:\r\n  bad +\d+ s")


@pytest.fixture
def folder(project: Path) -> Path:
    """A workflow of two jobs, one of which fails."""
    (project / "Snakefile").write_text(WORKFLOW.replace("WAIT", "true"))
    for number in range(200):
        (project / f"input-{number}").touch()
    return project


def without_terminal(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=variables(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
    )
    assert done.returncode == 1, done.stdout
    return done.stdout


def in_terminal(folder: Path, *command: str, interrupt: bool = False) -> str:
    """Run a command in its own terminal, press Ctrl-C once a job began if asked to, and return what it wrote."""
    number, terminal = pty.fork()
    if number == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, {**variables(), "TERM": "xterm", "COLUMNS": "100", "LINES": "30"})  # noqa: S606
    if interrupt:
        until((folder / "began").exists)
        os.write(terminal, b"\x03")
    written = b""
    try:
        while read := os.read(terminal, 65536):
            written += read
    except OSError:
        pass  # A terminal ends this way.
    assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 1, written.decode()
    return written.decode()


def variables() -> dict[str, str]:
    """As in CI, where colours may be forced."""
    return {**surroundings(REPOSITORY), "FORCE_COLOR": "1"}


def test_without_a_terminal_there_is_a_plain_line_for_each_job_that_is_done(folder: Path) -> None:
    printed = without_terminal(folder, *COMMAND, *OURS)
    assert "\x1b" not in printed and "\r" not in printed
    assert re.search(r"^\d\d:\d\d:\d\d  1 of 3 jobs done; less than a minute left: good in \d s$", printed, re.M)
    require_whole_errors(printed)


def test_a_terminal_shows_what_runs_and_keeps_its_cursor(folder: Path) -> None:
    (folder / "Snakefile").write_text(WORKFLOW.replace("WAIT", "sleep 3"))
    printed = in_terminal(folder, *COMMAND, *OURS)
    assert WATCHED.search(printed)
    require_whole_errors(printed.replace("\r\n", "\n"))
    assert printed.rindex("\x1b[?25h") > printed.rindex("\x1b[?25l")


def test_ctrl_c_ends_a_run_in_a_terminal(folder: Path) -> None:
    (folder / "Snakefile").write_text(WORKFLOW.replace("WAIT", "exec sleep 300"))
    began = time.monotonic()
    printed = in_terminal(folder, *COMMAND, *OURS, interrupt=True)
    assert time.monotonic() - began < 200
    assert "Terminating processes on user request" in printed and "done: some jobs" in printed
    assert printed.rindex("\x1b[?25h") > printed.rindex("\x1b[?25l")


def require_whole_errors(printed: str) -> None:
    """Check that the failed job, all of its log, and the log of the run are shown, and no lists of files."""
    assert "Error in rule bad:" in printed and "    output: bad\n" in printed
    assert "it is broken\nfor good\n" in printed
    assert "input-1" not in printed
    assert re.search("done: some jobs.*\n.*failed: bad; log: bad.log", printed)
    whole = re.search(r"Complete log\(s\): (\S+\.log)", printed)
    assert whole and {"input-1", "input-199"} <= set(re.split(r"[\s,]+", Path(whole[1]).read_text()))


def record(level: int, text: str, **facts: Any) -> logging.LogRecord:
    made = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    made.__dict__.update(facts)
    return made


STARTED = {"rule_msg": None, "rule_name": "r", "local": False, "is_checkpoint": False, "input": ["a"], "output": ["b"]}
STARTED |= {"log": [], "jobid": 1, "benchmark": None, "reason": "", "wildcards": {}, "priority": 0, "threads": 1}
STARTED |= {"resources": {}, "event": LogEvent.JOB_INFO}


def test_a_message_for_the_person_is_never_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    handler = LogHandler(OutputSettings(), None)
    handler.emit(record(logging.INFO, "Select jobs to execute..."))
    assert capsys.readouterr().err == ""
    for level, text in (
        (logging.WARNING, "Select jobs to execute..."),
        (logging.ERROR, "LockException:\nError: Directory cannot be locked."),
        (logging.INFO, "Nothing to be done (all requested files are present and up to date)."),
    ):
        handler.emit(record(level, text))
        assert capsys.readouterr().err == f"{text}\n"


def test_a_workflow_without_a_view_is_shown_as_snakemake_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    LogHandler(OutputSettings(), None).emit(record(logging.INFO, "", **STARTED))
    assert "rule r:\n    input: a\n    output: b\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked", [{"dryrun": True}, {"verbose": True}, {"printshellcmds": True}, {"quiet": {Quietness.RULES}}]
)
def test_users_who_ask_snakemake_for_more_or_less_get_just_that(
    asked: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    handler = LogHandler(OutputSettings(**asked), None)
    handler.emit(record(logging.INFO, "to do", **{VIEW: Broken()}))
    handler.emit(record(logging.INFO, "Select jobs to execute..."))
    assert capsys.readouterr().err == "to do\nSelect jobs to execute...\n"


class Broken:
    """A view with a fault."""

    def begin(self, text: logging.Handler, terminal: bool) -> None:
        pass

    def handle(self, record: logging.LogRecord) -> None:
        raise ZeroDivisionError("a fault of the view")

    def close(self) -> None:
        raise ZeroDivisionError("another")


def test_a_fault_of_the_view_ends_the_view_and_loses_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    handler = LogHandler(OutputSettings(), None)
    handler.emit(record(logging.INFO, "to do", **{VIEW: Broken()}))
    handler.emit(record(logging.ERROR, "it is broken"))
    handler.emit(record(logging.INFO, "done", **{END: True}))
    told = capsys.readouterr().err
    assert "ZeroDivisionError: a fault of the view" in told
    assert [line for line in told.splitlines() if line in ("to do", "it is broken", "done")] == [
        "to do", "it is broken", "done",
    ]  # fmt: skip
