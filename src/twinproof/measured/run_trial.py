"""Runs one probe of one twin and writes one record: the entry point inside an environment.

Usage: python -m twinproof.measured.run_trial --twin dynamic --probe learning --replicate 3 --environment tf2.21-cpu
       --params params.yaml --output X.json
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import faulthandler
import functools
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from twinproof.base.checkout import received_commit
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import require_room
from twinproof.base.reading import read_json
from twinproof.environments.environment import Environment
from twinproof.environments.variables import enter, let_through
from twinproof.measured.guard import REFUSED, Ending, ask_apart, guarded, write_apart
from twinproof.measured.machine import (
    conditions,
    gpus,
    image,
    machine,
    pin_cores,
    pin_threads,
    software,
    taken_by_others,
)
from twinproof.measured.reads import require_named
from twinproof.study.dataset import read_dataset
from twinproof.study.examples import Dataset
from twinproof.study.params import Params, read_params
from twinproof.study.protocol import Protocol, make_protocol
from twinproof.study.record import FORMAT, Record, write_record
from twinproof.study.seed import derive_seed
from twinproof.study.settings import Probe, Settings, TimingSettings
from twinproof.study.trial import Trial, list_cells, list_writers

if TYPE_CHECKING:
    from twinproof.measured.twins import Twin


# The number of tries of a timing, and the seconds between two tries.
TRIES = 3
PAUSE = 20.0


class TimingTry(NamedTuple):
    """The quantities that a process times, if not all, and the processor shares that others took in earlier tries."""

    quantities: Sequence[str] = ()
    refused: Sequence[float] = ()


FIRST_OF_ALL = TimingTry()


def measure(
    params: Params,
    trial: Trial,
    models: Path | None = None,
    minutes: float | None = None,
    timing: TimingTry = FIRST_OF_ALL,
) -> Record:
    """Run a trial in this process and return its record.

    `models` is the folder of the models that environments wrote, for the probe `exchange`; `minutes` is the time limit
    of the check of the twin; `timing` is for the probe of that name.

    Raises
    ------
    UserError
        If the data, the twin or the environment does not match the parameters.
    """
    variables, commit = let_through(os.environ), received_commit(os.environ)
    # First of all: NumPy too reads its number of threads on import.
    settings = _settings(params, trial, timing.quantities)
    pin_threads(settings.threads)
    worker = machine()
    # Only trials that run alone: others would share the same core.
    pinned = pin_cores(settings.threads) if trial.probe == Probe.TIMING else None
    protocol = make_protocol(params, trial.environment, trial.twin, trial.probe)
    handed = {"models": _models(params, trial, models)} if trial.probe == Probe.EXCHANGE else {}
    environment = Environment(trial.environment)
    container, versions = image(environment), software(environment)
    wants_gpu = environment.wants_gpu()
    # A process that has checked the GPUs must not be forked any more.
    no_driver = ask_apart(gpus)["fault"] if wants_gpu else None
    if no_driver:
        _go_on_without_gpu(environment, params, no_driver)
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # TensorFlow would say the same, in many lines.
    data = read_images(params)
    with no_home(environment):
        # Import Keras only now, when all input is known to be valid.
        from twinproof.measured import probes
        from twinproof.measured.backend import device

        seed = derive_seed(params.seed, trial.twin, trial.replicate)
        twin = load_twin(protocol, data, seed, minutes)
        probe = probes.load(trial.probe)
        computed_on = device()
        if wants_gpu and computed_on == "CPU" and not no_driver:
            _go_on_without_gpu(environment, params, "Keras does not use the one that the driver shows")
        others = taken_by_others(pinned) if pinned else 0.0
        started, before, clock = datetime.datetime.now(datetime.timezone.utc), conditions(), time.perf_counter()
        outcome = probe(twin, data, seed, settings, **handed)
        seconds = time.perf_counter() - clock
        measurement = outcome.measurement
        if measurement is not None and pinned:
            share = max(0.0, taken_by_others(pinned) - others) / (seconds * len(pinned))
            measurement = {**measurement, "others": share, "refused": list(timing.refused)}
        return {
            "format": FORMAT,
            **trial._asdict(),
            "seed": seed,
            "protocol": protocol,
            "commit": commit.commit,
            "commit_missing": commit.missing,
            "variables": variables,
            "started": started.isoformat(timespec="seconds"),
            "seconds": seconds,
            "conditions": {"before": before, "after": conditions()},
            "machine": {
                **worker,
                "threads": settings.threads,
                "pinned": pinned,
                "device": computed_on,
                "image": container,
            },
            "software": versions,
            "measurement": measurement,
            "order": outcome.order,
            "styles": outcome.styles,
        }


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Run one trial and write its record."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.measured.run_trial", description=main.__doc__)
    parser.add_argument("--environment", required=True, help="the environment this process runs in")
    parser.add_argument("--twin", required=True)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--replicate", type=int, required=True)
    parser.add_argument("--params", type=Path, required=True, help="params.yaml")
    parser.add_argument("--output", type=Path, required=True, help="where to write the record")
    parser.add_argument("--models", type=Path, help="of exchange: the folder of the models that environments wrote")
    parser.add_argument("--quantities", nargs="*", default=[], help="for timing: what to measure, if not all")
    parser.add_argument("--limit", type=float, default=60, help="minutes after which it is ended")
    options = parser.parse_args(arguments)
    trial = Trial(options.environment, options.twin, options.probe, options.replicate)
    params = read_params(options.params)

    def work() -> int:
        ending = run_apart(params, trial, options.output, options.models, options.limit, options.quantities)
        if ending.status not in (0, REFUSED):
            print(f"{trial.twin} {trial.probe} {trial.replicate}: {ending.words}", file=sys.stderr)
        return ending.status

    return guarded(work)


def run_apart(
    params: Params, trial: Trial, output: Path, models: Path | None, minutes: float, quantities: Sequence[str] = ()
) -> Ending:
    """Run a trial in a separate process, which must write the record, and return how that ended.

    A timing is tried again, in a new process, if others took too much of the processor; the record of the last try is
    kept, and contains the shares of all tries.
    """
    refused: list[float] = []
    while True:
        timing = TimingTry(quantities, refused)
        ending = write_apart(output.absolute(), lambda: run(params, trial, output, models, minutes, timing))  # noqa: B023
        if ending.status or trial.probe != Probe.TIMING:
            return ending
        others = read_json(output)["measurement"]["others"]
        if others <= params.timing.busy or len(refused) + 1 == TRIES:
            return ending
        refused.append(others)
        output.unlink()
        words = f"others took {others:.0%} of the processor, more than timing.busy allows; tried again"
        print(f"{trial.twin} {trial.probe} {trial.replicate}: {words}", file=sys.stderr, flush=True)
        time.sleep(PAUSE)


def run(
    params: Params,
    trial: Trial,
    output: Path,
    models: Path | None,
    minutes: float,
    timing: TimingTry = FIRST_OF_ALL,
) -> None:
    """Run a trial in this process and write its record; it ends at Ctrl-C, and after `minutes`.

    Raises
    ------
    UserError
        As `measure`, and if the parameters describe no such trial or the record cannot be written.
    """
    require_planned(trial, params)
    # Now, not after minutes of measurement.
    require_room(output.parent)
    # A twin may change the working folder.
    output, models = output.absolute(), models and models.absolute()
    # Not an exception, which could be caught and become part of the record.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _end_after(minutes)
    write_record(output, measure(params, trial, models, minutes, timing))
    _end_after(None)


def _end_after(minutes: float | None) -> None:
    """End this process after some minutes and print where it was, even in compiled code; None: no limit."""
    if minutes is None:
        faulthandler.cancel_dump_traceback_later()
    else:
        faulthandler.dump_traceback_later(60 * minutes, exit=True)


def load_twin(protocol: Protocol, data: Dataset, seed: int, minutes: float | None = None) -> Twin:
    """Return a twin whose models can be built and measured by a study, and which reads only known files.

    A copy of this process checks that, so the check does not affect the measurement.

    Raises
    ------
    UserError
        If the module cannot be imported, or lacks the styles.
    """
    from twinproof.measured import twins
    from twinproof.measured.probes.contract import require_contract

    asked, files = protocol["twin"], tuple(protocol.get("files", []))
    load = functools.partial(twins.load, asked["name"], asked["module"], asked["arguments"], files)
    known = [*protocol["code"], *files]

    def check() -> None:
        _end_after(minutes)
        require_named(asked["name"], known, lambda: require_contract(load(), data, seed))

    # The copy may hang, and must then say where.
    _end_after(None)
    ask_apart(check)
    _end_after(minutes)
    # A twin may change the working folder; paths of the study are relative to this one.
    folder = Path.cwd()
    try:
        return load()
    finally:
        os.chdir(folder)


def read_images(params: Params) -> Dataset:
    """Return the images of the study; they are read once for a process and those that it forks."""
    data = params.data
    return _images(data.directory, data.checksums, data.validation)


_images = functools.cache(read_dataset)


def require_planned(trial: Trial, params: Params) -> None:
    """Raise `UserError` unless the parameters describe this trial."""
    require_known(trial.environment, trial.twin, params)
    probes = [cell[2] for cell in list_cells(params) if cell[:2] == (trial.environment, trial.twin)]
    _require_among("probe", trial.probe, probes)
    if trial.replicate < 0:
        raise UserError(f"--replicate {trial.replicate}: allowed: 0 and more")


def require_known(environment: str, twin: str, params: Params) -> None:
    """Raise `UserError` unless the parameters have this environment and this twin."""
    _require_among("environment", environment, list(params.environments))
    _require_among("twin", twin, list(params.twins))


def _require_among(key: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise UserError(f"--{key} {value}: not in the parameters; allowed: {', '.join(allowed)}")


def _settings(params: Params, trial: Trial, quantities: Sequence[str]) -> Settings:
    """Return the settings of a trial; its protocol has all quantities, its record those that it had to measure."""
    if not quantities:
        return params.settings_of(trial.twin, trial.probe)
    allowed = params.timing.quantities if trial.probe == Probe.TIMING else ()
    for quantity in quantities:
        if quantity not in allowed:
            raise UserError(
                f"--quantities {quantity}: not in the parameters; allowed: {', '.join(allowed) or 'none here'}"
            )
    own = cast(TimingSettings, params.settings_of(trial.twin, trial.probe))
    return dataclasses.replace(own, quantities=tuple(quantities))


def _models(params: Params, trial: Trial, folder: Path | None) -> dict[str, str]:
    """Return the archive of each environment that writes the models of this twin."""
    if folder is None:
        raise UserError(
            "--models: missing; the probe exchange reads what `python -m twinproof.measured.write_models` wrote there"
        )
    archives = {name: folder / name / f"{trial.twin}.zip" for name in list_writers(params, trial.twin)}
    for archive in archives.values():
        if not archive.is_file():
            raise UserError(f"{archive}: no such file; `python -m twinproof.measured.write_models` writes it")
    return {name: str(archive) for name, archive in archives.items()}


@contextmanager
def no_home(environment: Environment) -> Iterator[None]:
    """Give this process an empty home, without Keras's settings, and the backend that the lock decides, quiet."""
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        os.environ["HOME"] = os.environ["KERAS_HOME"] = folder
        os.environ["KERAS_BACKEND"] = environment.backend()
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        # Otherwise TensorFlow takes all of a GPU's memory, needed or not.
        os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        yield


def _go_on_without_gpu(environment: Environment, params: Params, why: str) -> None:
    """Report that there is no GPU; raise `UserError` unless the parameters allow that."""
    key = f"environments.{environment.name}.without_gpu"
    if params.environments[environment.name].without_gpu == "error":
        raise UserError(
            f"environment {environment.name}: no GPU is found here ({why}); use a machine with a GPU "
            f"(`twinproof doctor {environment.name}` has details), or set {key}: cpu in params.yaml"
        )
    print(f"{environment.name}: no GPU is found here ({why}); using the CPU, because {key} allows it", file=sys.stderr)


if __name__ == "__main__":
    enter("twinproof.measured.run_trial")
    sys.exit(main())
