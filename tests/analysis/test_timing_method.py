"""Does the method hold where the truth is known? bench/method.py asks the same in more detail."""

import math

import numpy as np
import pytest
import yaml

from tests.copies import REPOSITORY
from twinproof.analysis.family import family_of
from twinproof.analysis.statistics.ratios import location_interval, process_log_ratio, ratio_interval
from twinproof.analysis.verdicts.timing import judge
from twinproof.study.params import Params

from .comparisons import comparison

# The design of the profile `full`, which adds processes while a verdict is open.
SHIPPED, FULL = (
    yaml.safe_load((REPOSITORY / path).read_text()) for path in ("params.yaml", "workflow/profiles/full/params.yaml")
)
SHIPPED["timing"]["sampling"] |= FULL["timing"]["sampling"]
PARAMS = Params.parse(SHIPPED)
TIMING, FAMILY = PARAMS.timing, family_of(PARAMS)
LOOKS = [*range(TIMING.replicates, TIMING.sampling.most, TIMING.sampling.add), TIMING.sampling.most]
EDGE = math.log1p(TIMING.sampling.margin.steady)
STUDIES = 1500


def processes(noise: str, generator: np.random.Generator) -> np.ndarray:
    """Log-ratios with no effect, shape (studies, processes), with an sd of 0.02 to 0.03 apart from the tails."""
    size = STUDIES, LOOKS[-1]
    if noise == "heavy tails":
        return 0.016 * generator.standard_t(3, size)
    if noise == "contaminated":
        return 0.018 * generator.normal(size=size) * np.where(generator.random(size) < 0.06, 6, 1)
    if noise == "skewed instances":
        return 0.018 * (generator.exponential(size=size) - generator.exponential(size=size))
    if noise == "some processes noisy":
        return 0.018 * generator.normal(size=size) * np.exp(0.5 * generator.normal(size=(1, LOOKS[-1])))
    return 0.025 * generator.normal(size=size)


def stopped(log_ratios: np.ndarray) -> list[np.ndarray]:
    """Sample each study until its corrected interval has a verdict; return studies grouped by when they ended."""
    rest, found = log_ratios, []
    for number in LOOKS:
        _, low, high = location_interval(rest[:, :number], FAMILY.confidence)
        told = (low > 0) | (high < 0) | ((low >= -EDGE) & (high <= EDGE)) | (number == LOOKS[-1])
        found.append(rest[told, :number])
        rest = rest[~told]
    return [group for group in found if len(group)]


def verdicts(log_ratios: np.ndarray) -> dict[str, float]:
    """Return how often each verdict is reached."""
    different = equivalent = 0
    for group in stopped(log_ratios):
        _, low, high = location_interval(group, FAMILY.confidence)
        inside = (low >= -EDGE) & (high <= EDGE)
        equivalent += np.sum(inside)
        different += np.sum(~inside & ((low > 0) | (high < 0)))
    return {"different": different / len(log_ratios), "equivalent": equivalent / len(log_ratios)}


@pytest.mark.parametrize("noise", ["normal", "heavy tails", "contaminated", "skewed instances", "some processes noisy"])
def test_the_method_keeps_its_promises_in_simulated_studies(noise):
    """At most 0.05 false verdicts of each kind would be expected if a study had only these 1,500 comparisons."""
    data = processes(noise, np.random.default_rng(20250130))
    covers = np.concatenate(
        [(low <= 0) & (high >= 0) for _, low, high in (location_interval(group, 0.95) for group in stopped(data))]
    )
    assert np.mean(covers) >= 0.92
    most = 5 / STUDIES  # expected: 1.1; more than 5 come by chance once in 1,000 runs
    assert verdicts(data)["different"] <= most
    at_the_margin = verdicts(data + EDGE)
    assert at_the_margin["equivalent"] <= most
    assert at_the_margin["different"] >= 0.9
    assert verdicts(data)["equivalent"] >= 0.6


def test_dependent_processes_break_the_promise():
    """No rule can correct this noise, which bench/method.py prints: each process is half like the one before."""
    data = processes("normal", np.random.default_rng(5))
    for number in range(1, data.shape[1]):
        data[:, number] = 0.5 * data[:, number - 1] + math.sqrt(0.75) * data[:, number]
    _, low, high = location_interval(data, 0.95)
    assert np.mean((low <= 0) & (high >= 0)) < 0.85


def test_studies_of_equal_styles_seldom_cry_wolf_and_seldom_lose_a_verdict():
    generator = np.random.default_rng(11)
    found = []
    for _ in range(60):
        # Functional, style, control and slowed: all processes of each of 30 comparisons; all share functional.
        instances = 0.013 * generator.standard_t(5, (30, 4, LOOKS[-1]))
        style, control, slowed = (instances[:, which] - instances[:, 0] for which in (1, 2, 3))
        found.append(
            [
                judge(
                    comparison(log_ratios=style[index], control=control[index], slowed=slowed[index] + math.log(1.05)),
                    FAMILY,
                ).verdict
                for index in range(30)
            ]
        )
    assert sum({"faster", "slower"} & set(study) != set() for study in found) <= 8
    assert np.mean(np.array(found) == "no verdict") <= 0.03
    assert np.mean(np.array(found) == "equivalent") >= 0.9


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
