"""The record of a trial: its format, its version, reading and checking.

Format history
--------------
1   First.
2   `machine.device`, what was computed on, instead of `machine.devices`, what was seen.
3   `measurement`, how the measuring itself went: of timing the clock, and how long each quantity took to become warm;
    `machine.pinned`, the cores it was kept on.
4   `digest`, of all the rest, so that an edited record is not taken for a measured one.
5   `variables`, those of the user's that were let through; `commit_missing`, why there is no commit.
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
    """Write a record with its digest, whole or not at all, after checking it against the schema.

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
        If it is missing, cut short, edited, or of a format not known here.
    """
    remedy = "remove it, and the next run measures this trial again"
    try:
        record = read_json(path)
    except MissingError:
        raise UserError(f"{path}: no such record; run `snakemake --cores all trials`") from None
    except MalformedError as error:
        why = str(error).removeprefix(f"{path}: ").removeprefix("not JSON: ")
        raise UserError(f"{path}: not JSON, cut short or edited ({why}); {remedy}") from None
    if isinstance(record, dict) and record.get("format") != FORMAT:
        raise UserError(f"{path}: format {record.get('format')!r}; allowed: {FORMAT}; {remedy}")
    if not _holds(record) and (fault := _fault(record)):
        raise UserError(f"{path}: {fault}; {remedy}")
    if record["digest"] != digest(record):
        raise UserError(f"{path}: edited since it was written, as its digest tells; {remedy}")
    return cast(Record, record)


def digest(record: Record) -> str:
    """Return the SHA-256 of all that a record holds but its own digest."""
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
    import fastjsonschema  # Not in an environment, where records are written and none is read.

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

    # Of what it has in common with the drafts it knows, which is all that the schema uses. A format is a note alone.
    return fastjsonschema.compile(_schema(), use_formats=False)


def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(read_schema(SCHEMA))
    schema["properties"]["probe"]["enum"] = [*map(str, Probe)]
    return schema
