"""Does the timing of a twin have all its verdicts? If not, how many more processes are needed, for which quantities?

Usage: python -m twinproof.analysis.sampling --results results --environment tf2.21-cpu --twin dynamic --processes 13
       --output results/timing/tf2.21-cpu/dynamic/13.json

A quantity with its verdicts is not measured again, nor one that would need more processes than the parameters allow.
Verdicts are corrected for each look that is taken here.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TypedDict, cast

from twinproof.analysis.family import STYLES, family_of
from twinproof.analysis.plausibility import contradictions, foreign
from twinproof.analysis.quantities import CONTROLS, PARTS, in_order
from twinproof.analysis.rows.timing import known_costs, log_ratios, timing_processes
from twinproof.analysis.statistics.ratios import CONFIDENCE, decided, needed_for_verdict, needed_processes
from twinproof.analysis.verdicts.timing import control_differs, control_found
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import MissingError, read_json
from twinproof.study.params import Params, read_params
from twinproof.study.record import Record, read_record
from twinproof.study.results import Results
from twinproof.study.settings import Probe, kind
from twinproof.study.trial import Trial


class Decision(TypedDict):
    """How many processes there are, how many there will be next (None: enough), and which quantities they measure.

    `out_of_reach` are open too, but would need more processes than are allowed.
    """

    processes: int
    next: int | None
    open: list[str]
    out_of_reach: list[str]
    sampling: object


def decide(params: Params, records: list[Record]) -> Decision:
    """Decide from the records of one twin how many processes are needed, and what the next ones measure."""
    count, sampling = len(records), params.timing.sampling
    rows = [row for record in records for row in timing_processes(record)]
    ratios = log_ratios((row.style, row.quantity, row.log_ratio) for row in rows)
    added = known_costs((row.quantity, row.added) for row in rows)
    confidence = family_of(params).confidence

    def needed(style: str, quantity: str) -> int:
        """Return how many processes would give the style its verdict and show the controls; 0 if these do."""
        margin, known = sampling.margin.of(kind(quantity)), added.get(quantity)
        control, slowed = (ratios.get((name, quantity), []) for name in CONTROLS)
        found, told = control_found(slowed, known, margin), decided(ratios[style, quantity], margin, confidence)
        if found and told and not control_differs(control, margin):
            return 0
        numbers = [count + 1]
        if not told:
            numbers.append(needed_for_verdict(ratios[style, quantity], margin, confidence))
        if not found and known:
            numbers.append(needed_processes(slowed, math.log1p(known), CONFIDENCE))
        return max(numbers)

    compared = {key: needed(*key) for key in ratios if key[0] in STYLES and key[1] not in PARTS}
    within = {quantity for (_, quantity), number in compared.items() if 0 < number <= sampling.most}
    beyond = {quantity for (_, quantity), number in compared.items() if number > sampling.most} - within
    more = min(count + sampling.add, sampling.most)
    return {
        "processes": count,
        "next": more if within and more > count else None,
        "open": in_order(within),
        "out_of_reach": in_order(beyond),
        "sampling": asdict(sampling),
    }


def counts(params: Params, results: Path, environment: str, twin: str) -> Iterator[int]:
    """Yield the number of processes of a timing, first the initial one, then each that was decided from those before.

    Raises
    ------
    UserError
        If that is not decided yet, or was decided under other parameters.
    """
    count: int | None = params.timing.replicates
    while count is not None:
        yield count
        count = _read(params, results, environment, twin, count)["next"]


def asked_of(params: Params, results: Path, environment: str, twin: str, replicate: int) -> list[str]:
    """Return the quantities that a process must measure: all at first, then those that were open when it was added.

    Raises
    ------
    UserError
        As `counts`.
    """
    quantities = list(params.timing.quantities)
    for count in counts(params, results, environment, twin):
        if replicate < count:
            break
        quantities = _read(params, results, environment, twin, count)["open"] or quantities
    return quantities


def _read(params: Params, results: Path, environment: str, twin: str, count: int) -> Decision:
    """Return the decision after this number of processes."""
    timing, path = params.timing, Results(results).decision(environment, twin, count)
    try:
        decision = read_json(path)
    except MissingError:
        raise UserError(f"{path}: no such decision; run `snakemake --cores all timing`") from None
    if not isinstance(decision, dict) or decision.get("sampling") != asdict(timing.sampling):
        raise UserError(f"{path}: decided under another `sampling`; run `snakemake --cores all timing`")
    following, quantities = decision.get("next"), decision.get("open")
    remedy = "remove it, and run `snakemake --cores all timing`"
    if following is not None and not (type(following) is int and count < following <= timing.sampling.most):
        raise UserError(
            f"{path}: next: {following!r}; allowed: null, or a number of processes above {count} and up to "
            f"{timing.sampling.most}; {remedy}"
        )
    if not isinstance(quantities, list) or not set(map(str, quantities)) <= set(timing.quantities):
        raise UserError(f"{path}: open: {quantities!r}; allowed: some of {', '.join(timing.quantities)}; {remedy}")
    return cast(Decision, decision)


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Decide from the records of one twin whether more processes are needed, and what they measure."""
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
