"""Cries of wolf: real timing trials of a twin whose two styles are the same code, judged as a study is.

Every "faster" or "slower" is false. The trials are cut into consecutive studies with the same number of processes.
"""

import argparse
import math
from collections import Counter
from statistics import median

import pandas as pd
from scipy.stats import binomtest
from side_by_side import ENVIRONMENT, ask_for_timing, repository_copy, timing_trial

from twinproof.analysis.columns import COLUMNS
from twinproof.analysis.statistics.ratios import Family, fewest_processes
from twinproof.analysis.tables import Rows
from twinproof.analysis.verdicts.timing_table import TimingRow, timing_rows
from twinproof.analysis.words import TimingVerdict
from twinproof.base.words import Identity
from twinproof.study.params import Params

TWIN = "alike"
MODULE = "from twinproof.measured.twins.dynamic import functional\n\nsubclassed = functional\n"
QUANTITIES = ["train_step", "call", "compiled_call"]
# With fewer processes, no interval has an end: nobody would cry wolf, whatever was measured.
FAMILY = Family(len(QUANTITIES), looks=1)
FEWEST = fewest_processes(FAMILY.confidence)


def main() -> None:
    """Measure and judge one study after another, and tell after each how it stands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--processes", type=int, default=FEWEST, help=f"in each study; at least {FEWEST}, the default")
    options = parser.parse_args()
    if options.processes < FEWEST:
        parser.error(f"--processes {options.processes}: with fewer than {FEWEST}, a study cannot cry wolf")
    studies: list[list[TimingRow]] = []
    with repository_copy() as folder:
        (folder / f"{TWIN}.py").write_text(MODULE)
        timing = Params.parse(ask_for_timing(folder, QUANTITIES, TWIN, TWIN)).timing
        for number in range(options.studies):
            replicates = range(number * options.processes, (number + 1) * options.processes)
            records = [timing_trial(folder, TWIN, replicate) for replicate in replicates]
            # The identity of what is the same code needs no measuring.
            rows = Rows({str(number): record for number, record in enumerate(records)})
            processes, trials = (
                pd.DataFrame(rows.of[name], columns=COLUMNS[name]) for name in ("timing_processes", "trials")
            )
            gates = {(ENVIRONMENT, TWIN): Identity.BIT_EQUAL}
            studies.append(list(timing_rows(processes, trials, gates, timing, FAMILY)))
            print(f"study {number + 1} of {options.studies}, {options.processes} processes")
            for row in studies[-1]:
                print(f"  {row.answer}")
            _sum_up(studies)


def _sum_up(studies: list[list[TimingRow]]) -> None:
    """Print how often there was a false verdict or none, and how wide the intervals were."""
    rows = [row for study in studies for row in study]
    wolf = sum(any(row.verdict in (TimingVerdict.FASTER, TimingVerdict.SLOWER) for row in study) for study in studies)
    missed = sum(not row.low <= 1 <= row.high for row in rows)
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in Counter(row.verdict for row in rows).items())
    # A reason starts with the problem, followed by the numbers.
    reasons = Counter(str(row.reason).partition(",")[0].partition(":")[0] for row in rows if row.reason)
    why = "; ".join(f"{count} because {reason}" for reason, count in reasons.items())
    often = binomtest(wolf, len(studies)).proportion_ci()
    print(f"so far: {wolf} of {len(studies)} studies cried wolf ({often.low:.0%} to {often.high:.0%} of them)", end="")
    print(f"; of {len(rows)} comparisons: {verdicts}", end="")
    print(f" ({why})" if why else "")
    print(f"  {missed} of {len(rows)} 95 % intervals leave out 1; median half-width:", end=" ")
    print(", ".join(f"{quantity} {_half_width(rows, quantity):.1%}" for quantity in QUANTITIES), flush=True)


def _half_width(rows: list[TimingRow], quantity: str) -> float:
    """Return the median half-width of a quantity's intervals, as a share of the ratio."""
    own = [row for row in rows if row.quantity == quantity]
    return math.expm1(median(math.log(row.high / row.low) / 2 for row in own))


if __name__ == "__main__":
    main()
