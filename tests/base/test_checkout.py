"""A commit counts only if the repository is that of the running code; otherwise a reason is given."""

import subprocess
from pathlib import Path

import pytest

from tests.copies import git
from twinproof.base.checkout import Commit, find_commit, received_commit


def head(folder: Path) -> str:
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def make_repository(folder: Path, file: str) -> Path:
    (folder / file).parent.mkdir(parents=True)
    (folder / file).touch()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", file)
    git(folder, "commit", "--quiet", f"--message={file}")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "twinproof", "src/twinproof/__init__.py")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "foreign", "notes/diary.txt")


def test_the_commit_of_this_repository_counts_and_shows_changes(repository: Path) -> None:
    assert find_commit(repository) == Commit(head(repository), None)
    (repository / "results").mkdir()
    (repository / "results/new").touch()
    assert find_commit(repository) == Commit(head(repository), None)
    # Even if the user's settings hide new files from `git status`.
    git(repository, "config", "status.showUntrackedFiles", "no")
    (repository / "src/twinproof/new.py").touch()
    assert find_commit(repository) == Commit(f"{head(repository)}-dirty", None)


def test_a_worktree_has_its_own_commit(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "second"))
    git(tmp_path / "second", "commit", "--quiet", "--allow-empty", "--message=further")
    assert find_commit(tmp_path / "second") == Commit(head(tmp_path / "second"), None)
    assert head(tmp_path / "second") != head(repository)


def test_the_commit_of_a_repository_around_this_folder_does_not_count(foreign: Path) -> None:
    inner = foreign / "build" / "unpacked"
    (inner / "src/twinproof").mkdir(parents=True)
    (inner / "src/twinproof/__init__.py").touch()
    assert find_commit(inner) == Commit(None, "this folder is inside another git repository")
    git(foreign, "add", ".")
    git(foreign, "commit", "--quiet", "--message=everything")
    assert find_commit(inner).commit is None


def test_the_commit_of_a_repository_without_the_code_does_not_count(foreign: Path) -> None:
    """A repository, such as one for dotfiles, into which the code was unpacked."""
    (foreign / "src/twinproof").mkdir(parents=True)
    (foreign / "src/twinproof/__init__.py").touch()
    assert find_commit(foreign) == Commit(None, "the repository does not contain src/twinproof/__init__.py")


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_git_variables_do_not_lead_elsewhere(
    variable: str, repository: Path, foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = find_commit(repository)
    places = {"GIT_WORK_TREE": foreign, "GIT_INDEX_FILE": foreign / ".git/index"}
    monkeypatch.setenv(variable, str(places.get(variable, foreign / ".git")))
    assert find_commit(repository) == expected


def test_a_missing_repository_commit_or_git_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_commit(tmp_path) == Commit(None, "this folder is in no git repository")
    git(tmp_path, "init", "--quiet")
    assert find_commit(tmp_path) == Commit(None, "nothing is committed yet")
    (tmp_path / ".git/HEAD").write_text("no reference\n")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert find_commit(tmp_path) == Commit(None, "this folder is in no git repository")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_commit(tmp_path) == Commit(None, "git is not installed")


def test_dubious_ownership_is_reported(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fake git that says what git says about another user's folder."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership in repository' >&2\nexit 128\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    found = find_commit(repository)
    assert (
        found.commit is None
        and "does not trust the owner" in str(found.missing)
        and "safe.directory" in str(found.missing)
    )


@pytest.mark.parametrize("commit", [Commit("c0ffee-dirty", None), Commit(None, "git is not installed")])
def test_another_process_gets_the_commit_from_variables(commit: Commit) -> None:
    assert received_commit(commit.variables()) == commit
    assert received_commit({}) == Commit(None, "the process got no commit from the one that started it")
