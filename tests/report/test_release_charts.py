"""Charts by release show when an outcome changed, in the order of the releases."""

from typing import Any

import pandas as pd
import pytest

from twinproof.report.charts.releases import (
    APPEARED,
    FIXED,
    OTHERWISE,
    UNCHANGED,
    course,
    formats_by_release,
    last_change,
    pitfalls_by_release,
)

# In no particular order.
KERAS = {"new": "3.15.1", "old": "2.15.0", "d": "3.9.2", "e": "3.10.0"}
ENVIRONMENTS = pd.DataFrame({"environment": list(KERAS), "keras": list(KERAS.values())})
GOOD, WRONG, LOST = "as expected", "silently wrong", "not shown: the control failed"


def drawn(chart: Any) -> pd.DataFrame:
    (rows,) = chart.to_dict()["datasets"].values()
    return pd.DataFrame(rows)


def pitfalls(**outcomes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {"environment": environment, "twin": "t", "style": "subclassed", "title": title, "outcome": outcome}
        for title, by in outcomes.items()
        for environment, outcome in by.items()
    )


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["bad", "loud", "good"], FIXED),
        (["good", "bad", "good"], FIXED),
        (["good", "good", "loud"], APPEARED),
        (["bad", "good", "bad"], APPEARED),
        (["bad", "loud", "loud"], OTHERWISE),
        (["bad", "bad"], UNCHANGED),
        (["quiet", "good", "quiet"], UNCHANGED),
        (["quiet"], UNCHANGED),
    ],
)
def test_the_course_summarizes_the_outcomes(kinds: list[str], expected: str) -> None:
    assert course(kinds) == expected


def test_the_last_change_is_between_outcomes_that_are_known() -> None:
    assert last_change(["bad", "bad", "good", "good"]) == 2
    assert last_change(["bad", "quiet", "good", "quiet"]) == 2
    assert last_change(["bad", "quiet", "bad"]) == 0


def test_releases_are_in_the_order_of_their_versions_and_what_changed_last_comes_first() -> None:
    found = pitfalls(
        early={"new": GOOD, "old": WRONG, "d": GOOD, "e": GOOD},
        late={"new": GOOD, "old": WRONG, "d": WRONG, "e": WRONG},
        gone={"new": "error", "old": GOOD, "d": GOOD, "e": LOST},
    )
    chart = pitfalls_by_release(found, ENVIRONMENTS)
    assert chart is not None
    rows = drawn(chart)
    encoding = chart.to_dict()["spec"]["layer"][0]["encoding"]
    assert encoding["x"]["sort"] == ["2.15.0", "3.9.2", "3.10.0", "3.15.1"]
    assert encoding["y"]["sort"][0] in ("gone (subclassed)", "late (subclassed)")
    assert encoding["y"]["sort"][-1] == "early (subclassed)"
    assert rows.groupby("row")["course"].first().to_dict() == {
        "early (subclassed)": FIXED, "late (subclassed)": FIXED, "gone (subclassed)": APPEARED,
    }  # fmt: skip
    assert chart.to_dict()["facet"]["sort"] == [FIXED, APPEARED]


def test_a_cell_is_the_worst_of_its_twins_and_names_that_outcome() -> None:
    outcomes = {
        "new": ["equal", "silently wrong"],
        "old": ["load fails", "equal"],
        "d": ["equal"],
        "e": ["not available"],
    }
    table = pd.DataFrame(
        {
            "environment": environment, "twin": str(number), "style": "subclassed", "operation": ".keras",
            "place": "same process", "outcome": outcome,
        }
        for environment, several in outcomes.items()
        for number, outcome in enumerate(several)
    )  # fmt: skip
    rows = drawn(formats_by_release(table, ENVIRONMENTS)).set_index("environment")
    assert rows["told"].to_dict() == {
        "new": "silently wrong", "old": "load fails", "d": "equal", "e": "not available",
    }  # fmt: skip
    assert set(rows["row"]) == {".keras, same process (subclassed)"}
    assert rows["sign"].to_dict() == {"new": "\N{MULTIPLICATION SIGN}", "old": "!", "d": "", "e": "\N{EN DASH}"}


def test_a_few_releases_have_no_chart() -> None:
    few = pitfalls(one=dict.fromkeys(list(KERAS)[:3], GOOD))
    assert pitfalls_by_release(few, ENVIRONMENTS) is None
    assert pitfalls_by_release(pitfalls(one={})[:0].reindex(columns=few.columns), ENVIRONMENTS) is None
