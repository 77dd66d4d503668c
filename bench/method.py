"""Does the timing comparison keep what it promises? Its rules on simulated timings, where the truth is known.

Rounds, processes, looks, margins and the number of comparisons are those of params.yaml, so that what is simulated is
what a study does.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from other_intervals import bootstrap, huber, student, studentized_bootstrap
from side_by_side import verdict
from simulated_timings import (
    BREAKING,
    CONTROL,
    PROCESS,
    ROUND,
    SCENARIOS,
    SLOWED,
    STYLE,
    Floats,
    log_seconds,
    studies,
)

from twinproof.analysis.family import family_of
from twinproof.analysis.statistics.ratios import Family, location_interval, needed_for_verdict
from twinproof.study.params import read_params

Interval = Callable[[Floats, float], tuple[Floats, Floats, Floats]]


class Design(NamedTuple):
    """What params.yaml asks for, of the steady quantities: processes at each look, rounds of each, margin, family."""

    looks: list[int]
    rounds: int
    margin: float
    family: Family

    @classmethod
    def shipped(cls, path: Path) -> "Design":
        """Return the design of a file of parameters."""
        params = read_params(path)
        timing, sampling = params.timing, params.timing.sampling
        looks = [*range(timing.replicates, sampling.most, sampling.add), sampling.most]
        return cls(looks, int(timing.rounds.steady), sampling.margin.steady, family_of(params))

    @property
    def most(self) -> int:
        """The number of processes at which sampling ends."""
        return self.looks[-1]

    def describe(self) -> str:
        """Describe it in one line."""
        return (
            f"{' then '.join(map(str, self.looks))} processes of {self.rounds} rounds, {self.family.comparisons} "
            f"comparisons, so that each interval has {100 * self.family.confidence:.3f} %; margin {self.margin:.1%}"
        )


class Ended(NamedTuple):
    """How studies ended: at how many processes, and whether the verdict is "different" or "equivalent"."""

    processes: NDArray[np.int64]
    different: NDArray[np.bool_]
    equivalent: NDArray[np.bool_]


def decide(log_ratios: Floats, design: Design) -> Ended:
    """Sample each study until its corrected interval gives a verdict, as analysis/sampling.py does."""
    count, edge = len(log_ratios), np.log1p(design.margin)
    ended = Ended(np.full(count, design.most), np.zeros(count, bool), np.zeros(count, bool))
    active = np.arange(count)
    for number in design.looks:
        _, low, high = chunked(location_interval, log_ratios[active, :number], design.family.confidence)
        equivalent = (low >= -edge) & (high <= edge)
        different = ((low > 0) | (high < 0)) & ~equivalent
        ended.processes[active] = number
        ended.different[active], ended.equivalent[active] = different, equivalent
        active = active[~(different | equivalent)]
        if number < design.most:
            needed = [
                needed_for_verdict(row, design.margin, design.family.confidence) for row in log_ratios[active, :number]
            ]
            active = active[np.array(needed, dtype=int) <= design.most]
    return ended


def at_stop(log_ratios: Floats, processes: NDArray[np.int64], confidence: float = 0.95) -> Floats:
    """Return centre, low and high of each study's processes up to its stop, shape (3, studies)."""
    found = np.empty((3, len(processes)))
    for number in np.unique(processes):
        rows = processes == number
        found[:, rows] = chunked(location_interval, log_ratios[rows, :number], confidence)
    return found


def chunked(interval: Interval, data: Floats, confidence: float, size: int = 2000) -> Floats:
    """Apply `interval` to few studies at a time, which memory and cache prefer."""
    if not len(data):
        return np.empty((3, 0))
    parts = [np.array(interval(data[start : start + size], confidence)) for start in range(0, len(data), size)]
    return np.concatenate(parts, axis=1)


def family_wise(rate: float, family: Family) -> float:
    """Return the chance of any false verdict among independent comparisons."""
    return float(1 - (1 - rate) ** family.comparisons)


