"""Versions in real git repositories: listed, compared, and refused if there are none."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from twinproof.cli import main
from twinproof.versions.compare import Cell, compare
from twinproof.versions.describe import main as write_version
from twinproof.versions.find import list_versions, read_revision, read_workspace

from .studies import ENVIRONMENT

Write = Callable[[Path, dict[str, Any], dict[str, Any]], Path]


def git(*arguments: str) -> None:
    someone = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *someone, *arguments], check=True, capture_output=True)


def run(*arguments: str) -> int:
    """Return the exit status of `twinproof` with these arguments."""
    try:
        return main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with what a version is made from, and no study yet."""
    folder = tmp_path / "repository"
    for part in ("data/mnist/SHA256SUMS", "workflow/requirements.txt", "Snakefile", "params.yaml"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / part, folder / part)
    shutil.copytree(REPOSITORY / "containers/locks", folder / "containers/locks")
    shutil.copytree(REPOSITORY / "src/twinproof/report", folder / "src/twinproof/report")
    (folder / "results").mkdir()
    shutil.copy(REPOSITORY / "results/.gitignore", folder / "results/.gitignore")
    monkeypatch.chdir(folder)
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message=No study yet")
    return folder


@pytest.fixture
def commit(repository: Path, write_results: Write) -> Callable[..., None]:
    """Write the results of a study into the repository, commit them, and tag the commit."""

    def make(tag: str, records: dict[str, Any], study: dict[str, Any]) -> None:
        results = repository / "results"
        for part in ("tables", "notebooks", "report", "trials"):
            shutil.rmtree(results / part, ignore_errors=True)
        write_results(results, records, study)
        for path, record in records.items():
            (results / path).parent.mkdir(parents=True, exist_ok=True)
            (results / path).write_text(json.dumps(record))
        (results / "report").mkdir()
        (results / "report/index.html").write_text("<title>A report</title>")
        assert write_version(["--results", "results", "--output", "results/version.json"]) == 0
        git("add", "--all")
        git("commit", "--allow-empty", "--quiet", f"--message={tag}")
        git("tag", tag)

    return make


def cells_of(old: str, new: str) -> list[Cell]:
    return compare(read_revision(old), read_revision(new)).cells


def different(old: str, new: str) -> list[tuple[str, str, str, str]]:
    cells = compare(read_revision(old), read_revision(new)).cells
    return [
        (cell.part, cell.where, cell.what, cell.outcome)
        for cell in cells
        if cell.outcome in ("changed", "added", "removed")
    ]


def test_a_version_says_what_it_was_made_from_and_holds(commit, timed_records, timed_study) -> None:
    commit("v-a", timed_records, timed_study)
    version = json.loads(Path("results/version.json").read_text())
    assert set(version["made_from"]) == {"params", "data", "locks", "workflow_lock", "code"}
    assert list(version["made_from"]["locks"]) == [ENVIRONMENT]
    assert set(version["digests"]) == {"trials", "tables", "notebooks", "report"}
    assert version["trials"] == len(timed_records)
    assert version["answer"].endswith(".")


def test_a_changed_byte_in_any_part_changes_its_digest(commit, records, study) -> None:
    commit("v-a", records, study)
    before = json.loads(Path("results/version.json").read_text())["digests"]
    for part, file in {
        "trials": f"trials/{ENVIRONMENT}/simple/identity-0.json",
        "tables": "tables/claims.csv",
        "notebooks": f"notebooks/{ENVIRONMENT}/simple/learning.html",
        "report": "report/index.html",
    }.items():
        path = Path("results", file)
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        assert write_version(["--results", "results", "--output", "elsewhere.json"]) == 0
        after = json.loads(Path("elsewhere.json").read_text())["digests"]
        assert {name for name in before if before[name] != after[name]} == {part}
        path.write_bytes(content)


def test_versions_lists_tags_and_untagged_commits_newest_first(commit, records, study, capsys) -> None:
    commit("v-a", records, study)
    commit("v-b", records, study | {"seed": 7})
    git("tag", "--annotate", "--message=The same", "v-b-again")
    commit("v-c", records, study | {"seed": 8})
    git("tag", "--delete", "v-c")
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout
    assert next(list_versions()).name == head[:10]
    assert {listed.name for listed in list_versions()} == {head[:10], "v-b, v-b-again", "v-a"}
    assert run("versions") == 0
    printed = capsys.readouterr().out
    assert f"  {ENVIRONMENT}\n    " in printed


def test_a_version_compared_with_itself_is_the_same(commit, timed_records, timed_study, capsys) -> None:
    commit("v-a", timed_records, timed_study)
    assert run("compare", "v-a", "v-a") == 0
    assert run("compare", "v-a") == 0
    assert "No figure differs" in capsys.readouterr().out
    assert {cell.outcome for cell in cells_of("v-a", "v-a") if cell.part not in ("timing", "accuracy")} == {"same"}


