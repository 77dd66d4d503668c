"""The parameters of a study: params.yaml, checked against workflow/schemas/params.schema.yaml."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

from twinproof.base.errors import UserError, shown
from twinproof.base.reading import LARGEST_INTEGER, MissingError, read_text, read_yaml
from twinproof.study.settings import QUANTITIES, SETTINGS, Probe, Settings, TimingSettings, parse_settings

# Settings that a twin cannot override: those that batches of trials share, and those of all comparisons of a study.
OF_ALL_TWINS = ("threads", "tolerance")
OF_ALL_TIMINGS = ("replicates", "quantities", "added", "busy", "sampling")
SCHEMA = Path(__file__).parents[3] / "workflow" / "schemas" / "params.schema.yaml"

# In a path, these are special to the shell, to Snakemake or to programs that read lists of paths.
SPECIAL = re.compile(r"""^-|[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{}<>\[\]()*?|&;$`"'\\!#~]""")
SURROGATE = re.compile("[\ud800-\udfff]")
LONGEST = 200
A_PATH = (
    f"a path of at most {LONGEST} characters, without control characters, without a dash at its beginning, and with "
    "none of {}<>[]()*?|&;$`\"'\\!#~"
)


@dataclass(frozen=True)
class DataParams:
    """The folder of the images, and how many of the last training images are kept for validation."""

    directory: Path
    checksums: Path
    validation: int


@dataclass(frozen=True)
class EnvironmentParams:
    """The probes to measure in an environment, and the twins, if not all are measured there.

    `without_gpu` is what a trial does if its lock needs a GPU and there is none.
    """

    probes: tuple[Probe, ...]
    without_gpu: str = "error"
    twins: tuple[str, ...] | None = None

    def measures(self, twin: str) -> bool:
        """Return whether a twin is measured there."""
        return self.twins is None or twin in self.twins


@dataclass(frozen=True)
class TwinParams:
    """The module of a twin, its functions' arguments, the files they read, and its probes, if not all are measured.

    `settings` are the settings of probes that differ for this twin.
    """

    module: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    probes: tuple[Probe, ...] | None = None
    settings: Mapping[Probe, Mapping[str, Any]] = field(default_factory=dict)

    def measures(self, probe: Probe) -> bool:
        """Return whether a probe is measured for this twin."""
        return self.probes is None or probe in self.probes


@dataclass(frozen=True)
class Params:
    """The parameters of a study; environments and twins by name."""

    data: DataParams
    environments: Mapping[str, EnvironmentParams]
    twins: Mapping[str, TwinParams]
    seed: int
    settings: Mapping[Probe, Settings]

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Params:
        """Return the parameters in a mapping that the schema allows."""
        data = content["data"]
        return cls(
            DataParams(Path(data["directory"]), Path(data["checksums"]), data["validation"]),
            {
                name: EnvironmentParams(
                    _probes(asked["probes"]),
                    asked.get("without_gpu", "error"),
                    tuple(asked["twins"]) if "twins" in asked else None,
                )
                for name, asked in content["environments"].items()
            },
            {
                name: TwinParams(
                    twin["module"],
                    twin.get("arguments", {}),
                    tuple(twin.get("files", ())),
                    _probes(twin["probes"]) if "probes" in twin else None,
                    {probe: twin[probe.value] for probe in SETTINGS if probe.value in twin},
                )
                for name, twin in content["twins"].items()
            },
            content["seed"],
            {probe: parse_settings(probe, content[probe.value]) for probe in SETTINGS},
        )

    @property
    def timing(self) -> TimingSettings:
        """The settings of timing, which not only its probe needs."""
        return cast(TimingSettings, self.settings[Probe.TIMING])

    def settings_of(self, twin: str, probe: Probe) -> Settings:
        """Return the settings of a probe for one twin; for a twin that is not in the parameters, the common ones."""
        own = self.twins[twin].settings.get(probe, {}) if twin in self.twins else {}
        return parse_settings(probe, {**plain(self.settings[probe]), **own}) if own else self.settings[probe]

    def content(self) -> dict[str, Any]:
        """Return a mapping of plain values from which `parse` makes the same parameters."""
        return {
            "data": plain(self.data),
            "environments": {name: plain(asked) for name, asked in self.environments.items()},
            "twins": {name: _of_twin(plain(twin)) for name, twin in self.twins.items()},
            "seed": self.seed,
            **{probe.value: plain(settings) for probe, settings in self.settings.items()},
        }


def _of_twin(content: dict[str, Any]) -> dict[str, Any]:
    """Return the mapping of a twin in a file: the settings of its probes are on the same level as the rest."""
    own = {str(probe): settings for probe, settings in content.pop("settings").items()}
    return {**content, **own}


def _probes(names: list[str]) -> tuple[Probe, ...]:
    return tuple(map(Probe, names))


