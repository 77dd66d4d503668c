"""What the timings say, in words."""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from twinproof.analysis.quantities import is_memory
from twinproof.analysis.statistics.ratios import (
    FAMILY_ERROR,
    MARGIN,
    MOST,
    PEEKING,
    Ratio,
    equivalent,
    family_confidence,
    fewest_processes,
    holm,
    needed_processes,
    p_value,
    ratio_interval,
)
from twinproof.analysis.words import TimingVerdict
from twinproof.base.words import ONE_NETWORK

TOLERANCE = 0.02  # how far the positive control may be found from the size that was added


class Comparison(NamedTuple):
    """A style against functional in one quantity: a log-ratio a process, and those of the controls beside it.

    `gate` is the outcome of the twin's identity (`verdicts.gate`), `machines` names each machine and number of threads
    the records come from, `added` is the cost added to the positive control (0.05 for 5 %).
    """

    environment: str
    twin: str
    style: str
    quantity: str
    log_ratios: Sequence[float]
    control: Sequence[float]
    slowed: Sequence[float]
    added: float
    gate: str
    machines: Collection[str]
    margin: float = MARGIN


class Judgement(NamedTuple):
    """`faster`, `slower` (of memory `smaller`, `larger`), `equivalent`, `undecided` or `no verdict`, and a sentence.

    `reason` tells why there is no verdict, and is empty where there is one. `family` is the interval at the confidence
    that widths are judged by, which is corrected for all comparisons of the study, as is `p`. `further` is the number
    of further processes that would decide what is undecided if the ratio stays where it is.
    """

    verdict: TimingVerdict
    sentence: str
    reason: str
    ratio: Ratio
    family: Ratio
    p: float
    further: int | None


def judge(study: Sequence[Comparison]) -> list[Judgement]:
    """Judge all comparisons of one study, which are the family that "faster" and "slower" are corrected for.

    A whole study is the family, because its reader looks at all its verdicts and tells on the striking one. What is
    given no verdict is still counted: whether it is given one is seen only in the data.
    """
    reasons = [obstacle(comparison) for comparison in study]
    p = [
        1.0 if reason else min(1.0, PEEKING * float(p_value(np.asarray(comparison.log_ratios, dtype=np.float64))))
        for comparison, reason in zip(study, reasons, strict=True)
    ]
    return [
        _judge(comparison, reason, corrected, len(study))
        for comparison, reason, corrected in zip(study, reasons, holm(p), strict=True)
    ]


def obstacle(comparison: Comparison) -> str:
    """Return why no verdict may be given, or nothing."""
    if comparison.gate not in ONE_NETWORK:
        return f"the identity of its styles is {comparison.gate}"
    if len(comparison.machines) != 1:
        return f"its records come from {' and from '.join(sorted(comparison.machines)) or 'no known machine'}"
    measured = {
        "the style": comparison.log_ratios,
        "the negative control": comparison.control,
        "the positive control": comparison.slowed,
    }
    fewest = fewest_processes()
    for name, log_ratios in measured.items():
        if len(log_ratios) < fewest:
            return f"{name} was measured in {len(log_ratios)} processes, and an interval takes {fewest}"
    if control_differs(comparison.control, comparison.margin):
        return f"functional differs from itself, {_times(comparison, ratio_interval(comparison.control))}"
    if not control_found(comparison.slowed, comparison.added):
        found = _times(comparison, ratio_interval(comparison.slowed))
        return f"a known cost of {100 * comparison.added:g} % was not found: {found}"
    return ""


def control_differs(log_ratios: Sequence[float], margin: float = MARGIN) -> bool:
    """Tell whether the negative control differs: its interval excludes 1, and its ratio lies beyond half the margin.

    The 95 % interval alone takes one verdict in 20 away by chance, with the margin beside it one in 100, and a bias of
    the margin is still caught in 99 of 100. Asking for the whole interval to lie beyond half the margin, or correcting
    for the number of controls, would let one false verdict in 4 pass where all of a process is biased by 2 %.
    """
    ratio = ratio_interval(log_ratios)
    excludes = ratio.low > 1 or ratio.high < 1
    return excludes and abs(math.log(ratio.ratio)) > math.log1p(margin) / 2


