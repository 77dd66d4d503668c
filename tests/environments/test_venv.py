"""If a command needs the venv of an environment, the script that Snakemake runs makes it once."""

from pathlib import Path

import pytest

from twinproof.base.errors import UserError
from twinproof.environments import venv
from twinproof.environments.environment import Environment


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that is not installed, in the current folder, which has its own script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    made = Environment("small")
    made.lock.parent.mkdir(parents=True)
    made.lock.write_text(f"six==1.17.0 --hash=sha256:{'a' * 64}\n")
    (tmp_path / "workflow").mkdir()
    return made


def test_it_is_made_if_it_is_missing_or_from_another_lock(environment: Environment) -> None:
    Path("workflow/venv").write_text('sed "s/ .*//" "$1" >"$2"\n')
    assert [venv.install(environment), venv.install(environment)] == [True, False]
    environment.lock.write_text(environment.lock.read_text().replace("1.17", "1.16"))
    assert [venv.install(environment), venv.install(environment)] == [True, False]


def test_a_failed_installation_is_reported_in_one_line_with_the_path_of_its_log(environment: Environment) -> None:
    Path("workflow/venv").write_text('echo "error: no such package" >&2\necho "mind the lock" >&2\nexit 1\n')
    with pytest.raises(UserError) as refused:
        venv.install(environment)
    assert str(refused.value) == (
        "small: could not be installed; the whole output is in results/environments/small/venv.log: "
        "error: no such package mind the lock"
    )
