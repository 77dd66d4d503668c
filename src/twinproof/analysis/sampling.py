"""Are the timings narrow enough, or are more processes to be measured?

Usage: python -m twinproof.analysis.sampling --results results --environment tf2.21-cpu --twin dynamic --processes 12
       --output results/timing/tf2.21-cpu/dynamic/12.json

Only the width of the intervals is looked at, never where they lie: so that stopping early favours no answer.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TypedDict

from twinproof.analysis.plausibility import contradictions, foreign
from twinproof.analysis.quantities import CONTROLS, kind
from twinproof.analysis.rows.timing import log_ratios, timing_processes
from twinproof.analysis.statistics.ratios import decided, family_confidence
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import MissingError, read_json
from twinproof.study.params import Params, read_params
from twinproof.study.record import Record, read_record
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_cells


class Decision(TypedDict):
    """How many processes there are, how many there are to be next (None: enough), and what is too wide yet."""

    processes: int
    next: int | None
    wide: list[str]
    sampling: object


def timed(params: Params) -> list[tuple[str, str]]:
    """Return the environments and twins that are timed."""
    return [(environment, twin) for environment, twin, probe in list_cells(params) if probe == Probe.TIMING]


def decide(params: Params, records: list[Record]) -> Decision:
    """Decide from the records of one twin how many processes there are to be."""
    count, sampling = len(records), params.timing.sampling
    rows = (row for record in records for row in timing_processes(record))
    ratios = log_ratios((row.style, row.quantity, row.log_ratio) for row in rows)
    compared = {key: values for key, values in ratios.items() if key[0] not in CONTROLS}
    # The family of the whole study, were every twin like this one.
    confidence = family_confidence(max(1, len(compared)) * len(timed(params)))
    wide = [
        f"{style} {quantity}"
        for (style, quantity), values in sorted(compared.items())
        if not decided(values, sampling.half_width.of(kind(quantity)), confidence)
    ]
    more = min(count + sampling.add, sampling.most)
    next_count = more if wide and more > count else None
    return {"processes": count, "next": next_count, "wide": wide, "sampling": asdict(sampling)}


def counts(params: Params, results: Path, environment: str, twin: str) -> Iterator[int]:
    """Yield how many processes of a timing there are to be at first, and next, each as was decided from those before.

    Raises
    ------
    UserError
        If that is not decided yet, or was for other targets than the present ones.
    """
    sampling = params.timing.sampling
    count: int | None = params.timing.replicates
    while count is not None:
        yield count
        path = Results(results).decision(environment, twin, count)
        try:
            decision = read_json(path)
        except MissingError:
            raise UserError(f"{path}: no such decision; run `snakemake --cores all timing`") from None
        if not isinstance(decision, dict) or decision.get("sampling") != asdict(sampling):
            raise UserError(f"{path}: decided under another `sampling`; run `snakemake --cores all timing`")
        following = decision.get("next")
        if following is not None and not (type(following) is int and count < following <= sampling.most):
            raise UserError(
                f"{path}: next: {following!r}; allowed: null, or a number of processes above {count} and up to "
                f"{sampling.most}; remove it, and run `snakemake --cores all timing`"
            )
        count = following


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Decide from the records of one twin whether more processes are to be measured."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.analysis.sampling", description=main.__doc__)
    parser.add_argument("--results", type=Path, required=True, help="the folder with params.yaml and trials")
    parser.add_argument("--environment", required=True)
    parser.add_argument("--twin", required=True)
    parser.add_argument("--processes", type=int, required=True, help="how many processes there are")
    parser.add_argument("--output", type=Path, required=True, help="where to write the decision")
    options = parser.parse_args(arguments)
    params = read_params(Results(options.results).params)
    trials = [Trial(options.environment, options.twin, Probe.TIMING, number) for number in range(options.processes)]
    records = []
    for path in map(Results(options.results).record, trials):
        records.append(record := read_record(path))
        if fault := next(chain(foreign(record), contradictions(record)), None):
            raise UserError(f"{path}: {fault}; it was edited: remove it, and the next run measures this trial again")
    decision = decide(params, records)
    write_whole(options.output, json.dumps(decision, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
