"""Simulated timings in nine kinds of noise, where the truth is known: no style takes longer than another."""

import numpy as np
from numpy.typing import NDArray

from twinproof.analysis.statistics.ratios import process_log_ratio

Floats = NDArray[np.float64]

BUDGET, ROUNDS = 40, 40
STYLE, CONTROL, SLOWED = range(3)
SPREAD = 0.02  # between the instances of a process: the sd of a log-ratio of two of them
SCENARIOS = [
    "independent", "drift", "bursts", "t with 3 df", "contaminated", "correlated rounds", "skewed", "skewed style",
    "neighbour",
]  # fmt: skip


def slowness(scenario: str, processes: int, slots: int, generator: np.random.Generator) -> Floats:
    """Return the logarithm of how slow the machine is in each slot, one measurement a slot."""
    normal = generator.normal(size=(processes, slots))
    if scenario == "drift":
        ramp = np.linspace(-0.5, 0.5, slots) * generator.normal(0, 0.3, (processes, 1))
        return ramp + np.cumsum(0.01 * normal, axis=1)
    if scenario in ("bursts", "neighbour"):
        # Bursts of 3 rounds on average, in about a fifth of the time; half as slow again, and unsteady.
        burst, state = np.zeros((processes, slots), bool), np.zeros(processes, bool)
        for slot in range(slots):
            chance = generator.random(processes)
            burst[:, slot] = state = np.where(state, chance > 1 / 12, chance < 0.02)
        return np.where(burst, 0.4 + 0.2 * normal, 0)
    if scenario == "correlated rounds":
        return 0.08 * autoregressive(normal, 0.95)
    return np.zeros((processes, slots))


def autoregressive(noise: Floats, keep: float) -> Floats:
    """Turn independent standard noise into noise that keeps `keep` of itself from one to the next along axis 1."""
    for index in range(1, noise.shape[1]):
        noise[:, index] = keep * noise[:, index - 1] + np.sqrt(1 - keep**2) * noise[:, index]
    return noise


def log_seconds(scenario: str, processes: int, generator: np.random.Generator, spread: float = SPREAD) -> Floats:
    """Return the logarithms of seconds, shape (processes, rounds, 4): functional, style, control, slowed; no effect."""
    shape = (processes, ROUNDS, 4)
    machine = slowness(scenario, processes, ROUNDS * 4, generator)
    order = np.argsort(generator.random(shape), axis=-1)
    slot = np.arange(ROUNDS)[:, None] * 4 + order
    seconds = np.take_along_axis(machine, slot.reshape(processes, -1), axis=1).reshape(shape)
    instances = generator.normal(size=(processes, 1, 4))
    noise = 0.05 * generator.normal(size=shape)
    if scenario == "t with 3 df":
        instances = generator.standard_t(3, (processes, 1, 4))
        noise = 0.04 * generator.standard_t(3, shape)
    elif scenario == "contaminated":
        instances *= np.where(generator.random(instances.shape) < 0.08, 6, 1)
        noise += np.where(generator.random(shape) < 0.1, np.log1p(generator.exponential(0.7, shape)), 0)
    elif scenario == "correlated rounds":
        noise = 0.03 * autoregressive(generator.normal(size=shape), 0.9)
    elif scenario == "skewed":
        instances = generator.exponential(size=instances.shape)
        noise = 0.06 * generator.exponential(size=shape)
    elif scenario == "skewed style":
        instances[..., 1] = 1.7 * generator.exponential(size=(processes, 1))
    elif scenario == "neighbour":
        instances *= 2
    return seconds + spread / np.sqrt(2) * instances + noise


def pool(scenario: str, generator: np.random.Generator, processes: int = 6000) -> Floats:
    """Return log-ratios to functional of many processes, shape (processes, 3): style, control, slowed; no effect."""
    seconds = np.exp(log_seconds(scenario, processes, generator))
    ratios = [[process_log_ratio(own[:, which], own[:, 0]) for which in (1, 2, 3)] for own in seconds]
    found = np.array(ratios)
    # The ratio of a skewed style is where its own location lies; the others are symmetric about 0.
    if scenario == "skewed style":
        found[:, STYLE] -= np.median(generator.choice(found[:, STYLE], (2_000_000, 2)).mean(axis=1))
    return found


def studies(scenario: str, count: int, generator: np.random.Generator) -> Floats:
    """Return log-ratios of many studies, shape (studies, BUDGET, 3)."""
    processes = pool(scenario, generator)
    drawn = processes[generator.integers(len(processes), size=(count, BUDGET))]
    if scenario != "neighbour":
        return drawn
    # A neighbour who comes for 5 processes on average, and is away for 8.
    quiet = pool("independent", generator)
    quiet = quiet[generator.integers(len(quiet), size=(count, BUDGET))]
    busy, state = np.zeros((count, BUDGET), bool), generator.random(count) < 5 / 13
    for process in range(BUDGET):
        chance = generator.random(count)
        busy[:, process] = state = np.where(state, chance > 1 / 5, chance < 1 / 8)
    return np.where(busy[..., None], drawn, quiet)
