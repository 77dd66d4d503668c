"""`twinproof try` runs one pitfall in the installed environments, says what was seen, and keeps nothing."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ENVIRONMENT, ENVIRONMENTS, REPOSITORY, python_of
from tests.copies import commands
from twinproof.base.errors import UserError
from twinproof.cli import main
from twinproof.environments.environment import Environment
from twinproof.pipeline import attempts
from twinproof.study.params import Params

CONTROL = {"step": "train", "as_expected": True, "what": "fine", "error": None, "warnings": [], "reason": None}
CELL = {
    "twin": "dynamic", "style": "subclassed", "pitfall": "nested_list", "title": "A list in a list",
    "expected": "All is well.", "references": [], "step": "predict", "as_expected": True, "what": "it is well",
    "error": None, "warnings": [], "control": CONTROL,
}  # fmt: skip


def install(*environments: str) -> None:
    """Put the mark of a complete venv into the current folder."""
    for environment in map(Environment, environments):
        environment.folder.mkdir(parents=True)
        environment.venv_mark.write_text(environment.lock.read_text())


@pytest.fixture
def study(params: dict[str, Any], project: Path) -> Params:
    """The shipped parameters, in the folder of a project in which nothing is installed."""
    return Params.parse(params)


def run(*arguments: str) -> int:
    try:
        return main(["try", *arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


def test_a_pitfall_is_found_by_its_name_alone_or_with_its_twin() -> None:
    assert attempts.choose(["nested_list"]) == ["dynamic/nested_list"]
    assert attempts.choose(["dynamic/nested_list", "nested_list", "bare_variable"]) == [
        "dynamic/nested_list",
        "simple/bare_variable",
    ]


@pytest.mark.parametrize("name", ["nested", "simple/nested_list", "dynamic", "", "../plan"])
def test_an_unknown_pitfall_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match=r"no such pitfall; allowed: .*dynamic/nested_list") as refused:
        attempts.choose([name])
    assert str(refused.value).startswith(f"{name}:")


def test_without_a_name_the_catalogue_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    listed = capsys.readouterr().out.splitlines()
    assert "dynamic/nested_list" in listed
    assert attempts.choose(listed) == listed == sorted(listed)


def test_environments_are_the_installed_ones_for_the_cpu(study: Params) -> None:
    install("tf2.18-cpu")
    there, missing = attempts.installed(study, [])
    assert there == ["tf2.18-cpu"]
    assert missing == [
        f"{name}: not made yet; `snakemake --cores 2 results/environments/{name}/venv.txt` installs it"
        for name in ("tf2.21-cpu", "tf2.15-cpu")
    ]


def test_one_environment_can_be_chosen(study: Params) -> None:
    install(*ENVIRONMENTS)
    assert attempts.installed(study, ["tf2.15-cpu", "tf2.15-cpu"]) == (["tf2.15-cpu"], [])


def test_without_any_environment_the_error_says_how_to_get_them(study: Params) -> None:
    with pytest.raises(UserError) as refused:
        attempts.installed(study, [])
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == ENVIRONMENTS
    with pytest.raises(UserError, match=r"--in tf9: no such environment; allowed: tf2.21-cpu"):
        attempts.installed(study, ["tf9"])


def test_every_environment_is_listed_with_what_was_seen() -> None:
    error = {"type": "ValueError", "message": "no such\n layer " + 400 * "x "}
    found = {
        "a": CELL,
        "bb": CELL | {"as_expected": False, "what": "outputs differ"},
        "c": CELL | {"as_expected": False, "warnings": ["mind\nthe list"]},
        "d": CELL | {"as_expected": None, "what": None, "step": "load", "error": error},
        "e": CELL | {"control": CONTROL | {"as_expected": None, "what": None, "error": error | {"message": "slip"}}},
        "f": CELL | {"control": CONTROL | {"as_expected": False, "what": "lost", "reason": "no lists in Keras 1"}},
    }
    title, expected, *lines = attempts.describe(found)
    assert title == "dynamic/nested_list (subclassed): A list in a list"
    assert expected == "  Expected: All is well."
    assert [line.split(maxsplit=1) for line in lines[:4]] == [
        ["a", "as expected                    it is well"],
        ["bb", "silently wrong                 outputs differ"],
        ["c", "wrong, with a warning          it is well"],
        ["warning:", "mind the list"],
    ]
    assert lines[4].startswith("  d   error at load                  ValueError: no such layer x x")
    assert lines[4].endswith(" ...") and len(lines[4]) < 400
    assert [line.strip() for line in lines[5:]] == [
        "e   not shown: the control failed  it is well",
        "control: error at train  TypeError: slip".replace("Type", "Value"),
        "f   as expected                    it is well",
        "control: silently wrong  lost (no lists in Keras 1)",
    ]


def answering(status: int, output: str, complaint: str = "") -> Any:
    """Stand in for the process in an environment."""
    return lambda environment, *arguments: subprocess.CompletedProcess(arguments, status, output, complaint)


def test_what_was_seen_is_also_printed_as_json(
    study: Params, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("params.yaml").write_text(yaml.safe_dump(study.content(), sort_keys=False))
    install(*ENVIRONMENTS[:2])
    monkeypatch.setattr(attempts, "start", answering(0, "talk\n" + json.dumps([CELL]) + "\n"))
    assert run("nested_list") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[2:] == [f"  {name}  as expected  it is well" for name in ENVIRONMENTS[:2]]
    assert printed.err.startswith("tf2.15-cpu: not made yet")
    assert run("nested_list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [dict.fromkeys(ENVIRONMENTS[:2], CELL)]


def test_a_process_that_fails_is_reported_with_all_that_it_said(
    study: Params, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("params.yaml").write_text(yaml.safe_dump(study.content(), sort_keys=False))
    install(ENVIRONMENT)
    monkeypatch.setattr(attempts, "start", answering(1, "", "Traceback\nSyntaxError: mind line 3\n"))
    assert run("nested_list") == 2
    assert capsys.readouterr().err == "error: tf2.21-cpu: exit status 1\nTraceback\nSyntaxError: mind line 3\n"


@pytest.mark.keras
def test_the_command_of_the_guide_tries_a_pitfall_for_real_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    python_of(ENVIRONMENT)
    monkeypatch.chdir(REPOSITORY)
    before = sorted(Path("results").iterdir())
    program, command, *arguments = commands(Path("docs/pitfalls.md")).split()
    assert (program, command) == ("twinproof", "try")
    assert run(*arguments, "--in", ENVIRONMENT) == 0
    _, expected, line = capsys.readouterr().out.splitlines()
    assert expected == "  Expected: The model that is loaded predicts what the saved one did."
    assert line == "  tf2.21-cpu  as expected  the outputs are the same"
    assert sorted(Path("results").iterdir()) == before
