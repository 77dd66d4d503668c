"""The pages say the same about the graded catalogue as its table."""

import re

import pytest

from tests.conftest import REPOSITORY

TABLE = (REPOSITORY / "docs" / "prove-graded.md").read_text()


def test_the_catalogue_is_large_and_the_last_row_adds_it_up() -> None:
    rows = re.findall(r"^\| (?!kind|thread|keras|tensorflow|segm)([^|]+)((?:\| \d+ )+)\|$", TABLE, re.M)
    *kinds, (name, total) = [(name.strip(), [int(one) for one in numbers.split("|")[1:]]) for name, numbers in rows]
    assert name == "**all**"
    assert total == [sum(column) for column in zip(*(numbers for _, numbers in kinds), strict=True)]
    assert total[0] >= 60 and total[3] >= 60


@pytest.mark.parametrize("page", ["README.md", "docs/prove.md"])
def test_a_page_quotes_the_table(page: str) -> None:
    found = re.search(r"\*\*all\*\* \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|", TABLE)
    assert found is not None
    differences, caught, named, equal, alarms = found.groups()
    text = " ".join((REPOSITORY / page).read_text().split())
    assert (caught, alarms) == (differences, "0")  # because these pages say "all" and "no false alarm"
    assert f"named {named}" in text and f"false alarm on {equal} pairs" in text and f"{differences} " in text