def promises(generator: np.random.Generator, count: int, design: Design) -> None:
    """Print what the whole rule keeps in each kind of noise."""
    print(f"\nThe design that ships: {design.describe()}; {count} studies each, in %")
    print(f"  a round spreads by {ROUND:.0%}, a process by {PROCESS:.1%} beside it")
    heads = (
        "sd", "processes", "(9 of 10)", "covers 95", "false diff", "in a study", "equal at 1", "finds margin",
        "false equal", "in a study",
    )  # fmt: skip
    print(f"  {'noise':18}", *(f"{head:>12}" for head in heads))
    edge = np.log1p(design.margin)
    for scenario in SCENARIOS:
        if scenario == BREAKING[0]:
            print("  where it breaks, as processes know of each other or a style's own noise is skewed:")
        style = studies(scenario, count, design.most, design.rounds, generator)[..., STYLE]
        equal, apart = decide(style, design), decide(style + edge, design)
        _, low, high = at_stop(style, equal.processes)
        false_difference, false_equality = np.mean(equal.different), np.mean(apart.equivalent)
        figures = (
            np.mean((low <= 0) & (high >= 0)),
            false_difference,
            family_wise(float(false_difference), design.family),
            np.mean(equal.equivalent),
            np.mean(apart.different),
            false_equality,
            family_wise(float(false_equality), design.family),
        )
        print(
            f"  {scenario:18} {100 * style.std():12.2f} {equal.processes.mean():12.1f}",
            f"{np.quantile(equal.processes, 0.9):12.0f}",
            *(f"{100 * figure:12.2f}" for figure in figures),
            flush=True,
        )


def power(generator: np.random.Generator, count: int, design: Design) -> None:
    """Print how often a true difference of the margin is found, by the spread of rounds and of processes."""
    print(
        f"\nA true {design.margin:.1%} found, by the spread of a round and of a process beside it, in plain noise, in %"
    )
    print(
        f"  {'round':>6} {'process':>8} {'sd':>6} {'found':>7} {'processes':>10} {'equal at 1':>11} {'processes':>10}"
    )
    for noise in (0.05, 0.11, 0.16):
        for spread in (0.0, 0.01, 0.02, 0.03):
            sizes = {"spread": spread, "noise": noise}
            style = studies("independent", count, design.most, design.rounds, generator, **sizes)[..., STYLE]
            apart, equal = decide(style + np.log1p(design.margin), design), decide(style, design)
            found, same = np.mean(apart.different), np.mean(equal.equivalent)
            print(
                f"  {noise:6.0%} {spread:8.0%} {100 * style.std():6.2f} {100 * found:7.1f}",
                f"{apart.processes.mean():10.1f} {100 * same:11.1f} {equal.processes.mean():10.1f}",
                verdict(float(found), 0.9, most=False),
                flush=True,
            )


def controls(generator: np.random.Generator, count: int, design: Design) -> None:
    """Print what the rules for the controls cost and catch; a bias is what every instance but the first has."""
    edge, half = np.log1p(design.margin), np.log1p(design.margin) / 2
    print("\nNegative control, in %: called different, and a false verdict on the style that it did not stop")
    rules: dict[str, Callable[[Floats, Floats, Floats], NDArray[np.bool_]]] = {
        "interval leaves out 1": lambda centre, low, high: (low > 0) | (high < 0),
        "... and beyond half the margin": lambda centre, low, high: ((low > 0) | (high < 0)) & (np.abs(centre) > half),
        "interval beyond half the margin": lambda centre, low, high: (low > half) | (high < -half),
    }
    for scenario in ("independent", "bursts", "contaminated", "correlated rounds"):
        data = studies(scenario, count, design.most, design.rounds, generator)
        for bias in (0.0, 0.01, 0.02, 0.03):
            ended = decide(data[..., STYLE] + np.log1p(bias), design)
            found = at_stop(data[..., CONTROL] + np.log1p(bias), ended.processes)
            alarms = {name: rule(*found) for name, rule in rules.items()}
            said = (
                f"{name} {100 * np.mean(alarm):.1f}, {100 * np.mean(ended.different & ~alarm):.2f}"
                for name, alarm in alarms.items()
            )
            print(f"  {scenario:18} bias {bias:.0%}: ", "; ".join(said), flush=True)
    print("\nPositive control of one margin, in %: not found though it is there, and found though it is not")
    for scenario in SCENARIOS[: -len(BREAKING)]:
        data = studies(scenario, count, design.most, design.rounds, generator)
        stops = decide(data[..., STYLE], design).processes
        told = []
        for truth in (edge, 0.0):
            _, low, high = at_stop(data[..., SLOWED] + truth, stops)
            told.append(np.mean((low > 0) & (low <= edge + half) & (high >= edge - half)))
        print(f"  {scenario:18} {100 * (1 - told[0]):.1f}, {100 * told[1]:.1f}", flush=True)


