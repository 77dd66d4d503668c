"""A proof as text: one sentence first, then the stages, then what was compared and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from twinproof.proof.result import Allowed, Difference, Outcome, Proof, Stage, StageResult, Verdict


def as_text(proof: Proof) -> str:
    """Return a proof as lines of text."""
    return "\n".join(_lines(proof))


def sentence(
    verdict: Verdict,
    difference: Difference | None,
    stages: Sequence[StageResult],
    steps: int,
    allowed: Allowed,
    unknown: str,
) -> str:
    """Return the verdict in one sentence."""
    if verdict == Verdict.CANNOT_TELL:
        return f"Cannot tell: {unknown}"
    if verdict == Verdict.NOT_ONE_NETWORK:
        return f"Not one network: {difference}"
    through = f"through {count(steps, 'training step')}" if steps else "in inference; training was not compared"
    rounding = [result for result in stages if result.outcome == Outcome.ROUNDING]
    if not rounding:
        return f"One network: equal to the last bit {through}"
    if allowed.tolerance is not None:
        return f"One network: equal within the given tolerance of {allowed.tolerance:g} {through}"
    most = max(result.ratio or 0.0 for result in rounding)
    return (
        f"One network: equal within rounding {through} (at most {most:.2g} times the effect of one unit in the last "
        f"place; up to {allowed.multiple:g} count as rounding)"
    )


def stage_words(result: StageResult) -> str:
    """Return the details of a stage, which follow its outcome."""
    if result.detail:
        return result.detail
    if result.stage == Stage.STRUCTURE:
        return f"declarations of {count(result.compared, 'variable')} and their layers"
    if result.stage == Stage.START:
        return f"constants, initializers and spreads of {count(result.compared, 'variable')}"
    arrays = count(result.compared, "array")
    if result.outcome == Outcome.EQUAL:
        return f"to the last bit, {arrays}"
    if result.ratio is None:
        return f"{arrays}; most at {result.worst}: {result.difference:.3g}"
    times = f"{result.ratio:.2g} times the effect of one unit in the last place"
    return f"{arrays}; most at {result.worst}: {result.difference:.3g}, {times}"


def versions(made_with: Mapping[str, str]) -> str:
    """Return versions as a list in words."""
    return ", ".join(f"{name} {version}" for name, version in made_with.items())


def compared_words(proof: Proof) -> str:
    """Return how much a proof compared."""
    seen = proof.compared
    parts = [
        count(seen.variables, "variable"),
        count(seen.layers, "layer with variables", "layers with variables"),
        count(seen.outputs, "output"),
        count(seen.inputs, "input", "kinds of inputs"),
        count(seen.steps, "training step"),
    ]
    return ", ".join(parts)


def _lines(proof: Proof) -> Iterator[str]:
    yield proof.sentence
    yield ""
    yield f"  first   {proof.first}"
    yield f"  second  {proof.second}"
    if proof.stages:
        yield ""
    for result in proof.stages:
        yield f"  {result.stage:26}{result.outcome:16}{stage_words(result)}"
    yield ""
    with_words = f"Keras {proof.made_with.get('keras')} on {proof.made_with.get('backend')}"
    yield f"Compared: {compared_words(proof)}; {with_words}."
    for note in proof.notes:
        yield f"  {note}"
    if proof.not_compared:
        yield "Not compared:"
    for line in proof.not_compared:
        yield f"  {line}"


def count(number: int, one: str, several: str = "") -> str:
    """Return a number of things in words."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
