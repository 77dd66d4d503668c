"""Everything that a trial starts ends with it, however the trial ends, and whichever process is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.conftest import until

# The variable that marks the processes of a test.
MARK = "TWINPROOF_GUARD"
# Starts one child, one that escapes to its own session, and one whose parent has ended; then ends in the given way.
WORK = """
import multiprocessing, os, subprocess, sys, threading, time
from pathlib import Path
from twinproof.measured.guard import guarded, write_apart

def write():
    subprocess.Popen(["sleep", "1000"])
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    subprocess.run(["sh", "-c", "setsid sleep 1000 & sleep 1000 &"])
    Path("begun").touch()
    how = sys.argv[1]
    if how == "stays": time.sleep(1000)
    if how == "leaves": os._exit(0)
    if how == "exits": sys.exit(0)
    if how == "aborts": os.abort()
    if how == "serves": multiprocessing.get_context("forkserver").Process(target=print).start()
    if how == "threads": threading.Thread(target=time.sleep, args=[1000]).start()
    Path("output").write_text("done")

def work():
    ending = write_apart(Path("output"), write)
    print(ending.words)
    return ending.status

sys.exit(guarded(work))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for pid in running(tmp_path):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def surroundings(folder: Path) -> dict[str, str]:
    return {**os.environ, MARK: str(folder)}


def running(folder: Path) -> list[int]:
    """Return the processes that started in a folder and are still there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{MARK}={folder}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("ends", 0, "done"),
        ("threads", 0, "done"),
        ("serves", 0, "done"),
        ("leaves", 1, "failed: it ended without output, for example after os._exit in the twin's code"),
        ("exits", 1, "failed with exit status 1, see above"),
        ("aborts", 1, "failed with SIGABRT, see above"),
    ],
)
def test_started_processes_are_gone_and_missing_output_is_reported(
    folder: Path, how: str, status: int, words: str
) -> None:
    (folder / "output").write_text("former")
    # Short, because it contains sockets, whose paths must not be long.
    (folder / "t").mkdir()
    environment = surroundings(folder) | {"TMPDIR": str(folder / "t")}
    command = [sys.executable, "-c", WORK, how]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (status, words), done.stderr
    assert running(folder) == []
    assert list((folder / "t").iterdir()) == []
    assert (folder / "output").read_text() == ("former" if status else "done")


def first(process: subprocess.Popen[bytes]) -> None:
    process.kill()


def guard(process: subprocess.Popen[bytes]) -> None:
    psutil.Process(process.pid).children()[0].kill()


def worker(process: subprocess.Popen[bytes]) -> None:
    psutil.Process(process.pid).children()[0].children()[0].kill()


def group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


def interrupted(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)


def ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


@pytest.mark.parametrize("kill", [first, guard, worker, group, interrupted, ended])
def test_nothing_is_left_whichever_process_is_killed(
    folder: Path, kill: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    command = [sys.executable, "-c", WORK, "stays"]
    with subprocess.Popen(
        command, cwd=folder, env=surroundings(folder), stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            until((folder / "begun").exists)
            assert len(running(folder)) == 3 + 4
            kill(process)
            until(lambda: not running(folder))
            assert process.wait(60) != 0
        finally:
            process.kill()


def test_nothing_is_left_of_a_job_whose_snakemake_is_killed(folder: Path) -> None:
    (folder / "work.py").write_text(WORK)
    job = f"exec setpriv --pdeathsig KILL {sys.executable} work.py stays"
    (folder / "Snakefile").write_text(f'rule all:\n    output: "output"\n    shell: "{job}"\n')
    command = [sys.executable, "-m", "snakemake", "--cores", "1"]
    with subprocess.Popen(
        command, cwd=folder, env=surroundings(folder), stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        until((folder / "begun").exists)
        process.kill()
        until(lambda: not running(folder))


ASK = """
import os, signal, subprocess, sys
from twinproof.measured.guard import ask_apart

def answer():
    if sys.argv[1] == "leaves": os._exit(0)
    if sys.argv[1] == "exits": sys.exit(3)
    if sys.argv[1] == "aborts": os.abort()
    if sys.argv[1] == "killed": os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[1] == "starts": subprocess.Popen(["sleep", "1000"], close_fds=False)
    return {"pid": os.getpid()}

print(ask_apart(answer)["pid"] != os.getpid())
"""


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("answers", 0, "True\n"),
        ("starts", 0, "True\n"),
        ("leaves", 0, ""),
        ("exits", 1, ""),
        ("aborts", -signal.SIGABRT, ""),
        ("killed", -signal.SIGKILL, ""),
    ],
)
def test_a_process_gets_an_answer_from_its_copy_or_ends_like_it(folder: Path, how: str, status: int, said: str) -> None:
    with (folder / "said").open("w+") as file:
        command = [sys.executable, "-c", ASK, how]
        done = subprocess.run(command, env=surroundings(folder), stdout=file, stderr=subprocess.DEVNULL, timeout=60)
    assert (done.returncode, (folder / "said").read_text()) == (status, said)
