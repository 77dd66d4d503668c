"""The record of a trial: its format, its version, reading and checking.

Format history
--------------
1   First.
2   `machine.device`, the device that computed, instead of `machine.devices`, those that were found.
3   `measurement`, how the measurement went: for timing, the clock, and how long each quantity took to warm up;
    `machine.pinned`, the cores it was pinned to.
4   `digest`, of everything else, so that an edited record is not mistaken for a measured one.
5   `variables`, the user's variables that were passed through; `commit_missing`, why there is no commit.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any, cast

from twinproof.base.errors import UserError, shown
from twinproof.base.files import write_whole
from twinproof.base.reading import MalformedError, MissingError, read_json
from twinproof.study.params import read_schema, whole_pattern
from twinproof.study.settings import Probe

FORMAT = 5
SCHEMA = Path(__file__).parents[3] / "workflow" / "schemas" / "record.schema.json"

Record = dict[str, Any]


def write_record(path: Path, record: Record) -> None:
    """Write a record with its digest, atomically, after checking it against the schema.

    Raises
    ------
    ValueError
        If the record breaks the schema: a fault of the code that made it.
    """
    record = _readable(record)
    record = record | {"digest": digest(record)}
    if fault := _fault(record):
        raise ValueError(f"this record is not written, because {fault}")
    write_whole(path, json.dumps(record, indent=1, allow_nan=False) + "\n")


def read_record(path: Path) -> Record:
    """Return the record in `path`.

    Raises
    ------
    UserError
        If it is missing, truncated, edited, or of an unknown format.
    """
    remedy = "remove it, and the next run measures this trial again"
    try:
        record = read_json(path)
    except MissingError:
        raise UserError(f"{path}: no such record; run `snakemake --cores all trials`") from None
    except MalformedError as error:
        why = str(error).removeprefix(f"{path}: ").removeprefix("not JSON: ")
        raise UserError(f"{path}: not JSON, truncated or edited ({why}); {remedy}") from None
    if isinstance(record, dict) and record.get("format") != FORMAT:
        raise UserError(f"{path}: format {record.get('format')!r}; allowed: {FORMAT}; {remedy}")
    if not _holds(record) and (fault := _fault(record)):
        raise UserError(f"{path}: {fault}; {remedy}")
    if record["digest"] != digest(record):
        raise UserError(f"{path}: edited since it was written: its digest does not match; {remedy}")
    return cast(Record, record)


def digest(record: Record) -> str:
    """Return the SHA-256 of everything in a record except its own digest."""
    content = {key: value for key, value in record.items() if key != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _readable(value: Any) -> Any:
    """Return a value whose texts are valid UTF-8: lone surrogates, from a user's error message, are escaped."""
    if isinstance(value, dict):
        return {_readable(key): _readable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(inner) for inner in value]
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def _holds(record: object) -> bool:
    """Return whether a record satisfies the schema; `_fault`, twenty times slower, returns why it does not."""
    import fastjsonschema  # Environments lack it: records are only written there.

    try:
        _compiled()(record)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def _fault(record: object) -> str | None:
    """Return where a record breaks the schema, or None."""
    import jsonschema

    error = jsonschema.exceptions.best_match(_validator().iter_errors(record))
    if error is None:
        return None
    place = ".".join(key if key.isprintable() else shown(key) for key in map(str, error.absolute_path))
    return f"{place or 'the record'}: {' '.join(error.message.split())[:200]}"


@functools.cache
def _validator() -> Any:
    import jsonschema

    extend: Any = jsonschema.validators.extend
    kind = extend(jsonschema.Draft202012Validator, {"pattern": whole_pattern})
    return kind(_schema())


@functools.cache
def _compiled() -> Any:
    import fastjsonschema

    # The schema uses only what this draft has in common with those that it supports. A format is only a note.
    return fastjsonschema.compile(_schema(), use_formats=False)


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(read_schema(SCHEMA))
    schema["properties"]["probe"]["enum"] = [*map(str, Probe)]
    return schema
