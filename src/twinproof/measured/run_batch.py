"""Runs trials of one probe one after the other, each in its own process, and starts only once for all of them.

The processes are forked from this one, which has imported Keras and done nothing with it: a trial in a batch does not
differ from a single trial, and one that crashes or hangs does not affect the others.

Usage: python -m twinproof.measured.run_batch --environment tf2.21-cpu --probe learning --trials dynamic/0 dynamic/1
       --params params.yaml --records results/trials --limit 60 --mark results/batches/tf2.21-cpu/learning-0.done
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import checksums, write_whole
from twinproof.environments.environment import Environment
from twinproof.environments.variables import enter
from twinproof.measured.guard import REFUSED, guarded
from twinproof.measured.machine import pin_threads
from twinproof.measured.run_trial import no_home, read_images, require_planned, run_apart
from twinproof.study.params import Params, read_params
from twinproof.study.trial import Trial


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Run these trials unless they have a record, and write the mark when all have one; exit status 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.measured.run_batch", description=main.__doc__)
    parser.add_argument("--environment", required=True, help="the environment this process runs in")
    parser.add_argument("--probe", required=True)
    parser.add_argument("--trials", required=True, nargs="*", metavar="TWIN/REPLICATE")
    parser.add_argument("--params", type=Path, required=True, help="params.yaml")
    parser.add_argument("--records", type=Path, required=True, help="the folder of the records")
    parser.add_argument("--models", type=Path, help="for exchange: the folder of the models that environments wrote")
    parser.add_argument("--limit", type=float, default=60, help="minutes after which a trial is ended")
    parser.add_argument("--mark", type=Path, required=True, help="the file of checksums, written when all are done")
    options = parser.parse_args(arguments)
    params = read_params(options.params)
    asked = [_trial(options.environment, options.probe, name) for name in options.trials]
    for trial in asked:
        require_planned(trial, params)
    return guarded(lambda: _measure(params, asked, options))


def _measure(params: Params, asked: list[Trial], options: argparse.Namespace) -> int:
    missing = [trial for trial in asked if not (options.records / trial.path).exists()]
    if missing:
        _prepare(params, missing[0])
    if not _run(missing, params, options):
        return 1
    write_whole(options.mark, checksums(options.records, (trial.path for trial in asked)))
    return 0


def _trial(environment: str, probe: str, name: str) -> Trial:
    try:
        return Trial.from_name(environment, probe, name)
    except ValueError:
        raise UserError(f"--trials {name}: allowed: the name of a twin, / and the number of a replicate") from None


def _prepare(params: Params, trial: Trial) -> None:
    """Do once what every trial would do first; the trials do not notice."""
    pin_threads(params.settings[trial.probe].threads)
    read_images(params)
    with no_home(Environment(trial.environment)):
        import keras  # noqa: F401


def _run(missing: list[Trial], params: Params, options: argparse.Namespace) -> bool:
    """Run trials one after the other, print how each ended, and return whether all succeeded."""
    refused: set[str] = set()
    failed = False
    for trial in missing:
        started = time.monotonic()
        if trial.twin in refused:
            words = "not run, because this twin was refused above"
        else:
            ending = run_apart(params, trial, options.records / trial.path, options.models, options.limit)
            words = ending.words if ending.status else f"{ending.words} in {time.monotonic() - started:.1f} s"
            failed = failed or ending.status != 0
            if ending.status == REFUSED:
                refused.add(trial.twin)
        print(f"{trial.twin} {trial.probe} {trial.replicate}: {words}", file=sys.stderr, flush=True)
    return not failed


if __name__ == "__main__":
    enter("twinproof.measured.run_batch")
    sys.exit(main())
