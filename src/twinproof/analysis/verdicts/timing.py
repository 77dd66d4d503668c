"""The findings of the timings, in words."""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from twinproof.analysis.quantities import PARTS, is_memory
from twinproof.analysis.statistics.ratios import (
    MOST,
    Family,
    Ratio,
    differs,
    equivalent,
    fewest_processes,
    needed_for_verdict,
    p_value,
    ratio_interval,
)
from twinproof.analysis.words import TimingVerdict
from twinproof.base.numbers import counted
from twinproof.base.words import ONE_NETWORK

# There are verdicts if at most this share of processes ran on a machine that was too busy: intervals tolerate it.
DISTURBED = 0.1


class Comparison(NamedTuple):
    """A style compared with functional in one quantity: a log-ratio per process, and those of the controls.

    `gate` is the outcome of the twin's identity (`verdicts.gate`), `machines` names each machine and number of threads
    the records come from, `added` is the share that the positive control adds, measured on its own (0.05 for 5 %),
    and `disturbed` the number of processes that ran on a machine that was too busy.
    """

    environment: str
    twin: str
    style: str
    quantity: str
    log_ratios: Sequence[float]
    control: Sequence[float]
    slowed: Sequence[float]
    added: float | None
    gate: str
    machines: Collection[str]
    margin: float
    disturbed: int = 0


class Judgement(NamedTuple):
    """`faster`, `slower` (for memory `smaller`, `larger`), `equivalent`, `undecided` or `no verdict`, and a sentence.

    `reason` says why there is no verdict, and is empty if there is one. The verdict comes from `corrected`, the
    interval at the confidence of the family; `p` is corrected in the same way. `further` is the number of further
    processes that would decide an undecided verdict if the ratio does not change.
    """

    verdict: TimingVerdict
    sentence: str
    reason: str
    ratio: Ratio
    corrected: Ratio
    p: float
    further: int | None


def judge(comparison: Comparison, family: Family) -> Judgement:
    """Judge one comparison of a family: in 19 of 20 studies no verdict is false, neither "slower" nor "equivalent".

    A whole study is the family, because its reader looks at all its verdicts and repeats the striking one. Comparisons
    without a verdict count too: only the data show whether there is a verdict.
    """
    reason = "" if comparison.quantity in PARTS else obstacle(comparison)
    values = np.asarray(comparison.log_ratios, dtype=np.float64)
    p = 1.0 if reason else min(1.0, family.intervals * float(p_value(values)))
    ratio = ratio_interval(comparison.log_ratios)
    corrected = ratio_interval(comparison.log_ratios, family.confidence)

    def verdict(name: TimingVerdict, sentence: str, further: int | None = None) -> Judgement:
        about = f"{comparison.twin}, {comparison.quantity} in {comparison.environment}"
        return Judgement(name, f"{about}: {sentence}.", reason, ratio, corrected, p, further)

    if comparison.quantity in PARTS:
        return verdict(TimingVerdict.PART, f"{_measured(comparison, ratio)}: part of another quantity, not judged")
    if reason:
        return verdict(TimingVerdict.NO_VERDICT, f"no verdict on {comparison.style}, because {reason}")
    measured = _measured(comparison, ratio)
    real = differs(corrected.low, corrected.high)
    after = f"after correction for {counted(family.comparisons, 'comparison')} and {counted(family.looks, 'look')}"
    # A real difference within the margin does not matter.
    if equivalent(corrected.low, corrected.high, comparison.margin):
        but = f"; the difference is real (p = {p:.2g}), but it is within the margin" if real else ""
        sentence = f"{measured}: equivalent within {100 * comparison.margin:g} % {after}{but}"
        return verdict(TimingVerdict.EQUIVALENT, sentence)
    if real:
        less, more = (
            (TimingVerdict.SMALLER, TimingVerdict.LARGER)
            if is_memory(comparison.quantity)
            else (TimingVerdict.FASTER, TimingVerdict.SLOWER)
        )
        name = more if ratio.ratio > 1 else less
        return verdict(name, f"{measured}: {name}, p = {p:.2g} {after}")
    further = _to_a_verdict(comparison, ratio, family)
    number = f"more than {MOST:,}" if further >= MOST else f"about {further:,}"
    almost = f"; the interval excludes 1, but not {after}" if differs(ratio.low, ratio.high) else ""
    processes = "process" if further == 1 else "processes"
    sentence = f"{measured}: undecided{almost}; {number} further {processes} would decide it at this ratio"
    return verdict(TimingVerdict.UNDECIDED, sentence, further)


