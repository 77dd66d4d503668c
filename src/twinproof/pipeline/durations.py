"""What the trials and jobs of a study took, as rows: the seconds, and the bytes that they wrote.

A table of such rows is shipped for planning a first study (estimates.py); measure_durations.py makes it.
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from twinproof.base.reading import ReadingError, read_json

# Seconds are proportional to the product of these settings; for a list, to its length.
WORK = {"learning": ("epochs",), "timing": ("quantities",)}
# Training images of MNIST, without those for validation.
TRAINING_IMAGES = 55_000
# Seconds of a trial: if it claims more, its record is a forgery.
LONGEST = 366 * 24 * 3600


class Duration(NamedTuple):
    """What a trial took (`what` is its probe), or a job without twin (`what` is its rule).

    Seconds of a trial are those of one unit of work (`work`).
    """

    environment: str
    twin: str
    what: str
    seconds: float
    bytes: float


def of_records(paths: Iterable[Path]) -> Iterator[Duration]:
    """Return what the trials of these records took, without the start of their processes."""
    for path in paths:
        try:
            record, size = read_json(path), path.stat().st_size
            cell = (record["environment"], record["twin"], record["probe"])
            if not 0 <= record["seconds"] <= LONGEST:
                continue
            yield Duration(*cell, record["seconds"] / work(record["probe"], record["protocol"]["probe"]), size)
        except (ReadingError, OSError, ArithmeticError, AttributeError, KeyError, TypeError):
            continue  # Its fault is reported elsewhere (record.py).


def work(probe: str, settings: dict[str, Any]) -> float:
    """Return the amount of work that the settings of a probe mean, in units that are the same for all its trials."""
    asked = (settings[name] for name in WORK.get(probe, ()))
    share = settings["images"] / TRAINING_IMAGES if probe == "learning" and "images" in settings else 1.0
    return share * math.prod(len(value) if isinstance(value, list) else value for value in asked)


def typical(durations: Iterable[Duration]) -> list[Duration]:
    """Return the medians of durations of the same kind."""
    alike = defaultdict(list)
    for one in durations:
        alike[one[:3]].append(one)
    return [
        Duration(*key, round(median(one.seconds for one in own), 3), round(median(one.bytes for one in own)))
        for key, own in sorted(alike.items())
    ]


def as_csv(durations: Iterable[Duration]) -> str:
    """Return a table with a row for each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Duration._fields)
    writer.writerows(durations)
    return text.getvalue()


def from_csv(path: Path) -> list[Duration]:
    """Return the rows of such a table."""
    with path.open(newline="") as file:
        return [
            Duration(row["environment"], row["twin"], row["what"], float(row["seconds"]), float(row["bytes"]))
            for row in csv.DictReader(file)
        ]
