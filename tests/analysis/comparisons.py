"""Made-up comparisons of a style with functional, fair unless something is changed."""

import math
from typing import Any

import numpy as np
from scipy import stats

from twinproof.analysis.verdicts.timing import Comparison


def spread(centre: float, sd: float = 0.02, processes: int = 24) -> list[float]:
    """Perfectly regular log-ratios: the quantiles of a normal distribution."""
    return [float(value) for value in centre + sd * stats.norm.ppf((np.arange(processes) + 0.5) / processes)]


def comparison(**change: Any) -> Comparison:
    fair: dict[str, Any] = {
        "environment": "tf2.21-cpu",
        "twin": "simple",
        "style": "subclassed",
        "quantity": "predict",
        "log_ratios": spread(0),
        "control": spread(0),
        "slowed": spread(math.log(1.05)),
        "added": 0.05,
        "gate": "bit-equal",
        "machines": ["here, 2 threads"],
        "margin": 0.03,
    }
    return Comparison(**fair | change)
