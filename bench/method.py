"""Does the timing comparison keep what it promises? Its statistics on simulated timings, where the truth is known."""

import argparse
import os
from collections.abc import Callable
from time import perf_counter

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from other_intervals import bootstrap, huber, student, studentized_bootstrap
from simulated_timings import BUDGET, CONTROL, ROUNDS, SCENARIOS, SLOWED, STYLE, Floats, log_seconds, studies

from twinproof.analysis.statistics.ratios import (
    FAMILY_ERROR,
    MARGIN,
    PEEKING,
    TARGET,
    family_confidence,
    fewest_processes,
    location_interval,
    p_value,
)
from twinproof.analysis.verdicts.timing import TOLERANCE

FIRST, BATCH = 12, 4
FAMILY = 30


def sample(log_ratios: Floats, confidence: float, target: float = TARGET, batch: int = BATCH) -> NDArray[np.int64]:
    """Return the number of processes at which each study stops, by the width of its interval alone."""
    budget = log_ratios.shape[1]
    stops = np.full(len(log_ratios), budget)
    active = np.arange(len(log_ratios))
    for number in range(FIRST, budget, batch):
        _, low, high = chunked(lambda part: location_interval(part, confidence), log_ratios[active, :number])
        narrow = (high - low) / 2 <= np.log1p(target)
        stops[active[narrow]] = number
        active = active[~narrow]
    return stops


def at_stop(function: Callable[[Floats], tuple[Floats, ...]], log_ratios: Floats, stops: NDArray[np.int64]) -> Floats:
    """Apply `function` to each study's processes up to its stop; shape (results, studies)."""
    numbers = np.unique(stops)
    parts = [(stops == number, chunked(function, log_ratios[stops == number, :number])) for number in numbers]
    found = np.empty((len(parts[0][1]), len(stops)))
    for rows, result in parts:
        found[:, rows] = result
    return found


def chunked(function: Callable[[Floats], tuple[Floats, ...]], data: Floats, size: int = 2000) -> Floats:
    """Apply `function` to few studies at a time, which memory and cache prefer."""
    if not len(data):
        return np.empty((3, 0))
    parts = [np.array(function(data[start : start + size])) for start in range(0, len(data), size)]
    return np.concatenate(parts, axis=1)


def inside(values: Floats) -> tuple[Floats]:
    """Tell of each study whether it is equivalent (as a number)."""
    _, low, high = location_interval(values, 0.90)
    return (((low >= -np.log1p(MARGIN)) & (high <= np.log1p(MARGIN))).astype(float),)


def corrected(values: Floats, family: int) -> Floats:
    """Tell of each study whether it differs at the level of Holm's first step: the worst place in the family."""
    return PEEKING * p_value(values) * family <= FAMILY_ERROR


def family_wise(rate: float, family: int) -> float:
    """Return the chance of any false alarm among independent comparisons."""
    return float(1 - (1 - rate) ** family)


def locations(generator: np.random.Generator) -> None:
    """Print the spread that the rounds leave in the log-ratio of a process, by how it is located."""
    print(f"Location of {ROUNDS} rounds: sd of a process's log-ratio where all instances are equal, in %")
    first, second = np.triu_indices(ROUNDS)
    for scenario in SCENARIOS[:-2]:
        seconds = log_seconds(scenario, 2000, generator, spread=0)
        paired = seconds[..., 1] - seconds[..., 0]
        medians = np.median(seconds, axis=1)
        found = {
            "Hodges-Lehmann": np.median((paired[:, first] + paired[:, second]) / 2, axis=1),
            "median": np.median(paired, axis=1),
            "mean": paired.mean(axis=1),
            "ratio of medians": medians[:, 1] - medians[:, 0],
        }
        print(f"  {scenario:18}", ", ".join(f"{name} {100 * values.std():.2f}" for name, values in found.items()))


def intervals(generator: np.random.Generator) -> None:
    """Print coverage and half-width of the intervals that were tried, at a fixed number of processes."""
    print(
        "\nIntervals at a fixed number of processes, 95 %: coverage % (median half-width, in sd of the quiet processes)"
    )
    print(
        f"  the same at {100 * family_confidence(FAMILY):.2f} % after the bar; bootstraps of the mean trimmed by 20 %"
    )
    kinds: dict[str, Callable[[tuple[int, int]], Floats]] = {
        "normal": lambda size: generator.normal(size=size),
        "t with 3 df": lambda size: generator.standard_t(3, size),
        "contaminated": lambda size: generator.normal(size=size) * np.where(generator.random(size) < 0.15, 8, 1),
    }
    tried = {"signed rank": location_interval, "Student's t": student, "M-estimator, t": huber}
    for number in (6, 12, 20):
        for kind, draw in kinds.items():
            data = draw((3000, number))
            said = []
            for name, interval in tried.items():
                values = [interval(data, level) for level in (0.95, family_confidence(FAMILY))]
                said.append(f"{name} " + " | ".join(_covered(low, high) for _, low, high in values))
            for method in ("percentile", "BCa"):
                said.append(f"{method} {_covered(*bootstrap(data[:1000], method, generator))}")
            said.append(f"studentized {_covered(*studentized_bootstrap(data[:1000], generator))}")
            print(f"  {number:2} {kind:13}", "; ".join(said))