def test_a_change_of_seed_is_reported_with_its_exit_status(commit, records, study, capsys) -> None:
    commit("v-a", records, study)
    other = copy.deepcopy(records)
    for record in other.values():
        record["seed"] += 1000
    commit("v-b", other, study | {"seed": 7})
    assert run("compare", "v-a", "v-b") == 1
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "v-a -> v-b"
    assert f"made from params seed: {study['seed']} -> 7" in printed
    # Two twins, three styles and three seeds, each with a status, a seed, weights, and whether these are functional's.
    assert "\nlearning: 18 changed, 54 same\n" in printed
    assert "no seed is in both" in printed
    assert {(part, what) for part, _, what, _ in different("v-a", "v-b")} == {("learning", "seed")}


def test_a_changed_outcome_is_reported_by_its_cell(commit, outcome_records, study) -> None:
    study["environments"][ENVIRONMENT]["probes"] = [
        "identity",
        "learning",
        "serialization",
        "introspection",
        "pitfalls",
    ]
    study["twins"]["simple"]["probes"] = ["identity", "learning"]
    commit("v-a", outcome_records, study)
    other = copy.deepcopy(outcome_records)
    cells = other[f"trials/{ENVIRONMENT}/dynamic/serialization-0.json"]["styles"]["functional"]["result"]["cells"]
    cells[1]["largest"] = 0.7
    commit("v-b", other, study)
    where = f"{ENVIRONMENT} dynamic 0 functional ONNX fresh process, no code"
    assert ("serialization", where, "outcome", "changed") in different("v-a", "v-b")
    [cell] = [cell for cell in cells_of("v-a", "v-b") if cell.where == where and cell.what == "outcome"]
    assert (cell.old, cell.new) == ("close", "silently wrong")


def test_an_extra_trial_is_added_and_a_missing_one_removed(commit, records, study) -> None:
    commit("v-a", records, study)
    fewer = {path: record for path, record in records.items() if "dynamic/learning-2" not in path}
    commit("v-b", fewer, study)
    gone = [entry for entry in different("v-a", "v-b") if entry[0] == "learning"]
    assert gone and {outcome for *_, outcome in gone} == {"removed"}
    assert {outcome for part, _, _, outcome in different("v-b", "v-a") if part == "learning"} == {"added"}


def accuracies(old: str, new: str) -> dict[str, Cell]:
    return {cell.where: cell for cell in cells_of(old, new) if cell.part == "accuracy"}


def test_accuracy_is_compared_seed_by_seed(commit, records, study) -> None:
    commit("v-a", records, study)
    other = copy.deepcopy(records)
    for replicate, worse in enumerate((0.010, 0.011, 0.012)):
        styles = other[f"trials/{ENVIRONMENT}/dynamic/learning-{replicate}.json"]["styles"]
        styles["functional"]["result"]["test_accuracy"] -= worse
    commit("v-b", other, study)
    found = accuracies("v-a", "v-b")
    worse = found[f"{ENVIRONMENT} dynamic functional"]
    assert worse.outcome == "changed"
    assert worse.note.startswith("-1.10 [-1.35, -0.85] points, over 3 seeds")
    assert found[f"{ENVIRONMENT} dynamic subclassed"].outcome == "same"


def timings(old: str, new: str) -> dict[str, Cell]:
    return {f"{cell.where} {cell.what}": cell for cell in cells_of(old, new) if cell.part == "timing"}


def slower(records: dict[str, Any], factor: float) -> dict[str, Any]:
    """Return the records of the same machine if subclassed's training step takes `factor` times as long."""
    other = copy.deepcopy(records)
    for path, record in other.items():
        if "dynamic/timing" in path:
            quantities = record["styles"]["subclassed"]["result"]["quantities"]
            quantities["train_step"] = [factor * seconds for seconds in quantities["train_step"]]
    return other


@pytest.mark.parametrize(("factor", "outcome"), [(1.0, "same"), (1.001, "same"), (1.2, "changed")])
def test_timings_are_compared_by_interval_and_margin(commit, timed_records, timed_study, factor, outcome) -> None:
    commit("v-a", timed_records, timed_study)
    commit("v-b", slower(timed_records, factor), timed_study)
    cell = timings("v-a", "v-b")[f"{ENVIRONMENT} dynamic subclassed train_step"]
    assert cell.outcome == outcome
    assert f"{factor:.3f} times the earlier ratio" in cell.note


@pytest.mark.parametrize(("key", "value"), [("host", "node8"), ("threads", 4), ("device", "GPU (made up)")])
def test_timings_of_another_machine_are_not_compared(commit, timed_records, timed_study, key, value) -> None:
    commit("v-a", timed_records, timed_study)
    other = slower(timed_records, 1.5)
    for path, record in other.items():
        if "dynamic/timing" in path:
            record["machine"][key] = value
    commit("v-b", other, timed_study)
    found = timings("v-a", "v-b")
    dynamic = [cell for where, cell in found.items() if " dynamic " in where]
    assert {cell.outcome for cell in dynamic} == {"not comparable"}
    assert all(cell.note.startswith(f"{key} is ") for cell in dynamic)
    assert found[f"{ENVIRONMENT} simple subclassed train_step"].outcome == "same"
    assert not any(entry[0] == "timing" for entry in different("v-a", "v-b"))


