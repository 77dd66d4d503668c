"""The rows of identity: how each style compares with functional, and its losses step by step."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from twinproof.analysis.rows.common import RecordTables, StyleRow, styles_of
from twinproof.base.styles import Style
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class IdentityRow(StyleRow):
    """How a style compares with functional: its outcome, and the largest differences.

    `seed_alone` says whether both end with the same weights if only the seed is set.
    """

    status: str
    outcome: str | None
    outputs: float | None
    losses: float | None
    weights: float | None
    first_difference: int | None
    parameters: int | None
    seed_alone: bool | None
    proof: str | None
    stages: str | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class IdentityStepRow(StyleRow):
    """A training step of a style, counted from 1: its loss, and the digest of the weights after it."""

    step: int
    loss: float
    weights: str


def identity_rows(record: Record) -> Iterator[IdentityRow]:
    """Yield one row for each style."""
    alone = record["styles"][Style.FUNCTIONAL].get("result", {}).get("seed_alone")
    for key, ended, result in styles_of(record):
        comparable = key["style"] != Style.FUNCTIONAL and alone is not None and "seed_alone" in result
        comparison = result.get("comparison", {})
        proof = comparison.get("proof", {})
        yield IdentityRow(
            **key,
            **ended,
            outcome=comparison.get("outcome"),
            outputs=comparison.get("outputs"),
            losses=comparison.get("losses"),
            weights=comparison.get("weights"),
            first_difference=comparison.get("first_difference"),
            parameters=result.get("parameters"),
            seed_alone=result["seed_alone"] == alone if comparable else None,
            proof=proof.get("sentence"),
            stages=_stages(proof["stages"]) if proof else None,
        )


def _stages(stages: list[dict[str, str]]) -> str:
    """Return the outcome of each stage as a JSON list, with the details of a stage that differs."""
    return json.dumps(
        [
            f"{one['stage']}: {one['outcome']}{f' ({said})' if (said := one['detail'] or one['worst']) else ''}"
            for one in stages
        ]
    )


def step_rows(record: Record) -> Iterator[IdentityStepRow]:
    """Yield one row for each step of each style."""
    for key, _, result in styles_of(record):
        for number, step in enumerate(result.get("steps", []), 1):
            yield IdentityStepRow(**key, step=number, loss=step["loss"], weights=step["weights"])


TABLES: RecordTables = {"identity": (IdentityRow, identity_rows), "identity_steps": (IdentityStepRow, step_rows)}
