"""What is tried in a release, and which words describe its outcome."""

import sys
from pathlib import Path

import pytest

from twinproof.base.errors import UserError
from twinproof.environments.environment import Environment
from twinproof.pipeline import attempts
from twinproof.pipeline.bisect.subjects import Outcome, Pitfall, Program, find_subject, read_outcome

TRACEBACK = """Traceback (most recent call last):
  File "case.py", line 3, in <module>
    model.save(path)
AttributeError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "case.py", line 5, in <module>
    model.fit(x)
keras.src.errors.NoSuchLayerError: layer dense_3 is not there
Arguments received:
  \N{BULLET} training=None
"""
PARAMS = Path("params.yaml")


@pytest.mark.parametrize(
    ("status", "printed", "complained", "outcome"),
    [
        (0, "Epoch 1\nthe weights are kept\n\n", "a warning\n", Outcome("works: the weights are kept", "")),
        (0, "", "", Outcome("works", "")),
        (1, "Epoch 1\n", TRACEBACK, Outcome("fails with NoSuchLayerError", "layer dense_3 is not there")),
        (1, "", "Traceback (most recent call last):\n  File\nKeyError\n", Outcome("fails with KeyError", "")),
        (3, "the weights are lost\n", "", Outcome("fails: the weights are lost", "")),
        (1, "Epoch 1\n", "it is wrong\n", Outcome("fails: it is wrong", "")),
        (4, "", "", Outcome("fails: exit status 4", "")),
        (-11, "", "", Outcome("crashes with SIGSEGV", "")),
    ],
)
def test_the_words_are_what_was_printed_last_or_the_kind_of_error(
    status: int, printed: str, complained: str, outcome: Outcome
) -> None:
    assert read_outcome(status, printed, complained) == outcome


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment whose Python is this one, in the current folder."""
    monkeypatch.chdir(tmp_path)
    environment = Environment("here")
    python = environment.venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return environment


def test_a_program_runs_beside_its_modules_and_in_an_empty_folder(here: Environment) -> None:
    Path("beside.py").write_text("WORD = 'fine'\n")
    Path("case.py").write_text(
        "import beside, os, sys\nprint(beside.WORD, os.listdir(), os.environ['KERAS_BACKEND'], sys.argv[1:])\n"
    )
    assert find_subject("case.py", PARAMS, 60).run(here).words == "works: fine [] tensorflow []"


def test_settings_of_the_users_shell_do_not_reach_a_program(here: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "1")
    Path("case.py").write_text("import os\nprint(os.environ['KERAS_BACKEND'], 'TF_USE_LEGACY_KERAS' in os.environ)\n")
    assert Program(Path("case.py"), 60).run(here).words == "works: tensorflow False"


def test_a_program_that_hangs_is_ended(here: Environment) -> None:
    Path("case.py").write_text("import time\ntime.sleep(60)\n")
    assert Program(Path("case.py"), 1).run(here).words == "not done after 1 s"


def test_a_pitfall_is_tried_as_twinproof_try_does(here: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    control = {"step": "train", "as_expected": True, "what": "fine", "error": None, "warnings": [], "reason": None}
    error = {"type": "ValueError", "message": "no such\nlayer"}
    cell = {"step": "load", "error": error, "as_expected": None, "what": None, "warnings": [], "control": control}
    asked: list[object] = []

    def run_in(*arguments: object) -> list[object]:
        asked.append(arguments)
        return [cell]

    monkeypatch.setattr(attempts, "run_in", run_in)
    subject = find_subject("nested_list", PARAMS, 60)
    assert subject == Pitfall("dynamic/nested_list", PARAMS)
    assert subject.run(here) == Outcome("error at load", "ValueError: no such layer")
    assert asked == [("here", PARAMS, ["dynamic/nested_list"])]


def test_a_pitfall_that_cannot_be_imported_has_an_outcome_and_a_mistake_in_the_parameters_has_none(
    here: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(status: int, said: str) -> None:
        def run_in(*_: object) -> None:
            raise attempts.FailedError("here", status, said)

        monkeypatch.setattr(attempts, "run_in", run_in)

    failing(1, "Traceback (most recent call last):\n  File\nAttributeError: no name")
    assert Pitfall("a/b", PARAMS).run(here) == Outcome("cannot be tried", "AttributeError: no name")
    failing(2, "error: params.yaml: seed is missing")
    with pytest.raises(UserError, match="seed is missing"):
        Pitfall("a/b", PARAMS).run(here)


@pytest.mark.parametrize(("name", "words"), [("nested", "no such pitfall; allowed:"), ("no.py", "cannot be read")])
def test_what_is_not_there_is_refused(name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=words):
        find_subject(name, PARAMS, 60)
