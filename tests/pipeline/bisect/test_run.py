"""`twinproof bisect`: which releases are tested, what is installed for it, and what is printed."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS, python_of
from tests.copies import REPOSITORY, commands, fresh_copy, must, run_in
from twinproof.environments.environment import LOCKS, Environment
from twinproof.environments.releases import Release
from twinproof.pipeline.bisect import run
from twinproof.pipeline.bisect.run import Bisection, describe, forecast
from twinproof.pipeline.bisect.subjects import Outcome
from twinproof.study.params import Params

MINORS = range(1, 10)
RELEASES = [Release(f"3.{minor}.0", "2.18.0" if minor < 6 else "2.19.1", f"e{minor}") for minor in MINORS]
GUIDE = REPOSITORY / "docs/bisect.md"


class Made:
    """A subject whose outcome in each release is known."""

    name = "made up"

    def __init__(self, outcomes: str) -> None:
        self.outcomes = dict(zip((release.environment for release in RELEASES), outcomes, strict=True))

    def run(self, environment: Environment) -> Outcome:
        return Outcome({"f": "fails", "s": "silently wrong", "w": "works"}[self.outcomes[environment.name]], "seen")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The installed environments, at first those of the ends; installing one only adds it here."""
    monkeypatch.chdir(tmp_path)
    done = [RELEASES[0].environment, RELEASES[-1].environment]

    def install(environment: Environment) -> bool:
        missing = environment.name not in done
        done.extend([environment.name] * missing)
        return missing

    monkeypatch.setattr(run, "install", install)
    monkeypatch.setattr(Environment, "venv_fault", lambda it: None if it.name in done else "not made yet")
    return done


def bisect(outcomes: str, every: bool = False) -> tuple[list[str], list[str]]:
    """Return the releases that were tested, and the lines at the end."""
    told: list[str] = []
    bisection = Bisection(RELEASES, Made(outcomes), every, told.append, lambda _: None)
    lines = list(describe(bisection, bisection.run()))
    assert all(
        re.fullmatch(r"Keras 3\.\d\.0 +e\d +(fails|silently wrong|works)  seen  \(\d+ s\)", line) for line in told
    )
    assert len(told) == len(bisection.outcomes)
    return [line.split()[1] for line in told], lines


def test_each_release_is_tried_once_and_installed_if_it_is_missing(installed: list[str]) -> None:
    tried, lines = bisect("fffffffww")
    assert tried == ["3.1.0", "3.9.0", "3.5.0", "3.7.0", "3.8.0"]
    assert installed == ["e1", "e9", "e5", "e7", "e8"]
    assert lines[0] == "between Keras 3.7.0 and 3.8.0: fails -> works"
    assert lines[1:-1] == ["  if there is more than one change, this is one of them"]
    assert lines[-1] == "5 environments of 9, 3 of them installed for it; 0.0 min"


def test_a_change_of_tensorflow_at_the_same_place_is_reported(installed: list[str]) -> None:
    _, lines = bisect("fffffwwww")
    assert lines[:2] == [
        "between Keras 3.5.0 and 3.6.0: fails -> works",
        "  TensorFlow differs there too: 2.18.0 and 2.19.1; it may be the cause",
    ]


def test_a_third_outcome_shows_that_there_are_more_changes_and_all_finds_them(installed: list[str]) -> None:
    _, lines = bisect("fffssssww")
    assert lines[:2] == [
        "between Keras 3.7.0 and 3.8.0: silently wrong -> works",
        "  more than two outcomes were seen, so there is more than one change; --all looks for each",
    ]
    _, lines = bisect("fffssssww", every=True)
    assert lines[:3] == [
        "between Keras 3.3.0 and 3.4.0: fails -> silently wrong",
        "between Keras 3.7.0 and 3.8.0: silently wrong -> works",
        "  a change that was undone between two tested releases with the same outcome is not found",
    ]


@pytest.mark.parametrize("every", [False, True])
def test_ends_with_the_same_outcome_are_reported_and_nothing_is_installed(installed: list[str], every: bool) -> None:
    tried, lines = bisect("ffffwffff", every)
    assert tried == ["3.1.0", "3.9.0"]
    assert lines[:2] == [
        "no change: Keras 3.1.0 and 3.9.0 have the same outcome, fails",
        "  a change that was undone in between is not found; --from and --to choose other releases",
    ]
    assert lines[2].startswith("2 environments of 9, 0 of them installed")


def test_the_maximum_cost_is_reported_beforehand(installed: list[str], params: dict[str, Any]) -> None:
    study = Params.parse(params)
    said = forecast(RELEASES, False, study)
    assert said.startswith(
        "9 releases of Keras, 3.1.0 to 3.9.0: at most 5 tested, and 3 environments of 7 missing ones installed; "
    )
    assert re.search(r"; \d\.\d GB and \d+ min, without downloads", said)
    assert "at most 9 tested, and 7 environments of 7" in forecast(RELEASES, True, study)
    installed.extend(release.environment for release in RELEASES)
    assert "and 0 environments of 0 missing ones installed; 0 B and" in forecast(RELEASES, False, study)


@pytest.mark.outcomes
def test_the_commands_of_the_guide_find_changes_between_two_real_releases(tmp_path: Path) -> None:
    ends = (ENVIRONMENTS[-1], ENVIRONMENTS[0])
    folder = fresh_copy(tmp_path / "twinproof", *ends)
    for lock in (folder / LOCKS).glob("*.txt"):
        if lock.stem not in ends:
            lock.unlink()
    (folder / "my_case.py").write_text("".join(re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.M | re.S)))
    before = sorted((folder / "results").iterdir())
    printed = must(run_in(folder, "bash", "-euo", "pipefail", "-c", commands(GUIDE)))
    found = re.findall(r"^between Keras 2\.15\.0 and 3\.15\.1: (.*)$", printed, re.M)
    assert found == ["silently wrong -> as expected", "works: dropout is on -> works: dropout is off"]
    assert printed.count("2 environments of 2, 0 of them installed for it") == 2
    assert "TensorFlow differs there too: 2.15.1 and 2.21.0" in printed
    assert sorted((folder / "results").iterdir()) == before


@pytest.mark.outcomes
def test_an_environment_that_is_missing_is_installed_from_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_of(ENVIRONMENTS[0])
    monkeypatch.chdir(tmp_path)
    environment = Environment("small")
    environment.lock.parent.mkdir(parents=True)
    shipped = (REPOSITORY / LOCKS / f"{ENVIRONMENTS[0]}.txt").read_text()
    six = re.search(r"^six==.*?(?=^ *#|^[a-z])", shipped, re.M | re.S)
    assert six
    environment.lock.write_text(six[0])
    from twinproof.environments.venv import install

    assert install(environment)
    assert environment.venv_fault() is None
    assert not install(environment)
