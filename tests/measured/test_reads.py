"""A file that a twin reads is tracked: it is named and part of the protocol, or the trial is refused."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.pipeline.counting import check_inputs
from twinproof.study.code import named_files
from twinproof.study.params import Params
from twinproof.study.protocol import make_protocol

ENVIRONMENT = "tf2.21-cpu"
# Each reads the given file. Python's audit lasts until the process ends, so they run in a separate process.
SCRIPT = """
import json, os, sys, zipfile
from pathlib import Path
import numpy as np
from twinproof.base.errors import UserError
from twinproof.measured.reads import require_named

READS = {
    "open": lambda path: open(path).close(),
    "by name": lambda path: open(file=path, mode="rb").close(),
    "bytes": lambda path: open(os.fsencode(path), "r+").close(),
    "Path": lambda path: Path(path).read_bytes(),
    "os.open": lambda path: os.close(os.open(path, os.O_RDONLY)),
    "fromfile": lambda path: np.fromfile(path),
    "loadtxt": lambda path: np.loadtxt(path, ndmin=1),
    "zipfile": lambda path: zipfile.is_zipfile(path),
    "elsewhere": lambda path: (os.chdir("models"), open("../" + path).close()),
    "whole path": lambda path: open(os.path.abspath(path)).close(),
    "link": lambda path: open(os.path.join(os.getcwd(), "..", "link", path)).close(),
    "import": lambda path: __import__("undeclared"),
}
HARMLESS = {
    "written": lambda path: Path(path).write_text("2"),
    "added to": lambda path: open(path, "a").close(),
    "opened to write": lambda path: os.close(os.open(path, os.O_WRONLY)),
    "not there": lambda path: Path("models/none").exists() or Path("models").is_dir(),
    "of the environment": lambda path: Path(sys.prefix, "data.json").read_text(),
    "of the system": lambda path: Path("/proc/self/stat").read_text(),
    "named": READS["open"],
}

def told(work, known, root=os.getcwd()):
    try:
        require_named("mine", known, lambda: work("models/weights.txt"))
    except UserError as error:
        return str(error)
    finally:
        os.chdir(root)

sys.prefix = os.path.abspath("results/environments/e/venv")
sys.path.insert(0, os.getcwd())
found = {name: told(work, ["mine.py"]) for name, work in READS.items()}
found |= {name: told(work, ["models/weights.txt"] if name == "named" else []) for name, work in HARMLESS.items()}
print(json.dumps(found))
"""


@pytest.fixture
def weights(project: Path) -> Path:
    (project / "models").mkdir()
    (project / "models/weights.txt").write_text("1")
    return Path("models/weights.txt")


def test_a_file_that_is_read_but_not_named_is_reported_with_what_to_write(project: Path, weights: Path) -> None:
    environment = project / "results/environments/e/venv"
    environment.mkdir(parents=True)
    (environment / "data.json").write_text("{}")
    (project / "undeclared.py").touch()
    (project.parent / "link").symlink_to(project)
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    harmless = {"written", "added to", "opened to write", "not there", "of the environment", "of the system", "named"}
    assert {how for how, line in told.items() if line is None} == harmless
    for how, line in told.items():
        name = "undeclared.py" if how == "import" else weights
        if how not in harmless:
            assert line.startswith(f"twins.mine: its code reads {name}, but params.yaml does not list it"), how
            assert line.endswith(f"add `files: [{name}]` to twins.mine"), how


def test_what_keras_h5py_and_tensorflow_read_is_seen_too(
    project: Path, run_in_environment: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run_in_environment("-m", "reads_facts", cwd=project)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert {how for how, name in BEHIND.items() if name not in told[how]} == set()


# The format of a model, and the file that is reported.
BEHIND = {
    "weights": "models/w.weights.h5",
    "model": "models/w.keras",
    "h5py": "models/w.weights.h5",
    "gfile": "models/w.txt",
    "checkpoint": "models/w.index",
    "SavedModel": "models/saved/saved_model.pb",
}


@pytest.fixture
def study(project: Path, weights: Path) -> dict[str, Any]:
    """Parameters with a twin that names a file."""
    (project / "mine.py").write_text("def functional(): pass\n\n\ndef subclassed(): pass\n")
    params: dict[str, Any] = yaml.safe_load((project / "params.yaml").read_text())
    params["twins"] = {"mine": {"module": "mine", "files": [str(weights)]}}
    return params


def test_new_content_of_a_named_file_changes_the_protocol(study: dict[str, Any], weights: Path) -> None:
    former = make_protocol(Params.parse(study), ENVIRONMENT, "mine", "learning")
    assert list(former["files"]) == [str(weights)]
    weights.write_text("2")
    assert make_protocol(Params.parse(study), ENVIRONMENT, "mine", "learning")["files"] != former["files"]
    del study["twins"]["mine"]["files"]
    assert "files" not in make_protocol(Params.parse(study), ENVIRONMENT, "mine", "learning")


@pytest.mark.parametrize(
    ("name", "why"), [("none.npz", "No such file or directory"), ("models", "not a file"), ("pipe", "not a file")]
)
def test_a_named_file_that_is_not_there_is_refused_with_its_twin(study: dict[str, Any], name: str, why: str) -> None:
    os.mkfifo("pipe")
    study["twins"]["mine"] |= {"files": [name], "probes": []}
    with pytest.raises(UserError, match=rf"twins\.mine\.files: {name} cannot be read \({why}\); give its path from"):
        check_inputs(Params.parse(study))


def test_a_large_file_is_read_once(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = named_files("mine", [str(weights)])
    monkeypatch.setattr("twinproof.study.code.sha256", lambda path: pytest.fail("read again"))
    assert named_files("mine", [str(weights)]) == first