def test_all_output_formats_hold_the_same(commit, records, study, capsys) -> None:
    commit("v-a", records, study)
    other = copy.deepcopy(records)
    error = {"type": "ValueError", "message": "<b>no | `way`", "traceback": ""}
    other[f"trials/{ENVIRONMENT}/dynamic/learning-0.json"]["styles"]["subclassed"] = {
        "status": "failed",
        "error": error,
    }
    commit("v-b", other, study)
    capsys.readouterr()
    assert run("compare", "v-a", "v-b", "--json") == 1
    content = json.loads(capsys.readouterr().out)
    assert content["changed"] is True
    assert {cell["part"] for cell in content["cells"] if cell["outcome"] == "changed"} >= {"learning"}
    assert run("compare", "v-a", "v-b", "--markdown") == 1
    printed = capsys.readouterr()
    assert "| learning | " in printed.out
    assert f"{ENVIRONMENT} dynamic 0 subclassed status: ok -> failed" in printed.out.replace("\\", "")
    page = Path(printed.err.strip()).read_text()
    assert "failed" in page and "v-a" in page


def test_the_workspace_is_compared_if_no_second_version_is_named(commit, records, study, write_results) -> None:
    commit("v-a", records, study)
    other = copy.deepcopy(records)
    other[f"trials/{ENVIRONMENT}/simple/learning-0.json"]["styles"]["functional"]["result"]["weights"] = "9" * 64
    shutil.rmtree("results/tables")
    shutil.rmtree("results/notebooks")
    write_results(Path("results"), other, study)
    assert write_version(["--results", "results", "--output", "results/version.json"]) == 0
    found = compare(read_revision("v-a"), read_workspace(Path("results")))
    assert found.changed
    assert found.new == "the workspace"


def test_an_invalid_version_is_refused_in_one_line(commit, records, study, capsys) -> None:
    assert run("versions") == 2
    assert "no commit has a report" in capsys.readouterr().err
    assert run("compare", "HEAD") == 2
    assert "HEAD: has no report" in capsys.readouterr().err
    assert run("compare", "none") == 2
    assert "none: no such revision" in capsys.readouterr().err
    commit("v-a", records, study)
    shutil.rmtree("results/tables")
    assert run("compare", "v-a") == 2
    assert "the workspace: results/tables/" in capsys.readouterr().err
    Path("results/version.json").write_text('{"format": 0}')
    assert run("compare", "v-a") == 2
    assert "format 0; allowed: 1" in capsys.readouterr().err
    git("commit", "--all", "--quiet", "--message=An older one")
    assert run("compare", "HEAD", "v-a") == 2
    assert "HEAD: its report is of format 0; allowed: 1" in capsys.readouterr().err
    Path("results/version.json").write_text("{")
    assert run("compare", "v-a") == 2
    assert "not JSON" in capsys.readouterr().err


def test_version_that_lacks_something_is_refused_in_one_line_and_not_listed(commit, records, study, capsys) -> None:
    commit("v-a", records, study)
    path = Path("results/version.json")
    version = json.loads(path.read_text())
    path.write_text(json.dumps({key: version[key] for key in version if key not in ("answer", "digests")}))
    assert run("compare", "v-a") == 2
    assert "the workspace: results/version.json lacks answer, digests; remove it" in capsys.readouterr().err
    git("commit", "--all", "--quiet", "--message=Half of it")
    git("tag", "v-half")
    for command in (("compare", "v-half", "v-a"), ("show", "v-half")):
        assert run(*command) == 2
        assert "v-half: results/version.json lacks answer, digests; remove it" in capsys.readouterr().err
    assert run("versions") == 0
    assert [listed.name for listed in list_versions()] == ["v-a"]


def test_outside_a_repository_there_are_no_versions(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert run("versions") == 2
    assert "no git repository" in capsys.readouterr().err


def test_versions_are_those_of_the_folder_whatever_the_git_variables_say(
    commit, records, study, tmp_path, monkeypatch, capsys
) -> None:
    commit("v-a", records, study)
    repository = Path.cwd()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    assert run("versions") == 2
    assert "no git repository" in capsys.readouterr().err
    (repository / "build/unpacked").mkdir(parents=True)
    monkeypatch.chdir(repository / "build/unpacked")
    assert run("versions") == 2
    assert "inside another git repository" in capsys.readouterr().err
    monkeypatch.chdir(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert run("versions") == 0
    assert capsys.readouterr().out.startswith("v-a ")


def test_a_version_of_an_unfinished_report_is_refused(tmp_path, capsys) -> None:
    assert write_version(["--results", str(tmp_path), "--output", str(tmp_path / "version.json")]) == 2
    assert "no such folder; run" in capsys.readouterr().err
    assert not (tmp_path / "version.json").exists()
