"""The table of timings: each style compared with functional in each quantity, all judged together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from twinproof.analysis.family import STYLES
from twinproof.analysis.quantities import CONTROLS, unit
from twinproof.analysis.rows.common import CELL, CellRow
from twinproof.analysis.rows.timing import known_costs, log_ratios
from twinproof.analysis.statistics.ratios import Family, ratio_interval
from twinproof.analysis.verdicts.timing import Comparison, judge
from twinproof.analysis.words import TimingVerdict
from twinproof.base.styles import Style
from twinproof.study.settings import Probe, TimingSettings, kind

# Columns that must agree so that times can be compared.
MACHINE = ["host", "processor", "threads", "device", "image"]


@dataclass(frozen=True, kw_only=True)
class TimingRow(CellRow):
    """A comparison of a style with functional in one quantity: ratio, controls, margin and verdict."""

    style: str
    quantity: str
    unit: str
    functional: float
    taken: float
    ratio: float
    low: float
    high: float
    family_low: float
    family_high: float
    processes: int
    outliers: int
    control: float | None
    control_low: float | None
    control_high: float | None
    slowed: float | None
    slowed_low: float | None
    slowed_high: float | None
    added: float | None
    margin: float
    p: float
    verdict: TimingVerdict
    further: int | None
    reason: str | None
    answer: str
    graph: str | None = None  # set by verdicts/graphs.py


def timing_rows(
    processes: pd.DataFrame,
    trials: pd.DataFrame,
    gates: Mapping[tuple[str, str], str],
    settings: TimingSettings,
    family: Family,
) -> Iterator[TimingRow]:
    """Yield a row for each comparison of a style with functional, with the controls.

    Parameters
    ----------
    processes, trials
        The tables timing_processes and trials.
    gates
        The outcome of each twin's identity, by environment and twin.
    settings
        The parameters of timing.
    family
        The family that verdicts are corrected for.
    """
    comparisons: list[Comparison] = []
    medians: list[tuple[float, float]] = []
    for cell, own in processes.groupby(CELL, sort=False):
        environment, twin = map(str, cell)
        ratios = log_ratios(zip(own["style"], own["quantity"], own["log_ratio"], strict=True))
        added = known_costs(zip(own["quantity"], own["added"], strict=True))
        here = (trials["environment"] == environment) & (trials["twin"] == twin)
        measured = trials[here & (trials["probe"] == Probe.TIMING)]
        machines = {_machine(*told) for told in measured[MACHINE].itertuples(index=False, name=None)}
        for style, quantity in sorted(key for key in ratios if key[0] in STYLES):
            again, beside = (ratios.get((name, quantity), []) for name in CONTROLS)
            comparisons.append(
                Comparison(
                    environment=environment,
                    twin=twin,
                    style=style,
                    quantity=quantity,
                    log_ratios=ratios[style, quantity],
                    control=again,
                    slowed=beside,
                    added=added.get(quantity),
                    gate=gates[environment, twin],
                    machines=machines,
                    margin=settings.sampling.margin.of(kind(quantity)),
                    disturbed=_disturbed(own, style, quantity, settings.busy),
                )
            )
            medians.append((_median(own, Style.FUNCTIONAL, quantity), _median(own, style, quantity)))
    for comparison, (functional, taken) in zip(comparisons, medians, strict=True):
        judged = judge(comparison, family)
        control, control_low, control_high = _interval(comparison.control)
        slowed, slowed_low, slowed_high = _interval(comparison.slowed)
        yield TimingRow(
            environment=comparison.environment,
            twin=comparison.twin,
            style=comparison.style,
            quantity=comparison.quantity,
            unit=unit(comparison.quantity),
            functional=functional,
            taken=taken,
            **judged.ratio._asdict(),
            family_low=judged.corrected.low,
            family_high=judged.corrected.high,
            control=control,
            control_low=control_low,
            control_high=control_high,
            slowed=slowed,
            slowed_low=slowed_low,
            slowed_high=slowed_high,
            added=comparison.added,
            margin=comparison.margin,
            p=judged.p,
            verdict=judged.verdict,
            further=judged.further,
            reason=judged.reason or None,
            answer=judged.sentence,
        )


def _median(processes: pd.DataFrame, style: str, quantity: str) -> float:
    """Return the time or memory of a style: the median of the medians of the processes."""
    own = processes[(processes["style"] == style) & (processes["quantity"] == quantity)]
    return float(own["median"].median())


def _disturbed(processes: pd.DataFrame, style: str, quantity: str, busy: float) -> int:
    """Return in how many processes others took too much of the processor."""
    own = processes[(processes["style"] == style) & (processes["quantity"] == quantity)]
    return int((own["others"] > busy).sum())


def _interval(log_ratios: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """Return a ratio with the ends of its interval, or nothing if nothing was measured."""
    if not log_ratios:
        return None, None, None
    found = ratio_interval(log_ratios)
    return found.ratio, found.low, found.high


def _machine(host: str, processor: str, threads: int, device: str, image: object) -> str:
    """Name the machine of a trial; `image` is NaN if there is none."""
    place = "the image" if isinstance(image, str) else "the venv"
    return f"{host} ({processor}, {threads} threads, {device}, {place})"
