"""The result of a reproduction: as text for a terminal, and as a receipt for `reproductions/`.

workflow/schemas/receipt.schema.json describes the receipt.

Format history
--------------
1   First.
"""

import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from twinproof.analysis.words import Agreement, Level
from twinproof.base.errors import UserError
from twinproof.base.reading import read_json
from twinproof.study.params import read_schema
from twinproof.versions.find import Study
from twinproof.versions.forms import short
from twinproof.versions.reproduce import Finding, Part, Reproduction

FORMAT = 1
SCHEMA = Path(__file__).parents[3] / "workflow" / "schemas" / "receipt.schema.json"
# Differences of each part and cause in the text for a terminal; the receipt has all.
SHOWN = 5
# If no difference could be the cause; the second is for times.
UNKNOWN = ("no cause is known: lock, kind of processor and seed are the same", "on the same machine")


class Machine(TypedDict):
    """A machine: `id` identifies it, without its name."""

    id: str
    processor: str
    cores: int
    memory: int
    device: str


class Side(TypedDict):
    """One of the two studies: the `commit` of the code, the digest of the `tables`, and when it was measured."""

    name: str
    commit: str | None
    tables: str | None
    first: str | None
    last: str | None
    locks: dict[str, str]
    machines: list[Machine]


class Receipt(TypedDict):
    """The result of a reproduction, and everything that does not agree."""

    format: int
    date: str
    level: Level
    line: str
    version: Side
    here: Side
    counts: dict[str, dict[str, int]]
    not_comparable: dict[str, int]
    not_tried: list[str]
    parameters: list[str]
    unsound: list[str]
    differences: list[dict[str, Any]]


def as_receipt(reproduction: Reproduction) -> Receipt:
    """Return the receipt of a reproduction."""
    return {
        "format": FORMAT,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "level": reproduction.level,
        "line": reproduction.line,
        "version": _side(reproduction.version),
        "here": _side(reproduction.here),
        "counts": {str(part): _plain(reproduction.count(part)) for part in Part},
        "not_comparable": _plain(_causes(reproduction, Agreement.NOT_COMPARABLE)),
        "not_tried": reproduction.untried,
        "parameters": reproduction.parameters,
        "unsound": reproduction.unsound,
        "differences": [asdict(finding) for finding in reproduction.unlike()],
    }


def read_receipt(path: Path) -> Receipt:
    """Return the receipt in a file.

    Raises
    ------
    UserError
        If it cannot be read, or the schema does not allow it.
    """
    import jsonschema

    content = read_json(path)
    if error := jsonschema.exceptions.best_match(_validator().iter_errors(content)):
        place = ".".join(map(str, error.absolute_path))
        raise UserError(f"{path}: {place or 'the receipt'}: {' '.join(error.message.split())[:200]}")
    receipt: Receipt = content
    return receipt


def as_text(reproduction: Reproduction) -> str:
    """Return a reproduction as lines for a terminal, with the conclusion first."""
    return "\n".join(_lines(reproduction))


def _lines(reproduction: Reproduction) -> Iterator[str]:
    yield reproduction.line
    yield from (f"no evidence: {why}" for why in reproduction.unsound)
    for name, study in (("version", reproduction.version), ("here", reproduction.here)):
        side = _side(study)
        machines = ", ".join(f"{one['processor']} ({one['cores']} cores, {one['device']})" for one in side["machines"])
        yield f"{name}: {study.name}, commit {short(side['commit'])}, measured on {machines}"
    yield _bits(reproduction)
    if reproduction.untried:
        yield f"not measured here: {', '.join(reproduction.untried)}"
    yield from (f"other parameters: {parameter}" for parameter in reproduction.parameters)
    for part in Part:
        own = [finding for finding in reproduction.unlike() if finding.part == part]
        if own:
            counts = Counter(str(finding.agreement) for finding in own)
            yield f"{part}: {', '.join(f'{number:,} {agreement}' for agreement, number in counts.items())}"
            yield from (f"    {_told(finding)}" for finding in own[:SHOWN])
        if len(own) > SHOWN:
            yield f"    and {len(own) - SHOWN:,} more; `--receipt FILE` writes all"


def _bits(reproduction: Reproduction) -> str:
    """Return how many digests could be expected to agree, how many are equal, and why others cannot be compared."""
    count, compared = reproduction.count(Part.BITS), reproduction.compared(Part.BITS)
    said = [f"{count[Agreement.AGREES]:,} of {compared:,} equal to the last bit"] if compared else []
    for cause, number in _causes(reproduction, Agreement.NOT_COMPARABLE, Part.BITS).items():
        said.append(f"{number:,} not comparable ({cause})")
    return f"digests: {'; '.join(said) or 'none in both'}"


def _causes(reproduction: Reproduction, agreement: Agreement, part: Part | None = None) -> Counter[str]:
    return Counter(
        finding.cause
        for finding in reproduction.findings
        if finding.agreement == agreement and part in (None, finding.part)
    )


def _told(finding: Finding) -> str:
    table = "" if finding.part == Part.CLAIMS else f"{finding.table} "
    values = f"{short(finding.version)} -> {short(finding.here)}"
    cause = finding.cause or UNKNOWN[finding.part == Part.TIMING]
    return f"{finding.agreement}: {table}{finding.where} {finding.what}: {values} ({cause})"


def _side(study: Study) -> Side:
    trials = study.tables["trials"]
    machines: dict[str, Machine] = {}
    columns = ["host", "processor", "cores", "memory", "device"]
    for host, processor, cores, memory, device in trials[columns].drop_duplicates().itertuples(index=False, name=None):
        # The name of a machine is private, but the receipt must show that it is a different machine.
        named = hashlib.sha256(f"{host}|{processor}|{cores}|{memory}".encode()).hexdigest()[:12]
        machines[f"{named} {device}"] = {
            "id": named, "processor": str(processor), "cores": int(cores), "memory": int(memory), "device": str(device),
        }  # fmt: skip
    return {
        "name": study.name,
        "commit": study.version["commit"],
        "tables": study.version["digests"].get("tables"),
        "first": None if trials.empty else str(trials["started"].min()),
        "last": None if trials.empty else str(trials["started"].max()),
        "locks": dict(zip(trials["environment"], trials["lock"], strict=True)),
        "machines": [*machines.values()],
    }


def _plain(counter: Counter[Any]) -> dict[str, int]:
    return {str(key): number for key, number in counter.items()}


@functools.cache
def _validator() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads(read_schema(SCHEMA)))
