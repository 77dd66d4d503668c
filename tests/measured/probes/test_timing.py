"""The timing probe pairs all participants in rounds, finds what is known to be slow, and goes on where one fails."""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

STEADY = {"train_step", "predict", "predict_one", "call", "compiled_call", "save", "load"}
MADE = {"construct", "build", "make"}
FIRST = {"first_step", "peak_memory"}


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0]])
def found(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("timing_facts", request.param)


@pytest.fixture(scope="module")
def facts(found: Any) -> Any:
    return found["all"]


def quantities(facts: Any, style: str) -> dict[str, list[float]]:
    found = facts["styles"][style]
    assert found["status"] == "ok", found
    return found["result"]["quantities"]


def test_all_participants_have_the_same_rounds_of_every_quantity(facts: Any) -> None:
    """Three a generation of what is steady; of the rest, only the second generation counts, and much is made in it."""
    for style in ("functional", "subclassed", "slowly made", "slowly trained", "control", "slowed"):
        counts = {quantity: len(times) for quantity, times in quantities(facts, style).items()}
        assert counts == {**dict.fromkeys(STEADY, 6), **dict.fromkeys(MADE, 12), **dict.fromkeys(FIRST, 1)}
        assert facts["styles"][style]["result"]["errors"] == {}


def test_only_what_is_asked_for_is_kept(found: Any) -> None:
    for style in found["load alone"]["styles"].values():
        assert style["result"]["quantities"].keys() == {"load"}
    assert found["load alone"]["measurement"]["warming"].keys() == {"load"}


def test_what_is_measured_is_positive(facts: Any) -> None:
    for found in facts["styles"].values():
        for times in found.get("result", {}).get("quantities", {}).values():
            assert min(times) > 0


@pytest.mark.parametrize("quantity", ["train_step", "predict", "compiled_call"])
def test_the_positive_control_takes_more_by_about_what_was_added(facts: Any, quantity: str) -> None:
    """Half of it is added; machines are noisy, so only the direction of the least rounds is asserted."""
    slowed, functional = (min(quantities(facts, name)[quantity]) for name in ("slowed", "functional"))
    assert slowed > 1.1 * functional


def test_a_slow_constructor_is_found_in_construct_and_make_and_nowhere_else(facts: Any) -> None:
    for quantity in ("construct", "make"):
        assert min(quantities(facts, "slowly made")[quantity]) > 0.2
    assert median(quantities(facts, "functional")["construct"]) < 0.2
    assert median(quantities(facts, "slowly made")["build"]) < 0.2


def test_to_make_is_to_construct_and_to_build(facts: Any) -> None:
    own = quantities(facts, "subclassed")
    assert own["make"] == [sum(both) for both in zip(own["construct"], own["build"], strict=True)]


def test_a_step_is_timed_without_what_fit_does_around_the_steps(facts: Any) -> None:
    """Each step waits 50 ms, each fit half a second before and after: 4 steps would be 250 ms longer with it."""
    assert 0.05 < min(quantities(facts, "slowly trained")["train_step"]) < 0.2


def test_the_most_memory_is_seen_even_if_it_is_free_again(found: Any) -> None:
    """Other threads of TensorFlow may take or free a little meanwhile."""
    mebibytes = {action: peak / 2**20 for action, peak in found["peaks of 64 MiB"].items()}
    assert mebibytes == {
        "alone": pytest.approx(64, abs=4),
        "a half added": pytest.approx(96, abs=4),
        "alone again": pytest.approx(64, abs=4),
    }


def test_known_cost_of_device_memory_is_taken_on_the_device(found: Any) -> None:
    mebibytes = {action: peak / 2**20 for action, peak in found["peaks of 64 MiB on a device"].items()}
    assert mebibytes == {"alone": 64, "a half added": 96}


def test_memory_is_counted_in_bytes(facts: Any) -> None:
    (memory,) = quantities(facts, "functional")["peak_memory"]
    assert 1e6 < memory < 1e9


def test_memory_of_a_device_is_not_told_where_there_is_none(facts: Any) -> None:
    assert "device_memory" not in quantities(facts, "functional")


def test_what_a_style_cannot_do_is_told_and_the_rest_is_measured(facts: Any) -> None:
    result = facts["styles"]["never saved"]["result"]
    assert {"save", "load"} & result["errors"].keys()
    assert "save" not in result["quantities"] or "load" not in result["quantities"]
    assert STEADY - {"save", "load"} <= result["quantities"].keys()


def test_a_style_that_cannot_be_made_has_failed(facts: Any) -> None:
    assert facts["styles"]["raises"] == {
        "status": "failed",
        "error": {"type": "RuntimeError", "message": "the user's own error"},
    }


def test_what_is_over_too_soon_for_the_clock_is_not_timed(facts: Any) -> None:
    result = facts["styles"]["ready"]["result"]
    assert result["errors"].keys() == MADE
    assert {error["type"] for error in result["errors"].values()} == {"TooShortError"}
    assert "with this clock, at least" in result["errors"]["construct"]["message"]
    assert result["quantities"].keys() == STEADY | FIRST


def test_the_clock_and_the_warming_up_are_told(facts: Any) -> None:
    told = facts["measurement"]
    assert 0 < told["clock"]["resolution"] < 1e-3
    assert 0 < told["clock"]["cost"] < 1e-3
    assert told["warming"].keys() == STEADY
    for warming in told["warming"].values():
        assert len(warming["rounds"]) == len(warming["settled"]) == 2
        assert all(2 <= rounds <= 8 for rounds in warming["rounds"])
        # Whoever gave up did so after the most rounds.
        assert all(settled or rounds == 8 for rounds, settled in zip(*warming.values(), strict=True))