def obstacle(comparison: Comparison) -> str:
    """Return why no verdict may be given, or nothing."""
    if comparison.gate not in ONE_NETWORK:
        return f"the identity of its styles is {comparison.gate}"
    if len(comparison.machines) != 1:
        return f"its records come from {' and from '.join(sorted(comparison.machines)) or 'no known machine'}"
    if comparison.disturbed > DISTURBED * len(comparison.log_ratios):
        return f"the machine was too busy in {comparison.disturbed} of {len(comparison.log_ratios)} processes"
    if len(comparison.log_ratios) < fewest_processes():
        return _few("the style", comparison.log_ratios)
    return controls_fault(comparison)


def controls_fault(comparison: Comparison) -> str:
    """Return what is wrong with the controls, or nothing."""
    for name, log_ratios in (("negative", comparison.control), ("positive", comparison.slowed)):
        if len(log_ratios) < fewest_processes():
            return _few(f"the {name} control", log_ratios)
    if control_differs(comparison.control, comparison.margin):
        return f"functional differs from itself, {_times(comparison, ratio_interval(comparison.control))}"
    if not control_found(comparison.slowed, comparison.added, comparison.margin):
        found = _times(comparison, ratio_interval(comparison.slowed))
        return f"a known cost of {100 * (comparison.added or 0):.2g} % was not found: {found}"
    return ""


def _few(what: str, log_ratios: Sequence[float]) -> str:
    return f"{what} was measured in {len(log_ratios)} processes, and an interval needs {fewest_processes()}"


def control_differs(log_ratios: Sequence[float], margin: float) -> bool:
    """Return whether the negative control differs: its interval excludes 1, and its ratio is beyond half the margin.

    The 95 % interval by itself would prevent one verdict in 20 by chance; together with the margin, it is one in 100,
    and a bias of the size of the margin is still caught in 99 of 100 cases. To require that the whole interval is
    beyond half the margin, or to correct for the number of controls, would let one false verdict in 4 pass if a process
    is biased by 2 %.
    """
    ratio = ratio_interval(log_ratios)
    return differs(ratio.low, ratio.high) and abs(math.log(ratio.ratio)) > math.log1p(margin) / 2


def control_found(log_ratios: Sequence[float], added: float | None, margin: float) -> bool:
    """Return whether the positive control is found: its 95 % interval is above 1 and contains 1 + added, approximately.

    The tolerance is half the margin, as for the negative control: code after an operation finds colder caches.
    """
    ratio = ratio_interval(log_ratios)
    return added is not None and is_found(ratio.low, ratio.high, added, margin)


def is_found(low: float, high: float, added: float, margin: float) -> bool:
    """Return the same from the ends of the positive control's 95 % interval."""
    known, half = 1 + added, math.sqrt(1 + margin)
    return 1 < low <= known * half and high >= known / half


def _measured(comparison: Comparison, ratio: Ratio) -> str:
    outliers = f", {ratio.outliers} of them outliers" if ratio.outliers else ""
    times = _times(comparison, ratio)
    return f"{comparison.style} takes {times} as functional in {ratio.processes} processes{outliers}"


def _to_a_verdict(comparison: Comparison, ratio: Ratio, family: Family) -> int:
    """Return the number of further processes until the interval is narrow enough for either answer."""
    needed = needed_for_verdict(comparison.log_ratios, comparison.margin, family.confidence)
    return needed if needed >= MOST else max(1, needed - ratio.processes)


def _times(comparison: Comparison, ratio: Ratio) -> str:
    what = "as much memory" if is_memory(comparison.quantity) else "as long"
    return f"{ratio.ratio:.3f} times {what} [{ratio.low:.3f}, {ratio.high:.3f}]"
