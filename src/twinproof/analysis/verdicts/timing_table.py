"""The table of timings: each style compared with functional in each quantity, all judged together."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

import pandas as pd

from twinproof.analysis.columns import CELL, plain_rows
from twinproof.analysis.quantities import CONTROLS, kind, unit
from twinproof.analysis.rows.timing import log_ratios
from twinproof.analysis.statistics.ratios import ratio_interval
from twinproof.analysis.verdicts.timing import Comparison, judge
from twinproof.study.settings import Probe, TimingSettings

STYLES = ("sequential", "subclassed")


def timing_rows(
    processes: pd.DataFrame,
    trials: pd.DataFrame,
    gates: Mapping[tuple[str, str], str],
    settings: TimingSettings,
) -> Iterator[dict[str, Any]]:
    """Yield a row for each comparison of a style with functional, with the controls beside it.

    Parameters
    ----------
    processes, trials
        The tables timing_processes and trials.
    gates
        The outcome of each twin's identity, by environment and twin.
    settings
        The parameters of timing.
    """
    sampling = settings.sampling
    rows, comparisons = [], []
    for cell, own in processes.groupby(CELL, sort=False):
        environment, twin = map(str, cell)
        ratios = log_ratios(plain_rows(own))
        functional = own[own["style"] == "functional"].dropna(subset="median")
        here = (trials["environment"] == environment) & (trials["twin"] == twin)
        measured = trials[here & (trials["probe"] == Probe.TIMING)]
        machines = {_machine(row) for row in plain_rows(measured)}
        for style, quantity in sorted(key for key in ratios if key[0] in STYLES):
            controls = {name: ratios.get((name, quantity), []) for name in CONTROLS}
            comparison = Comparison(
                environment=environment,
                twin=twin,
                style=style,
                quantity=quantity,
                log_ratios=ratios[style, quantity],
                control=controls["control"],
                slowed=controls["slowed"],
                added=settings.added,
                gate=gates[environment, twin],
                machines=machines,
                margin=sampling.margin.of(kind(quantity)),
            )
            comparisons.append(comparison)
            rows.append(
                {
                    **{key: getattr(comparison, key) for key in (*CELL, "style", "quantity")},
                    "unit": unit(quantity),
                    "functional": median(functional.loc[functional["quantity"] == quantity, "median"]),
                    **{key: value for name in CONTROLS for key, value in _interval(name, controls[name]).items()},
                    "added": comparison.added,
                    "margin": comparison.margin,
                    "target": sampling.half_width.of(kind(quantity)),
                }
            )
    for row, verdict in zip(rows, judge(comparisons), strict=True):
        yield row | {
            **verdict.ratio._asdict(),
            "family_low": verdict.family.low,
            "family_high": verdict.family.high,
            "p": verdict.p,
            "verdict": verdict.verdict,
            "further": None if verdict.further is None else str(verdict.further),
            "reason": verdict.reason or None,
            "answer": verdict.sentence,
        }


def _interval(name: str, values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    found = ratio_interval(values)
    return {name: found.ratio, f"{name}_low": found.low, f"{name}_high": found.high}


def _machine(trial: Mapping[str, Any]) -> str:
    """Name what has to be the same for times to be compared."""
    place = "the image" if isinstance(trial["image"], str) else "the venv"
    return f"{trial['host']} ({trial['processor']}, {trial['threads']} threads, {trial['device']}, {place})"