def control_found(log_ratios: Sequence[float], added: float, tolerance: float = TOLERANCE) -> bool:
    """Tell whether the positive control is found: its 95 % interval lies above 1 and meets 1 + added, give or take."""
    ratio = ratio_interval(log_ratios)
    return is_found(ratio.low, ratio.high, added, tolerance)


def is_found(low: float, high: float, added: float, tolerance: float = TOLERANCE) -> bool:
    """Tell the same from the ends of the positive control's 95 % interval."""
    known = 1 + added
    return 1 < low <= known * (1 + tolerance) and high >= known / (1 + tolerance)


def _judge(comparison: Comparison, reason: str, p: float, comparisons: int) -> Judgement:
    ratio = ratio_interval(comparison.log_ratios)
    family = ratio_interval(comparison.log_ratios, family_confidence(comparisons))

    def verdict(name: TimingVerdict, sentence: str, further: int | None = None) -> Judgement:
        about = f"{comparison.twin}, {comparison.quantity} in {comparison.environment}"
        return Judgement(name, f"{about}: {sentence}.", reason, ratio, family, p, further)

    if reason:
        return verdict(TimingVerdict.NO_VERDICT, f"no verdict on {comparison.style}, because {reason}")
    outliers = f", {ratio.outliers} of them outliers" if ratio.outliers else ""
    measured = (
        f"{comparison.style} takes {_times(comparison, ratio)} as functional in {ratio.processes} processes{outliers}"
    )
    differs = p <= FAMILY_ERROR
    corrected = f"after correction for {comparisons} {'comparison' if comparisons == 1 else 'comparisons'}"
    # A difference that is real and within the margin is no difference that matters.
    if equivalent(comparison.log_ratios, comparison.margin):
        real = f"; the difference is real (p = {p:.2g} {corrected}), but lies within it" if differs else ""
        return verdict(TimingVerdict.EQUIVALENT, f"{measured}: equivalent within {100 * comparison.margin:g} %{real}")
    if differs:
        less, more = (
            (TimingVerdict.SMALLER, TimingVerdict.LARGER)
            if is_memory(comparison.quantity)
            else (TimingVerdict.FASTER, TimingVerdict.SLOWER)
        )
        name = more if ratio.ratio > 1 else less
        return verdict(name, f"{measured}: {name}, p = {p:.2g} {corrected}")
    further = _to_a_verdict(comparison, ratio, comparisons)
    number = f"more than {MOST:,}" if further >= MOST else f"about {further:,}"
    almost = f"; the interval excludes 1, but not {corrected}" if ratio.low > 1 or ratio.high < 1 else ""
    processes = "process" if further == 1 else "processes"
    sentence = f"{measured}: undecided{almost}; {number} further {processes} would decide it if the ratio stays there"
    return verdict(TimingVerdict.UNDECIDED, sentence, further)


def _to_a_verdict(comparison: Comparison, ratio: Ratio, comparisons: int) -> int:
    """Return the number of further processes until the interval is narrow enough for either answer."""
    distance = abs(math.log(ratio.ratio))
    to_differ = needed_processes(comparison.log_ratios, distance, family_confidence(comparisons))
    to_equal = needed_processes(comparison.log_ratios, math.log1p(comparison.margin) - distance, 0.90)
    needed = min(to_differ, to_equal)
    return needed if needed >= MOST else max(1, needed - ratio.processes)


def _times(comparison: Comparison, ratio: Ratio) -> str:
    what = "as much memory" if is_memory(comparison.quantity) else "as long"
    return f"{ratio.ratio:.3f} times {what} [{ratio.low:.3f}, {ratio.high:.3f}]"
