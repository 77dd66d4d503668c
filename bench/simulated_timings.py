"""Simulated timings in many kinds of noise, where the truth is known: no style takes longer than another."""

import numpy as np
from numpy.typing import NDArray

from twinproof.analysis.statistics.ratios import location_interval

Floats = NDArray[np.float64]

STYLE, CONTROL, SLOWED = range(3)
# Measured for `train_step`: the log-ratio of a round varies by 11 to 16 %, that of a process by a further 0 to 3 %.
ROUND, PROCESS = 0.13, 0.015
# If two instances cost the same, rounds are symmetric, whatever the noise.
SCENARIOS = [
    "independent", "drift", "bursts", "t with 3 df", "contaminated", "correlated rounds", "skewed rounds",
    "skewed processes", "neighbour", "skewed style", "AR(1) 0.1", "AR(1) 0.3", "AR(1) 0.5",
]  # fmt: skip
# Nothing is guaranteed for these: processes that depend on each other, or a style whose noise has one long tail.
BREAKING = SCENARIOS[-4:]


def slowness(scenario: str, processes: int, slots: int, generator: np.random.Generator) -> Floats:
    """Return the logarithm of how slow the machine is in each slot, one measurement per slot."""
    normal = generator.normal(size=(processes, slots))
    if scenario == "drift":
        ramp = np.linspace(-0.5, 0.5, slots) * generator.normal(0, 0.3, (processes, 1))
        return ramp + np.cumsum(0.01 * normal, axis=1)
    if scenario in ("bursts", "neighbour"):
        # Bursts of 3 rounds on average, in about a fifth of the time: 1.5 times as slow, and unsteady.
        burst, state = np.zeros((processes, slots), bool), np.zeros(processes, bool)
        for slot in range(slots):
            chance = generator.random(processes)
            burst[:, slot] = state = np.where(state, chance > 1 / 12, chance < 0.02)
        return np.where(burst, 0.4 + 0.2 * normal, 0)
    if scenario == "correlated rounds":
        return 0.1 * autoregressive(normal, 0.95)
    return np.zeros((processes, slots))


def autoregressive(noise: Floats, keep: float) -> Floats:
    """Turn independent standard noise into autoregressive noise with the coefficient `keep`, along axis 1."""
    for index in range(1, noise.shape[1]):
        noise[:, index] = keep * noise[:, index - 1] + np.sqrt(1 - keep**2) * noise[:, index]
    return noise


def log_seconds(
    scenario: str,
    processes: int,
    rounds: int,
    generator: np.random.Generator,
    spread: float = PROCESS,
    noise: float = ROUND,
) -> Floats:
    """Return the logarithms of seconds, shape (processes, rounds, 4): functional, style, control, slowed; no effect.

    With plain noise, `spread` is the sd of the log-ratio of two instances, and `noise` is the sd that a round adds.
    """
    shape = (processes, rounds, 4)
    machine = slowness(scenario, processes, rounds * 4, generator)
    order = np.argsort(generator.random(shape), axis=-1)
    slot = np.arange(rounds)[:, None] * 4 + order
    seconds = np.take_along_axis(machine, slot.reshape(processes, -1), axis=1).reshape(shape)
    instances, own = generator.normal(size=(processes, 1, 4)), generator.normal(size=shape)
    if scenario == "t with 3 df":
        instances, own = generator.standard_t(3, instances.shape), generator.standard_t(3, shape)
    elif scenario == "contaminated":
        instances *= np.where(generator.random(instances.shape) < 0.08, 6, 1)
        own += np.where(generator.random(shape) < 0.1, generator.exponential(8, shape), 0)
    elif scenario == "correlated rounds":
        own = autoregressive(own, 0.9)
    elif scenario == "skewed rounds":
        own = generator.exponential(size=shape)
    elif scenario == "skewed processes":
        instances = generator.exponential(size=instances.shape)
    elif scenario == "skewed style":
        instances[..., 1] = 2 * generator.exponential(size=(processes, 1))
    elif scenario == "neighbour":
        instances *= 2
    return seconds + (spread * instances + noise * own) / np.sqrt(2)


def pool(scenario: str, rounds: int, generator: np.random.Generator, processes: int = 6000, **sizes: float) -> Floats:
    """Return log-ratios to functional of many processes, shape (processes, 3): style, control, slowed; no effect."""
    seconds = log_seconds(scenario, processes, rounds, generator, **sizes)
    found = np.stack([located(seconds[..., which] - seconds[..., 0]) for which in (1, 2, 3)], axis=-1)
    # The ratio of a skewed style is its own location; the others are symmetric about 0.
    if scenario == "skewed style":
        found[:, STYLE] -= np.median(generator.choice(found[:, STYLE], (2_000_000, 2)).mean(axis=1))
    return found


def located(log_ratios: Floats) -> Floats:
    """Return the location of each process's rounds, like `process_log_ratio`; the shape is (processes, rounds)."""
    parts = [location_interval(log_ratios[start : start + 1000], 0.5)[0] for start in range(0, len(log_ratios), 1000)]
    return np.concatenate(parts)


def studies(
    scenario: str, count: int, most: int, rounds: int, generator: np.random.Generator, **sizes: float
) -> Floats:
    """Return log-ratios of the processes of many studies, shape (count, most, 3)."""
    if scenario.startswith("AR(1)"):
        sd = pool("independent", rounds, generator, **sizes).std()
        keep = float(scenario.split()[1])
        return sd * np.stack([autoregressive(generator.normal(size=(count, most)), keep) for _ in range(3)], axis=-1)
    processes = pool(scenario, rounds, generator, **sizes)
    drawn = processes[generator.integers(len(processes), size=(count, most))]
    if scenario != "neighbour":
        return drawn
    # A noisy neighbour, who stays for 5 processes on average, and is away for 8.
    quiet = pool("independent", rounds, generator, **sizes)
    quiet = quiet[generator.integers(len(quiet), size=(count, most))]
    busy, state = np.zeros((count, most), bool), generator.random(count) < 5 / 13
    for process in range(most):
        chance = generator.random(count)
        busy[:, process] = state = np.where(state, chance > 1 / 5, chance < 1 / 8)
    return np.where(busy[..., None], drawn, quiet)
