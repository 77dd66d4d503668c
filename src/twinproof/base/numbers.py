"""Numbers as a person reads them: in tables, sentences, charts and forecasts."""

from __future__ import annotations

import math


def amount(value: float, unit: str) -> str:
    """Return seconds or bytes with three digits and the unit that suits them: 0.00123 seconds are 1.23 ms."""
    if value < 0:
        return f"\N{MINUS SIGN}{amount(-value, unit)}"
    step, units = (1024.0, ["B", "KiB", "MiB", "GiB"]) if unit == "bytes" else (1000.0, ["ns", "µs", "ms", "s"])
    size = value if unit == "bytes" else value * 1e9
    # Where rounding would give four digits, the next unit begins.
    while size >= step * 0.9995 and len(units) > 1:
        size, units = size / step, units[1:]
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    return f"{size:,.{digits}f} {units[0]}"


def interval(low: float, high: float) -> str:
    """Return the interval of a ratio in brackets; it may be missing, or infinite if there were too few processes."""
    if not is_finite(low, high):
        return "no interval: too few processes"
    return f"[{low:.3f}, {high:.3f}]"


def is_finite(low: float | None, high: float | None) -> bool:
    """Return whether a ratio has an interval with two finite ends."""
    return low is not None and high is not None and low > 0 and math.isfinite(high)


def half_width(low: float, high: float) -> str:
    """Return half the width of the interval of a ratio, as a share of it."""
    return f"\N{PLUS-MINUS SIGN}{percent(math.sqrt(high / low) - 1)}"


def percent(share: float) -> str:
    """Return a share in percent, with one decimal at most; the sign stays on the line of its number."""
    return f"{round(100 * share, 1):g}\N{NO-BREAK SPACE}%"


def counted(count: int, noun: str) -> str:
    """Write a number and the noun that it counts, which has a regular plural."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(seconds: float) -> str:
    """Return seconds as people say them: 59 s, 12 min, 3 h 5 min, 2.1 days."""
    minutes = seconds / 60
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes:.0f} min"
    return f"{minutes // 60:.0f} h {minutes % 60:.0f} min" if minutes < 60 * 48 else f"{minutes / 60 / 24:.1f} days"


def size(count: float) -> str:
    """Return bytes in powers of 1000, as disks are sold: 1.5 MB."""
    power = min(int(math.log(max(count, 1), 1000)), 4)
    return f"{count / 1000**power:.{0 if power < 2 else 1}f} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"
