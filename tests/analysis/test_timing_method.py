"""Does the method hold, where the truth is known? bench/method.py asks the same at length."""

import math

import numpy as np
import pytest

from twinproof.analysis.statistics.ratios import (
    FAMILY_ERROR,
    MARGIN,
    PEEKING,
    TARGET,
    equivalent,
    family_confidence,
    location_interval,
    p_value,
    process_log_ratio,
    ratio_interval,
)
from twinproof.analysis.verdicts.timing import judge

from .comparisons import comparison

FAMILY, FIRST, BATCH, BUDGET, STUDIES = 30, 12, 4, 40, 1500


def processes(noise: str, generator: np.random.Generator) -> np.ndarray:
    """Log-ratios with no effect, shape (studies, budget), of an sd of 0.02 to 0.03 without its tails."""
    size = STUDIES, BUDGET
    if noise == "heavy tails":
        return 0.018 * generator.standard_t(3, size)
    if noise == "contaminated":
        return 0.02 * generator.normal(size=size) * np.where(generator.random(size) < 0.08, 6, 1)
    if noise == "skewed instances":
        return 0.02 * (generator.exponential(size=size) - generator.exponential(size=size))
    if noise == "some processes noisy":
        return 0.018 * generator.normal(size=size) * np.exp(0.5 * generator.normal(size=(1, BUDGET)))
    return 0.025 * generator.normal(size=size)


def stopped(log_ratios: np.ndarray) -> list[np.ndarray]:
    """Sample each study until its interval is narrow enough, as a study of 30 comparisons does."""
    confidence, rest, found = family_confidence(FAMILY), log_ratios, []
    for number in range(FIRST, BUDGET + 1, BATCH):
        _, low, high = location_interval(rest[:, :number], confidence)
        narrow = ((high - low) / 2 <= np.log1p(TARGET)) | (number == BUDGET)
        found.append(rest[narrow, :number])
        rest = rest[~narrow]
    return [group for group in found if len(group)]


@pytest.mark.parametrize("noise", ["normal", "heavy tails", "contaminated", "skewed instances", "some processes noisy"])
def test_the_method_keeps_its_promises_in_simulated_studies(noise):
    groups = stopped(processes(noise, np.random.default_rng(20250130)))
    covers, alone, alarms, finds, equal = [], [], [], [], []
    for group in groups:
        _, low, high = location_interval(group, 0.95)
        covers.extend((low <= 0) & (high >= 0))
        alone.extend(PEEKING * p_value(group) <= FAMILY_ERROR)
        alarms.extend(PEEKING * FAMILY * p_value(group) <= FAMILY_ERROR)
        finds.extend(PEEKING * FAMILY * p_value(group + np.log1p(MARGIN)) <= FAMILY_ERROR)
        equal.extend(equivalent(list(values)) for values in group)
    assert np.mean(covers) >= 0.93
    assert np.mean(alone) <= 0.05
    # 2.5 false alarms are expected at most; more than 8 come by chance once in 1,000 runs.
    assert np.sum(alarms) <= 8
    assert np.mean(finds) >= 0.90
    assert np.mean(equal) >= 0.95


def test_studies_of_equal_styles_seldom_cry_wolf_and_seldom_lose_a_verdict():
    generator = np.random.default_rng(11)
    verdicts = []
    for _ in range(60):
        # Functional, style, control and slowed: 24 processes of each of 30 comparisons; all share functional.
        instances = 0.018 * generator.standard_t(5, (FAMILY, 4, 24))
        style, control, slowed = (instances[:, which] - instances[:, 0] for which in (1, 2, 3))
        study = [
            comparison(log_ratios=style[index], control=control[index], slowed=slowed[index] + math.log(1.05))
            for index in range(FAMILY)
        ]
        verdicts.append([found.verdict for found in judge(study)])
    assert sum({"faster", "slower"} & set(study) != set() for study in verdicts) <= 8
    assert np.mean(np.array(verdicts) == "no verdict") <= 0.03
    assert np.mean(np.array(verdicts) == "equivalent") >= 0.9


def test_a_difference_at_the_margin_is_seldom_called_equivalent():
    groups = stopped(processes("normal", np.random.default_rng(3)) + np.log1p(MARGIN))
    assert np.mean([equivalent(list(values)) for group in groups for values in group]) <= 0.075


def test_rounds_of_a_whole_process_with_drift_and_bursts_give_an_unbiased_ratio():
    generator = np.random.default_rng(5)
    found = []
    for _ in range(400):
        machine = 1 + np.cumsum(np.abs(generator.normal(0, 0.01, 80))) + (generator.random(80) < 0.2)
        order = generator.permuted(np.tile([0, 1], (40, 1)), axis=1)
        slot = 2 * np.arange(40)[:, None] + order
        seconds = machine[slot] * np.exp(generator.normal(0, 0.03, (40, 2)))
        found.append(process_log_ratio(1.05 * seconds[:, 0], seconds[:, 1]))
    ratio = ratio_interval(found, 0.999)
    assert ratio.low < 1.05 < ratio.high
    assert ratio.high - ratio.low < 0.02
