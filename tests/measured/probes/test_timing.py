"""The timing probe pairs all participants in rounds, finds what is known to be slow, and continues if one fails."""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

STEADY = {"train_step", "predict", "compiled_call"}
ROUGH = {"predict_one", "call", "save", "load"}
WARM = STEADY | ROUGH
MADE = {"construct", "build", "make"}
FIRST = {"first_step", "first_result", "peak_memory", "cold_predict"}


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
    """Eight rounds of steady quantities, six of rough ones, and one per generation of the others."""
    for style in ("functional", "subclassed", "slowly made", "slowly trained", "control", "slowed"):
        counts = {quantity: len(times) for quantity, times in quantities(facts, style).items()}
        assert counts == {
            **dict.fromkeys(STEADY, 8), **dict.fromkeys(ROUGH, 6), **dict.fromkeys(MADE | FIRST, 2),
        }  # fmt: skip
        assert facts["styles"][style]["result"]["errors"] == {}


def test_only_what_is_asked_for_is_kept(found: Any) -> None:
    for style in found["load alone"]["styles"].values():
        assert style["result"]["quantities"].keys() == {"load"}
    told = found["load alone"]["measurement"]
    assert told["warming"].keys() == told["known"].keys() == {"load"}
    assert told["asked"] == ["load"]


def test_what_is_measured_is_positive(facts: Any) -> None:
    for found in facts["styles"].values():
        for times in found.get("result", {}).get("quantities", {}).values():
            assert min(times) > 0


@pytest.mark.parametrize("quantity", sorted((WARM | FIRST | {"make"}) - {"peak_memory"}))
def test_the_positive_control_pays_its_known_cost_while_the_clock_runs(found: Any, quantity: str) -> None:
    """Here, the known cost also waits; tests/e2e/test_timing.py checks how much it costs in a study."""
    assert min(quantities(found["all"], "slowed")[quantity]) > found["known"][quantity]


def test_a_known_cost_is_reported_for_every_judged_quantity(facts: Any) -> None:
    judged = (WARM | FIRST | {"make"}) - {"first_step"}
    known = facts["measurement"]["known"]
    assert judged <= known.keys()
    assert all(min(known[quantity]) > 0 for quantity in judged)
    # The first result pays it twice.
    assert min(known["first_result"]) > min(known["make"])


def test_the_first_result_includes_everything_before_it(facts: Any) -> None:
    own = quantities(facts, "subclassed")
    for first_result, made, first_step in zip(
        *(own[name] for name in ("first_result", "make", "first_step")), strict=True
    ):
        assert made + first_step < first_result


def test_a_slow_constructor_is_found_in_construct_and_make_and_nowhere_else(facts: Any) -> None:
    for quantity in ("construct", "make"):
        assert min(quantities(facts, "slowly made")[quantity]) > 0.2
    assert median(quantities(facts, "functional")["construct"]) < 0.2
    assert median(quantities(facts, "slowly made")["build"]) < 0.2
    assert min(quantities(facts, "slowly made")["first_result"]) > 0.2


def test_making_is_constructing_plus_building(facts: Any) -> None:
    own = quantities(facts, "subclassed")
    assert own["make"] == [sum(both) for both in zip(own["construct"], own["build"], strict=True)]


def test_a_step_is_timed_without_what_fit_does_around_the_steps(facts: Any) -> None:
    """Each step waits 50 ms, each fit half a second before and after: 4 steps would be 250 ms longer with it."""
    assert 0.05 < min(quantities(facts, "slowly trained")["train_step"]) < 0.2


def test_peak_memory_is_seen_even_if_it_is_freed_again(found: Any) -> None:
    """Other threads of TensorFlow may take or free a little meanwhile."""
    mebibytes = {action: peak / 2**20 for action, peak in found["peaks of 64 MiB"].items()}
    assert mebibytes == {
        "alone": pytest.approx(64, abs=4),
        "half as much beside": pytest.approx(96, abs=4),
        "alone again": pytest.approx(64, abs=4),
    }


def test_known_cost_of_device_memory_is_taken_on_the_device(found: Any) -> None:
    mebibytes = {action: peak / 2**20 for action, peak in found["peaks of 64 MiB on a device"].items()}
    assert mebibytes == {"alone": 64, "half as much beside": 96}


def test_memory_is_counted_in_bytes(facts: Any) -> None:
    assert all(1e6 < memory < 1e9 for memory in quantities(facts, "functional")["peak_memory"])


def test_device_memory_is_not_reported_without_a_device(facts: Any) -> None:
    assert "device_memory" not in quantities(facts, "functional")


def test_what_a_style_cannot_do_is_reported_and_the_rest_is_measured(facts: Any) -> None:
    result = facts["styles"]["never saved"]["result"]
    assert {"save", "load"} & result["errors"].keys()
    assert "save" not in result["quantities"] or "load" not in result["quantities"]
    assert WARM - {"save", "load"} <= result["quantities"].keys()


def test_a_style_that_cannot_be_made_has_failed(facts: Any) -> None:
    assert facts["styles"]["raises"] == {
        "status": "failed",
        "error": {"type": "RuntimeError", "message": "the user's own error"},
    }


def test_what_is_too_short_for_the_clock_is_not_timed(facts: Any) -> None:
    result = facts["styles"]["ready"]["result"]
    assert result["errors"].keys() == {"construct"}
    assert {error["type"] for error in result["errors"].values()} == {"TooShortError"}
    assert "with this clock, at least" in result["errors"]["construct"]["message"]
    assert result["quantities"].keys() == (WARM | FIRST | MADE) - {"construct"}


def test_the_clock_and_the_warm_up_are_reported(facts: Any) -> None:
    told = facts["measurement"]
    assert 0 < told["clock"]["resolution"] < 1e-3
    assert 0 < told["clock"]["cost"] < 1e-3
    assert told["warming"].keys() == WARM
    for warming in told["warming"].values():
        assert len(warming["rounds"]) == len(warming["settled"]) == 1
        assert all(2 <= rounds <= 8 for rounds in warming["rounds"])
        # A participant that did not settle had the largest number of rounds.
        assert all(settled or rounds == 8 for rounds, settled in zip(*warming.values(), strict=True))