def locations(generator: np.random.Generator, design: Design) -> None:
    """Print the spread that the rounds leave in the log-ratio of a process, by how it is located."""
    print(f"\nLocation of {design.rounds} rounds: sd of a process's log-ratio where all instances are equal, in %")
    first, second = np.triu_indices(design.rounds)
    for scenario in SCENARIOS[: -len(BREAKING) - 1]:
        seconds = log_seconds(scenario, 2000, design.rounds, generator, spread=0)
        paired = seconds[..., 1] - seconds[..., 0]
        medians = np.median(seconds, axis=1)
        found = {
            "Hodges-Lehmann": np.median((paired[:, first] + paired[:, second]) / 2, axis=1),
            "median": np.median(paired, axis=1),
            "mean": paired.mean(axis=1),
            "ratio of medians": medians[:, 1] - medians[:, 0],
        }
        print(f"  {scenario:18}", ", ".join(f"{name} {100 * values.std():.2f}" for name, values in found.items()))


def intervals(generator: np.random.Generator, design: Design) -> None:
    """Print coverage and half-width of the intervals that were tried, at a fixed number of processes."""
    print("\nIntervals at a fixed number of processes: coverage % (median half-width, in sd of the quiet processes)")
    print(f"  at 95 %, and at {100 * design.family.confidence:.2f} % after the bar; bootstraps: mean trimmed by 20 %")
    kinds: dict[str, Callable[[tuple[int, int]], Floats]] = {
        "normal": lambda size: generator.normal(size=size),
        "t with 3 df": lambda size: generator.standard_t(3, size),
        "contaminated": lambda size: generator.normal(size=size) * np.where(generator.random(size) < 0.15, 8, 1),
    }
    tried: dict[str, Interval] = {"signed rank": location_interval, "Student's t": student, "M-estimator, t": huber}
    for number in (6, *design.looks):
        for kind, draw in kinds.items():
            data = draw((3000, number))
            said = []
            for name, interval in tried.items():
                values = [interval(data, level) for level in (0.95, design.family.confidence)]
                said.append(f"{name} " + " | ".join(_covered(low, high) for _, low, high in values))
            for method in ("percentile", "BCa"):
                said.append(f"{method} {_covered(*bootstrap(data[:1000], method, generator))}")
            said.append(f"studentized {_covered(*studentized_bootstrap(data[:1000], generator))}")
            print(f"  {number:2} {kind:13}", "; ".join(said), flush=True)


def _covered(low: Floats, high: Floats) -> str:
    half = np.median(high - low) / 2
    return f"{100 * np.mean((low <= 0) & (high >= 0)):.1f} ({half:.2f})" if np.isfinite(half) else "none"


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=30000, help="simulated studies in each kind of noise")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="the parameters of a study")
    options = parser.parse_args()
    design, count = Design.shipped(options.params), options.studies
    generator = np.random.default_rng(20250130)
    start = perf_counter()
    promises(generator, count, design)
    power(generator, count // 6, design)
    controls(generator, count // 6, design)
    locations(generator, design)
    intervals(generator, design)
    print(f"\n{perf_counter() - start:.0f} seconds")


if __name__ == "__main__":
    main()
