"""The parameters of a study: params.yaml, checked against workflow/schemas/params.schema.yaml."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from twinproof.errors import UserError

SCHEMA = Path(__file__).parents[2] / "workflow" / "schemas" / "params.schema.yaml"

Params = dict[str, Any]


def read_params(path: Path) -> Params:
    """Return the checked parameters in the YAML (or JSON) file `path`.

    Raises
    ------
    UserError
        If the file cannot be read, is not YAML, or a parameter is not allowed.
    """
    try:
        params = yaml.safe_load(path.read_text())
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    return check_params(params, str(path))


def check_params(params: object, source: str = "params.yaml") -> Params:
    """Return `params` if the schema allows them.

    Raises
    ------
    UserError
        With one line for each fault: the key, the value, what is allowed.
    """
    import jsonschema

    faults = list(_foreign(params))
    if not faults:
        draft = jsonschema.Draft202012Validator
        # For JSON Schema 2.0 is an integer; for Python it is not.
        whole = draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
        extend: Any = jsonschema.validators.extend
        validator = extend(draft, type_checker=whole)(yaml.safe_load(SCHEMA.read_text()))
        # One error for each missing key, each explained with all of them: told once.
        faults = list(dict.fromkeys(line for error in validator.iter_errors(params) for line in _explain(error)))
    if faults:
        raise UserError("\n".join(f"{source}: {fault}" for fault in faults))
    return cast(Params, params)


def _foreign(value: object, key: str = "") -> Iterator[str]:
    """Find what YAML can say and JSON, in which records and protocols are kept, cannot."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, str):
                yield from _foreign(inner, _join(key, name))
            else:
                yield f"{key or 'the file'}: key {name!r} is not a text; put it in quotes"
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _foreign(inner, _join(key, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{key}: {value!r} is not allowed; allowed: a finite number"
    elif not isinstance(value, str | int | float | bool | None):
        yield f"{key}: {value!r} is not allowed; allowed: a text (in quotes), a number, true, false, a list, a mapping"


def _explain(error: Any) -> Iterator[str]:
    """Say what is wrong with one value in the words of the user's file."""
    key = ".".join(str(part) for part in error.absolute_path)
    schema = error.schema
    if error.validator == "additionalProperties" and isinstance(schema.get("additionalProperties"), bool):
        allowed = ", ".join(schema["properties"])
        for name in sorted(set(error.instance) - set(schema["properties"])):
            yield f"{_join(key, name)}: unknown key; allowed: {allowed}"
    elif error.validator == "required":
        for name in schema["required"]:
            if name not in error.instance:
                yield f"{_join(key, name)}: missing; {_allowed(schema['properties'].get(name, {}))}"
    elif error.validator == "propertyNames" or "propertyNames" in error.absolute_schema_path:
        yield f"{key}: {error.instance!r} is not a name; {_allowed(schema)}"
    else:
        yield f"{key or 'the file'}: {error.instance!r} is not allowed; {_allowed(schema)}"


def _join(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)


def _allowed(schema: dict[str, Any]) -> str:
    """Describe in one phrase what a schema allows."""
    words = []
    if "enum" in schema:
        words.append("one of " + ", ".join(map(str, schema["enum"])))
    if "type" in schema:
        words.append({"object": "a mapping", "array": "a list", "string": "a text"}.get(schema["type"], schema["type"]))
    for keyword, phrase in {
        "minimum": "at least {}",
        "exclusiveMinimum": "greater than {}",
        "maximum": "at most {}",
        "pattern": "matching {}",
        "minProperties": "with at least {} entry",
        "minItems": "with at least {} entry",
    }.items():
        if keyword in schema:
            words.append(phrase.format(schema[keyword]))
    if schema.get("uniqueItems"):
        words.append("each once")
    text = "allowed: " + ", ".join(words)
    return f"{text} ({schema['description']})" if "description" in schema else text
