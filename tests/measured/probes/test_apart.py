"""An operation that crashes, hangs or is killed affects no other."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import REPOSITORY

# Takes some minutes, so it runs with the studies of the same probes.
pytestmark = pytest.mark.outcomes


@pytest.fixture(scope="module")
def facts(facts_from: Callable[..., Any]) -> Any:
    """In one environment, because processes end alike in all."""
    return facts_from("apart_facts")


def test_a_successful_operation_gives_its_result_and_all_warnings(facts: Any) -> None:
    assert facts["well"] == {
        "result": {"word": "word", "folder": ".", "files": ["left_behind"]},
        "error": None,
        "warnings": ["and that", "mind this"],
    }


def test_each_operation_finds_an_empty_folder(facts: Any) -> None:
    assert facts["well again"]["result"]["files"] == ["left_behind"]


def test_files_that_a_twin_names_are_where_it_expects_them(facts: Any) -> None:
    first = (REPOSITORY / "data/mnist/README.md").read_text().splitlines()[0]
    assert facts["reads"]["result"] == {"first": first, "folders": ["data"]}


def test_keras_is_imported_at_once_but_no_twin(facts: Any) -> None:
    assert facts["knows"]["result"] == {"keras": True, "twinproof.measured.twins.simple": False}


def test_an_error_is_reported_without_what_changes_from_run_to_run(facts: Any) -> None:
    error = facts["fails"]["error"]
    assert error == {"type": "ValueError", "message": "in . at <object object at 0x...>"}


@pytest.mark.parametrize(
    ("operation", "ending"), [("killed", "SIGKILL"), ("aborts", "SIGABRT"), ("leaves", "exit status 3")]
)
def test_a_process_that_ends_by_itself_is_reported_with_how_it_ended(facts: Any, operation: str, ending: str) -> None:
    error = facts[operation]["error"]
    assert (error["type"], ending in error["message"]) == ("Crash", True)


def test_an_operation_that_hangs_is_ended_at_its_limit(facts: Any) -> None:
    assert facts["hangs"]["error"] == {"type": "Timeout", "message": "not done after 1 s"}
    assert facts["waited"] < 60
