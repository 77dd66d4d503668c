"""A record is complete and matches the schema, or it is refused."""

import copy
import functools
import json
import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import studies
from twinproof.base.errors import UserError
from twinproof.study.record import _fault, _holds, read_record, write_record

GOLDEN = Path(__file__).parents[1] / "golden" / "record-5.json"


@pytest.fixture
def record() -> dict[str, Any]:
    return json.loads(GOLDEN.read_text())


def test_a_record_of_format_5_still_reads() -> None:
    record = read_record(GOLDEN)
    assert (record["format"], record["probe"], record["twin"]) == (5, "identity", "simple")
    assert record["styles"]["subclassed"]["result"]["comparison"]["outcome"] == "bit-equal"


def test_what_is_written_is_what_is_read(tmp_path: Path, record: dict[str, Any]) -> None:
    path = tmp_path / "new" / "record.json"
    write_record(path, record)
    assert read_record(path) == record


def test_a_failed_style_is_part_of_a_record(tmp_path: Path, record: dict[str, Any]) -> None:
    record["styles"]["subclassed"] = {"status": "failed", "error": {"type": "ValueError", "message": "no"}}
    write_record(tmp_path / "record.json", record)
    assert read_record(tmp_path / "record.json")["styles"] == record["styles"]


Fault = Callable[[dict[str, Any]], object]
FAULTS: dict[str, tuple[Fault, str]] = {
    "missing key": (lambda record: record.pop("seed"), "seed"),
    "additional key": (lambda record: record.update(extra=1), "extra"),
    "wrong type": (lambda record: record.update(seconds="12"), "seconds: '12'"),
    "negative replicate": (lambda record: record.update(replicate=-1), "replicate: -1"),
    "unknown probe": (lambda record: record.update(probe="speed"), "probe: 'speed'"),
    "no reference": (lambda record: record["styles"].pop("functional"), "functional"),
    "no control": (lambda record: record["styles"].pop("control"), "control"),
    "a digest that is none": (
        lambda record: record["styles"]["functional"]["result"].update(outputs="abc"),
        "styles.functional",
    ),
    "a status without its result": (lambda record: record["styles"]["functional"].pop("result"), "styles.functional"),
    "an outcome that is none": (
        lambda record: record["styles"]["subclassed"]["result"]["comparison"].update(outcome="equal"),
        "styles.subclassed.result.comparison.outcome",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_edited_record_is_refused_with_the_file_and_the_place(
    tmp_path: Path, record: dict[str, Any], fault: str
) -> None:
    edit, place = FAULTS[fault]
    edit(record)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    with pytest.raises(UserError) as raised:
        read_record(path)
    for word in (str(path), place, "remove it"):
        assert word in str(raised.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_record_is_not_written(tmp_path: Path, record: dict[str, Any], fault: str) -> None:
    path = tmp_path / "record.json"
    write_record(path, record)
    faulty = copy.deepcopy(record)
    FAULTS[fault][0](faulty)
    with pytest.raises(ValueError, match="not written"):
        write_record(path, faulty)
    assert read_record(path) == record


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_is_not_written(tmp_path: Path, record: dict[str, Any], number: float) -> None:
    record["seconds"] = number
    with pytest.raises(ValueError, match="not"):
        write_record(tmp_path / "record.json", record)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_record_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    content = GOLDEN.read_text()
    path = tmp_path / "record.json"
    path.write_text(content[: int(len(content) * share)])
    with pytest.raises(UserError, match=r"record\.json: not JSON, truncated or edited .* remove it"):
        read_record(path)


@pytest.mark.parametrize("edit", [{"seconds": 0.5}, {"seed": 7}, {"digest": "0" * 64}])
def test_a_record_edited_within_the_schema_is_refused(
    tmp_path: Path, record: dict[str, Any], edit: dict[str, Any]
) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record | edit))
    with pytest.raises(UserError, match=r"record\.json: edited since it was written"):
        read_record(path)


def test_an_unknown_format_is_refused_with_the_known_one(tmp_path: Path, record: dict[str, Any]) -> None:
    record["format"] = 99
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"record\.json: format 99; allowed: 5"):
        read_record(path)


@pytest.mark.parametrize("content", [b"[]", b"null", b"\xff"])
def test_a_file_that_is_not_a_record_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"record\.json: "):
        read_record(path)


def test_a_missing_record_is_refused_with_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.json: no such record; run `snakemake"):
        read_record(tmp_path / "none.json")


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a record; a list is entered only at its first item."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*place, key)
        yield from places(inner, (*place, key))


@pytest.mark.parametrize("probe", [probe for twin, probe in studies.templates() if twin == "simple"])
def test_the_compiled_schema_refuses_just_what_the_schema_refuses(record: dict[str, Any], probe: str) -> None:
    kept = {"protocol": record["protocol"], "software": record["software"]}
    whole = studies.templates()["simple", probe] | kept
    assert _holds(whole) and _fault(whole) is None
    # The content of a protocol is as free as that of `software`, which is smaller.
    for *way, last in places({key: inner for key, inner in whole.items() if key != "protocol"}):
        for other in (None, -1, "text", {"more": 1}):
            edited = copy.deepcopy(whole)
            functools.reduce(operator.getitem, way, edited)[last] = other
            assert _holds(edited) == (_fault(edited) is None), (way, last, other)
