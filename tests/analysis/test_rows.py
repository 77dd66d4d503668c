"""Each probe has its rows, each table its columns, and the words of the tables are plain text."""

import dataclasses
import json
import sys
from enum import Enum
from types import ModuleType
from typing import cast

import pandas as pd
import pytest

from twinproof.analysis import words
from twinproof.analysis.columns import COLUMNS, ROWS, cells_of, make_table, read_table
from twinproof.analysis.rows import OF_PROBE, tables_of
from twinproof.analysis.rows.timing import TimingProcessRow
from twinproof.analysis.words import Kept
from twinproof.base.words import Identity, Stage
from twinproof.study.settings import Probe

KEY = {"environment": "e", "twin": "t", "replicate": 0, "style": "subclassed"}
ENUMS = [
    Identity, Stage, *(word for word in vars(words).values() if isinstance(word, type) and issubclass(word, str)),
]  # fmt: skip


def test_every_probe_has_tables() -> None:
    assert list(OF_PROBE) == list(Probe)
    assert all(OF_PROBE.values())


def test_a_probe_without_rows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    new = cast(Probe, "energy")
    with pytest.raises(LookupError, match=r"probe energy: no analysis/rows/energy\.py"):
        tables_of([Probe.IDENTITY, new])
    monkeypatch.setitem(sys.modules, "twinproof.analysis.rows.energy", ModuleType("energy"))
    with pytest.raises(LookupError, match=r"rows/energy\.py has no TABLES"):
        tables_of([new])


def test_no_table_is_made_twice() -> None:
    assert len(set(ROWS.values())) == len(ROWS) >= sum(map(len, OF_PROBE.values()))


@pytest.mark.parametrize("row", ROWS.values())
def test_rows_are_frozen_and_name_their_columns(row: type) -> None:
    assert row.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert [field.name for field in dataclasses.fields(row)] in COLUMNS.values()


def test_what_a_row_lacks_is_an_empty_cell_and_counts_with_gaps_stay_integers(tmp_path) -> None:
    rows = [TimingProcessRow(**KEY, quantity="call", rounds=6), TimingProcessRow(**KEY, quantity=None, error="E: m")]
    table = make_table("timing_processes", rows)
    assert table.to_csv(index=False).splitlines()[1:] == ["e,t,0,subclassed,call,6,,,,,", "e,t,0,subclassed,,,,,,,E: m"]
    table.to_csv(tmp_path / "timing_processes.csv", index=False)
    pd.testing.assert_series_equal(
        read_table(tmp_path, "timing_processes")["rounds"], pd.Series([6, None], name="rounds")
    )


def test_text_that_looks_like_a_number_stays_text(tmp_path) -> None:
    columns = COLUMNS["environments"]
    (tmp_path / "environments.csv").write_text(f"{','.join(columns)}\ne,3.10,3.10,2.21,1e5,CPU,,4\n")
    (row,) = read_table(tmp_path, "environments").to_dict("records")
    assert (row["python"], row["lock"], row["trials"]) == ("3.10", "1e5", 4)


@pytest.mark.parametrize("words", ENUMS)
def test_words_are_their_text_wherever_they_are_written(words: type[Enum]) -> None:
    for word in words:
        assert f"{word}" == str(word) == word == word.value
        assert json.dumps({word: word}, indent=1) == json.dumps({word.value: word.value}, indent=1)
        assert (
            pd.DataFrame({"a": [word]}).to_csv(index=False)
            == f"a\n{pd.Series([word.value]).to_csv(index=False, header=False)}"
        )


def test_cells_are_in_the_order_of_the_columns() -> None:
    assert cells_of(TimingProcessRow(**KEY, quantity="q", median=1.5))[:5] == ("e", "t", 0, "subclassed", "q")
    assert Kept("close") is Kept.CLOSE