def _covered(low: Floats, high: Floats) -> str:
    half = np.median(high - low) / 2
    return f"{100 * np.mean((low <= 0) & (high >= 0)):.1f} ({half:.2f})" if np.isfinite(half) else "none"


def sequential(generator: np.random.Generator, count: int) -> None:
    """Print what the whole rule keeps in each kind of noise."""
    level = family_confidence(FAMILY)
    print(f"\nThe rule: {FIRST} processes of {ROUNDS} rounds, then {BATCH} at a time until the half-width at", end=" ")
    print(f"{100 * level:.2f} % ({FAMILY} comparisons) is {TARGET:.0%}, at most {BUDGET}; {count} studies each, in %")
    heads = "sd", "processes", "(9 of 10)", "narrow", "covers 95", "false diff", "in family", "finds 3 %", "slower"
    print(f"  {'noise':18}", *(f"{head:>10}" for head in (*heads, "equal at 1", "eq. at 3 %")))
    for scenario in SCENARIOS:
        data = studies(scenario, count, generator)
        style = data[..., STYLE]
        stops = sample(style, level)
        _, low, high = at_stop(lambda part: location_interval(part, 0.95), style, stops)
        (p,) = at_stop(lambda part: (p_value(part),), style, stops)
        moved = style[: count // 4] + np.log1p(MARGIN)
        (p_moved,) = at_stop(lambda part: (p_value(part),), moved, stops[: count // 4])
        (equal,), (equal_moved,) = (at_stop(inside, part, stops[: count // 4]) for part in (style[: count // 4], moved))
        false = np.mean(PEEKING * p * FAMILY <= FAMILY_ERROR)
        found = PEEKING * p_moved * FAMILY <= FAMILY_ERROR
        _, narrow_low, narrow_high = at_stop(lambda part: location_interval(part, level), style, stops)
        figures = {
            "covers 95": np.mean((low <= 0) & (high >= 0)),
            "false diff": np.mean(PEEKING * p <= FAMILY_ERROR),
            "in family": family_wise(float(false), FAMILY),
            "finds 3 %": np.mean(found),
            "slower": np.mean(found & (equal_moved == 0)),
            "equal at 1": np.mean(equal),
            "eq. at 3 %": np.mean(equal_moved),
        }
        narrow = np.mean((narrow_high - narrow_low) / 2 <= np.log1p(TARGET))
        print(
            f"  {scenario:18} {100 * style.std():10.2f} {stops.mean():10.1f} {np.quantile(stops, 0.9):10.0f}",
            f"{100 * narrow:10.1f}",
            *(f"{100 * figure:10.1f}" for figure in figures.values()),
            flush=True,
        )


def spreads(generator: np.random.Generator, count: int) -> None:
    """Print processes and power by the spread of processes and the size of the family, without a budget."""
    print("\nNormal processes of a known sd, no budget: processes taken, and a true 3 % found within a budget, in %")
    budgets = 20, 30, 40, 60, 80
    print(f"  {'sd':>5} {'family':>6} {'processes':>10} {'(9 of 10)':>10}", *(f"{f'at {b}':>7}" for b in budgets))
    for sd in (0.02, 0.025, 0.03, 0.045):
        for family in (1, 30, 100):
            data = sd * generator.normal(size=(count, 120))
            stops = sample(data, family_confidence(family), batch=2 * BATCH if sd > 0.04 else BATCH)
            power = []
            for budget in budgets:
                (p,) = at_stop(lambda part: (p_value(part + np.log1p(MARGIN)),), data, np.minimum(stops, budget))
                power.append(np.mean(PEEKING * p * family <= FAMILY_ERROR))
            print(
                f"  {sd:5} {family:6} {stops.mean():10.1f} {np.quantile(stops, 0.9):10.0f}",
                *(f"{100 * share:7.1f}" for share in power),
                flush=True,
            )


def one_off(generator: np.random.Generator, count: int) -> None:
    """Print what a wider target (eager and one-off quantities) can say with which margin and which added cost."""
    target, level = 0.05, family_confidence(FAMILY)
    print(f"\nTarget {target:.0%}, normal processes, budget {BUDGET}, {FAMILY} comparisons, in %")
    for sd in (0.03, 0.06, 0.1):
        data = sd * generator.normal(size=(count, BUDGET))
        stops = sample(data, level, target)
        said = []
        for margin in (0.03, 0.05, 0.075):
            _, low, high = at_stop(lambda part: location_interval(part, 0.90), data, stops)
            (p,) = at_stop(lambda part: (p_value(part),), data + np.log1p(margin), stops)
            equal = np.mean((low >= -np.log1p(margin)) & (high <= np.log1p(margin)))
            found = np.mean(PEEKING * p * FAMILY <= FAMILY_ERROR)
            said.append(f"margin {margin:.1%}: equal at 1 {100 * equal:.0f}, finds it {100 * found:.0f}")
        for added in (0.05, 0.1, 0.15):
            _, low, high = at_stop(lambda part: location_interval(part, 0.95), data, stops)
            lost = np.mean(low + np.log1p(added) <= 0)
            said.append(f"positive control of {added:.0%} lost {100 * lost:.1f}")
        print(f"  sd {sd:.0%}, {stops.mean():.1f} processes: ", "; ".join(said), flush=True)


def controls(generator: np.random.Generator, count: int) -> None:
    """Print what each rule for the controls costs and catches; a bias is what every instance but the first has."""
    level = family_confidence(FAMILY)
    half = np.log1p(MARGIN) / 2
    print("\nNegative control, in %: called different, and a false verdict on the style that it did not stop")
    rules: dict[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = {
        "interval excludes 1": lambda centre, low, high, p: (low > 0) | (high < 0),
        "... and beyond half the margin": lambda centre, low, high, p: (
            ((low > 0) | (high < 0)) & (np.abs(centre) > half)
        ),
        "interval beyond half the margin": lambda centre, low, high, p: (low > half) | (high < -half),
        "corrected for the family": lambda centre, low, high, p: p * FAMILY <= FAMILY_ERROR,
    }
    for scenario in ("independent", "bursts", "contaminated", "correlated rounds"):
        data = studies(scenario, count, generator)
        stops = sample(data[..., STYLE], level)
        for bias in (0.0, 0.01, 0.02, 0.03):
            found = at_stop(
                lambda part: (*location_interval(part, 0.95), p_value(part)),
                data[..., CONTROL] + np.log1p(bias),
                stops,
            )
            (p,) = at_stop(lambda part: (p_value(part),), data[..., STYLE] + np.log1p(bias), stops)
            (equal,) = at_stop(inside, data[..., STYLE] + np.log1p(bias), stops)
            false = (PEEKING * p * FAMILY <= FAMILY_ERROR) & (equal == 0)
            said = []
            for name, rule in rules.items():
                alarm = rule(found[0], found[1], found[2], found[3])
                said.append(f"{name} {100 * np.mean(alarm):.1f}, {100 * np.mean(false & ~alarm):.1f}")
            print(f"  {scenario:18} bias {bias:.0%}: ", "; ".join(said), flush=True)
    print(
        f"\nPositive control not found though it is there (tolerance {TOLERANCE:.0%}), and found though it is not, in %"
    )
    for scenario in SCENARIOS[:-2]:
        data = studies(scenario, count, generator)
        stops = sample(data[..., STYLE], level)
        said = []
        for added in (0.05, 0.1):
            lost = []
            for truth in (np.log1p(added), 0.0):
                _, low, high = at_stop(lambda part: location_interval(part, 0.95), data[..., SLOWED] + truth, stops)
                near = low <= np.log1p(added) + np.log1p(TOLERANCE), high >= np.log1p(added) - np.log1p(TOLERANCE)
                lost.append(np.mean((low > 0) & near[0] & near[1]))
            said.append(f"{added:.0%} added: {100 * (1 - lost[0]):.1f}, {100 * lost[1]:.1f}")
        print(f"  {scenario:18}", "; ".join(said), flush=True)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=30000, help="simulated studies in each kind of noise")
    count = parser.parse_args().studies
    generator = np.random.default_rng(20250130)
    start = perf_counter()
    locations(generator)
    intervals(generator)
    sequential(generator, count)
    spreads(generator, count // 12)
    one_off(generator, count // 12)
    controls(generator, count // 12)
    print(f"\n{perf_counter() - start:.0f} seconds; an interval at this level takes", end=" ")
    print(f"{fewest_processes(family_confidence(FAMILY))} processes")


if __name__ == "__main__":
    main()
