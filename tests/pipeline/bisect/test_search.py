"""The search finds a change with few tries, and says no more than it knows."""

from collections import Counter
from math import ceil, log2

from hypothesis import given
from hypothesis import strategies as st

from twinproof.pipeline.bisect.search import Change, find_changes, find_last_change, most


class Row:
    """A row that counts the outcomes asked for, each once, because they are kept."""

    def __init__(self, outcomes: str) -> None:
        self.outcomes, self.asked = outcomes, Counter[int]()

    def __call__(self, place: int) -> str:
        self.asked[place] = 1
        return self.outcomes[place]


def changes_of(outcomes: str) -> list[Change]:
    return [Change(at, at + 1) for at in range(len(outcomes) - 1) if outcomes[at] != outcomes[at + 1]]


@given(st.integers(2, 60), st.data())
def test_one_change_is_found_with_as_many_tries_as_halving_takes(count: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, count - 1))
    row = Row("a" * at + "b" * (count - at))
    assert find_last_change(count, row) == find_changes(count, row) == [Change(at - 1, at)]
    assert row.asked.total() <= ceil(log2(count - 1)) + 2 == most([1] * count)


@given(st.text("abc", min_size=2, max_size=40))
def test_one_of_several_changes_is_found_that_leads_to_the_last_outcome(outcomes: str) -> None:
    row = Row(outcomes)
    found = find_last_change(len(outcomes), row)
    assert bool(found) == (outcomes[0] != outcomes[-1])
    for before, after in found:
        assert outcomes[before] != outcomes[after] == outcomes[-1]
        assert after == before + 1
    assert row.asked.total() <= most([1] * len(outcomes))


def test_of_two_changes_the_search_for_one_finds_the_last_and_the_search_for_all_finds_both() -> None:
    outcomes = "aaaabbbbbbbbcccc"
    assert find_last_change(16, Row(outcomes)) == [Change(11, 12)]
    assert find_changes(16, Row(outcomes)) == [Change(3, 4), Change(11, 12)]


@given(st.text("abcdefgh", min_size=2, max_size=30).map(lambda text: "".join(sorted(text))))
def test_all_changes_are_found_if_no_outcome_comes_back(outcomes: str) -> None:
    assert find_changes(len(outcomes), Row(outcomes)) == changes_of(outcomes)


@given(st.text("ab", min_size=2, max_size=30))
def test_every_reported_change_is_real(outcomes: str) -> None:
    assert set(find_changes(len(outcomes), Row(outcomes))) <= set(changes_of(outcomes))


def test_a_change_between_ends_with_the_same_outcome_is_not_searched_for() -> None:
    row = Row("aabba")
    assert find_last_change(5, row) == find_changes(5, row) == []
    assert row.asked.total() == 2


def test_the_maximum_cost_of_a_search_is_that_of_its_most_expensive_path() -> None:
    assert most([1, 10, 2, 3, 1]) == 1 + 2 + 10 + 1
    assert most([1, 10, 2, 3, 1], every=True) == 17
    assert most([4, 5]) == 9
