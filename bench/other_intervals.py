"""Intervals that were tried in place of signed ranks."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


def student(data: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return the mean and its interval."""
    number = data.shape[1]
    mean = data.mean(axis=1)
    half = stats.t.ppf((1 + confidence) / 2, number - 1) * data.std(axis=1, ddof=1) / np.sqrt(number)
    return mean, mean - half, mean + half


def huber(data: Floats, confidence: float, cut: float = 1.5) -> tuple[Floats, Floats, Floats]:
    """Return Huber's M-estimate (scale: MAD) and its interval by t quantiles."""
    number = data.shape[1]
    centre = np.median(data, axis=1, keepdims=True)
    scale = 1.4826 * np.median(np.abs(data - centre), axis=1, keepdims=True) + 1e-12
    for _ in range(30):
        residual = (data - centre) / scale
        within = np.maximum((np.abs(residual) <= cut).mean(axis=1, keepdims=True), 0.5)
        centre = centre + scale * np.clip(residual, -cut, cut).mean(axis=1, keepdims=True) / within
    residual = (data - centre) / scale
    variance = (np.clip(residual, -cut, cut) ** 2).sum(axis=1) / (number - 1)
    error = scale[:, 0] * np.sqrt(variance / number) / (np.abs(residual) <= cut).mean(axis=1)
    half = stats.t.ppf((1 + confidence) / 2, number - 1) * error
    return centre[:, 0], centre[:, 0] - half, centre[:, 0] + half


def bootstrap(data: Floats, method: str, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the 95 % bootstrap interval of the mean trimmed by 20 %, by a method of SciPy."""
    found = stats.bootstrap((data,), _middle, axis=1, method=method, n_resamples=500, batch=50, rng=generator)
    return found.confidence_interval.low, found.confidence_interval.high


def _middle(data: Floats, axis: int) -> Floats:
    return np.asarray(stats.trim_mean(data, 0.2, axis=axis))


def studentized_bootstrap(data: Floats, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the 95 % studentized bootstrap interval of the mean trimmed by 20 %."""
    mean, error = _trimmed(data)
    drawn = []
    for _ in range(400):
        again, its_error = _trimmed(_resample(data, generator))
        drawn.append((again - mean) / np.maximum(its_error, 1e-9))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return mean - high * error, mean - low * error


def _trimmed(data: Floats) -> tuple[Floats, Floats]:
    number = data.shape[1]
    cut = number // 5
    ordered = np.sort(data, axis=1)
    mean = ordered[:, cut : number - cut].mean(axis=1)
    winsorized = np.clip(ordered, ordered[:, [cut]], ordered[:, [number - cut - 1]])
    return mean, winsorized.std(axis=1, ddof=1) / ((1 - 2 * cut / number) * np.sqrt(number))


def _resample(data: Floats, generator: np.random.Generator) -> Floats:
    return np.take_along_axis(data, generator.integers(data.shape[1], size=data.shape), axis=1)
