"""Every pitfall is run in every environment: its control works, and reports end as they are known to."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS, REPOSITORY, python_of
from tests.pitfalls.reports import LETTERS, ORDER, REPORTS
from twinproof import plan
from twinproof.analysis.inspection import pitfall_outcome
from twinproof.run import attempts

# Minutes an environment.
pytestmark = pytest.mark.outcomes

Cells = dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    python_of(request.param)
    return request.param


@pytest.fixture(scope="module")
def cells(environment: str) -> Cells:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPOSITORY)
        found = attempts.attempt([environment], Path("params.yaml"), plan.pitfalls())
    return {f"{cell[environment]['twin']}/{cell[environment]['pitfall']}": cell[environment] for cell in found}


def test_every_control_works_or_says_why_it_cannot(cells: Cells) -> None:
    failed = {name for name, cell in cells.items() if not cell["control"]["as_expected"]}
    assert failed == {name for name, cell in cells.items() if cell["control"]["reason"]}


def test_every_program_names_the_step_it_came_to(cells: Cells) -> None:
    assert not [name for name, cell in cells.items() if not cell["step"] or not cell["control"]["step"]]


def test_reports_end_as_they_are_known_to(environment: str, cells: Cells) -> None:
    place = ORDER.index(environment)
    known = {name: ends[place] for it in REPORTS for name, ends in (it[:2], it[2:])}
    assert {name: LETTERS.get(pitfall_outcome(cells[name])) for name in known} == known
