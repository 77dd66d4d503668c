"""Runs trials of one probe one after the other, each in a process of its own, and starts only once for all of them.

The processes are forked from this one, which has imported Keras and done nothing with it: a trial in a batch is no
other than one by itself, and one that crashes or hangs takes nothing but itself along.

Usage: python -m twinproof.batch --environment tf2.21-cpu --probe learning --trials dynamic/0 dynamic/1
       --params params.yaml --records results/trials --limit 60 --mark results/batches/tf2.21-cpu/learning-0.done
"""

import argparse
import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twinproof import plan, trial
from twinproof.errors import UserError, entry_point
from twinproof.files import checksums, write_whole
from twinproof.machine import end_with_parent, pin_threads
from twinproof.params import Params, read_params


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Run those of these trials that have no record yet, and mark that all have one; exit status 1 if one fails."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.batch", description=main.__doc__)
    parser.add_argument("--environment", required=True, help="the environment this process runs in")
    parser.add_argument("--probe", required=True)
    parser.add_argument("--trials", required=True, nargs="*", metavar="TWIN/REPLICATE")
    parser.add_argument("--params", type=Path, required=True, help="params.yaml")
    parser.add_argument("--records", type=Path, required=True, help="the folder of the records")
    parser.add_argument("--models", type=Path, help="of exchange: the folder of the models that environments wrote")
    parser.add_argument("--limit", type=float, default=60, help="minutes after which a trial is ended")
    parser.add_argument("--mark", type=Path, required=True, help="the file to write once all have a record: their sums")
    options = parser.parse_args(arguments)
    params = read_params(options.params)
    asked = [_trial(options.environment, options.probe, name) for name in options.trials]
    for one in asked:
        trial.require_planned(one, params)
    missing = [one for one in asked if not (options.records / one.path).exists()]
    if missing:
        _prepare(params, options.probe)
    ended = [
        _apart(one, trial.run, params, one, options.records / one.path, options.models, options.limit)
        for one in missing
    ]
    if not all(ended):
        return 1
    write_whole(options.mark, checksums(options.records, (one.path for one in asked)))
    return 0


def _trial(environment: str, probe: str, name: str) -> plan.Trial:
    twin, _, replicate = name.rpartition("/")
    if not re.fullmatch("0|[1-9][0-9]{0,8}", replicate):
        raise UserError(f"--trials {name}: allowed: the name of a twin, / and the number of a replicate")
    return plan.Trial(environment, twin, probe, int(replicate))


def _prepare(params: Params, probe: str) -> None:
    """Do what every trial would do first, and what none of them can tell from having done it itself."""
    pin_threads(params[probe]["threads"])
    trial.read_images(params)
    with trial.no_home():
        import keras  # noqa: F401


def _apart(one: plan.Trial, run: Callable[..., None], *arguments: Any) -> bool:
    """Run a trial in a process of its own, say how that ended, and return whether it went well."""
    started = time.monotonic()
    process = multiprocessing.get_context("fork").Process(target=_alone, args=(os.getpid(), run, *arguments))
    process.start()
    process.join()
    code = process.exitcode or 0
    if code == 0:
        ending = f"done in {time.monotonic() - started:.1f} s"
    elif code == -signal.SIGKILL:
        ending = "killed from outside: for want of memory, most often"
    else:
        ending = f"failed with {signal.Signals(-code).name if code < 0 else f'exit status {code}'}, see above"
    print(f"{one.twin} {one.probe} {one.replicate}: {ending}", file=sys.stderr, flush=True)
    return code == 0


def _alone(parent: int, run: Callable[..., None], *arguments: Any) -> None:
    """Run in the other process, which ends with the one that started it."""
    end_with_parent(parent)
    try:
        run(*arguments)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