def plain(part: Any) -> dict[str, Any]:
    """Return a part of the parameters as plain values for YAML and JSON, without values that were not set."""

    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: of(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [of(inner) for inner in value]
        return str(value) if isinstance(value, (Path, Probe)) else value

    return {key: of(value) for key, value in asdict(part).items() if value is not None}


def is_path(value: object) -> bool:
    """Return whether a value can be a path of a study: without special meaning in any place where it is used."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST and not SPECIAL.search(value)


def read_params(path: Path) -> Params:
    """Return the checked parameters in the YAML (or JSON) file `path`.

    Raises
    ------
    UserError
        If the file cannot be read, is not YAML, or a parameter is not allowed.
    """
    return check_params(read_yaml(path), str(path))


def check_params(params: object, source: str = "params.yaml") -> Params:
    """Return `params`, a mapping as YAML gives it, if the schema allows them.

    Raises
    ------
    UserError
        With one line for each fault: the key, the value, what is allowed.
    """
    faults = list(_foreign(params))
    if not faults:
        # There is one error for each missing key, and each explains all of them: report them once.
        faults = list(dict.fromkeys(line for error in _validator().iter_errors(params) for line in _explain(error)))
    if not faults:
        parsed = Params.parse(cast("dict[str, Any]", params))
        faults = list(_unknown_twins(parsed))
    if faults:
        raise UserError("\n".join(f"{source}: {fault}" for fault in faults))
    return parsed


def _unknown_twins(params: Params) -> Iterator[str]:
    """Yield an error for each twin that an environment names and the study does not have."""
    for name, asked in params.environments.items():
        for index, twin in enumerate(asked.twins or ()):
            if twin not in params.twins:
                allowed = ", ".join(params.twins)
                yield f"environments.{name}.twins.{index}: {shown(twin)} is not a twin; allowed: {allowed}"


@functools.cache
def _validator() -> Any:
    import jsonschema

    draft = jsonschema.Draft202012Validator
    # For JSON Schema 2.0 is an integer; for Python it is not.
    whole = draft.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("path")(lambda value: is_path(value) or not isinstance(value, str))
    extend: Any = jsonschema.validators.extend
    kind = extend(draft, {"pattern": whole_pattern}, type_checker=whole)
    return kind(_schema(), format_checker=formats)


def _schema() -> dict[str, Any]:
    """Return the schema with the lists that are defined in the code: the probes, and the quantities of timing."""
    schema: dict[str, Any] = yaml.safe_load(read_schema(SCHEMA))
    parts = schema["properties"]
    # Environments and twins share this object, by YAML's anchor.
    parts["environments"]["additionalProperties"]["properties"]["probes"]["items"]["enum"] = [*map(str, Probe)]
    parts["timing"]["properties"]["quantities"]["items"]["enum"] = [*QUANTITIES]
    twin = parts["twins"]["additionalProperties"]["properties"]
    for probe in SETTINGS:
        shared = OF_ALL_TWINS + (OF_ALL_TIMINGS if probe == Probe.TIMING else ())
        twin[probe.value] = {
            "description": f"settings of {probe} that differ for this twin",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                key: schema for key, schema in parts[probe.value]["properties"].items() if key not in shared
            },
        }
    return schema


def read_schema(path: Path) -> str:
    """Return the text of a schema.

    Raises
    ------
    UserError
        If it is missing, because the package was installed without its repository.
    """
    try:
        return read_text(path)
    except MissingError:
        raise UserError(
            "a study runs in a clone of the repository, with its schemas and rules; this package was installed "
            "without it"
        ) from None


def whole_pattern(_validator: Any, pattern: str, instance: object, _schema: Any) -> Iterator[Any]:
    """Check `pattern` as JSON Schema defines it: in Python, $ would also match before a final newline."""
    import jsonschema

    exact = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    if isinstance(instance, str) and not re.search(exact, instance):
        yield jsonschema.ValidationError(f"{shown(instance)} does not match {pattern!r}")


def _foreign(value: object, key: str = "") -> Iterator[str]:
    """Yield an error for each value that YAML allows and JSON, the format of records and protocols, does not."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(name, str):
                yield from _foreign(inner, _join(key, name))
            else:
                yield f"{key or 'the file'}: key {shown(name)} is not a string; put it in quotes"
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _foreign(inner, _join(key, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{key}: {value!r} is not allowed; allowed: a finite number"
    elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        yield f"{key}: {shown(value)} is not allowed; allowed: an integer of 64 bits"
    elif isinstance(value, str) and SURROGATE.search(value):
        yield f"{key}: {shown(value)} is not allowed; allowed: a string of valid Unicode"
    elif not isinstance(value, (str, int, float, bool, type(None))):
        allowed = "allowed: a string (in quotes), a number, true, false, a list, a mapping"
        yield f"{key}: {shown(value)} is not allowed; {allowed}"


def _explain(error: Any) -> Iterator[str]:
    """Yield the errors of one value, in terms of the user's file."""
    key = functools.reduce(_join, error.absolute_path, "")
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
        yield f"{key}: {shown(error.instance)} is not a name; {_allowed(schema)}"
    else:
        yield f"{key or 'the file'}: {shown(error.instance)} is not allowed; {_allowed(schema)}"


def _join(key: str, name: object) -> str:
    text = str(name) if str(name).isprintable() and len(str(name)) <= 80 else shown(name)
    return f"{key}.{text}" if key else text


def _allowed(schema: dict[str, Any]) -> str:
    """Describe in one phrase what a schema allows."""
    words = []
    if "enum" in schema:
        words.append("one of " + ", ".join(map(str, schema["enum"])))
    if "type" in schema:
        kinds = {"object": "a mapping", "array": "a list", "string": "a string"}
        words.append(kinds.get(schema["type"], schema["type"]))
    for keyword, phrase in {
        "minimum": "at least {}",
        "exclusiveMinimum": "greater than {}",
        "maximum": "at most {}",
        "pattern": "matching {}",
        "maxLength": "of at most {} characters",
        "minProperties": "with at least {} entry",
        "minItems": "with at least {} entry",
    }.items():
        if keyword in schema:
            words.append(phrase.format(schema[keyword]))
    if schema.get("format") == "path":
        words = [A_PATH]
    if schema.get("uniqueItems"):
        words.append("each once")
    text = "allowed: " + ", ".join(words)
    return f"{text} ({schema['description']})" if "description" in schema else text
