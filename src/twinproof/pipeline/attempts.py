"""Runs single pitfalls in the installed environments, without a study and without a record."""

import json
import os
import textwrap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from twinproof.analysis.rows.common import not_installed
from twinproof.analysis.rows.pitfalls import TriedPitfall, pitfall_outcome
from twinproof.analysis.words import PitfallOutcome
from twinproof.base.errors import UserError
from twinproof.environments.environment import Environment
from twinproof.environments.processes import start
from twinproof.study.code import list_pitfalls
from twinproof.study.params import Params

Cell = dict[str, Any]
# Characters of a message in the text; the JSON has the whole message.
LONGEST = 300


class FailedError(UserError):
    """A process in an environment that failed, with its output; status 2 means a user's mistake."""

    def __init__(self, environment: str, status: int, said: str) -> None:
        super().__init__(f"{environment}: exit status {status}\n{said}")
        self.status, self.said = status, said


def choose(names: Sequence[str]) -> list[str]:
    """Return the named pitfalls, each as twin/pitfall; a name may omit its twin.

    Raises
    ------
    UserError
        If the catalogue has no such pitfall.
    """
    catalogue = list_pitfalls()
    matches = {
        name: [pitfall for pitfall in catalogue if name in (pitfall, pitfall.partition("/")[2])] for name in names
    }
    for name, pitfalls in matches.items():
        if not pitfalls:
            raise UserError(f"{name}: no such pitfall; allowed: {', '.join(catalogue)}")
    return list(dict.fromkeys(pitfall for pitfalls in matches.values() for pitfall in pitfalls))


def installed(params: Params, chosen: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the environments to run in, and a line for each that is not installed, which says how to install it.

    Candidates are the chosen environments; by default, all environments of the parameters that compute on the CPU.

    Raises
    ------
    UserError
        If a chosen environment is not in the parameters, or none is installed.
    """
    known = list(params.environments)
    for name in chosen:
        if name not in known:
            raise UserError(f"--in {name}: no such environment; allowed: {', '.join(known)}")
    names = list(dict.fromkeys(chosen)) or [name for name in known if not Environment(name).wants_gpu()]
    faults = {name: fault for name in names if (fault := Environment(name).venv_fault())}
    missing = [
        f"{name}: {fault}; `snakemake --cores 2 {Environment(name).venv_mark}` installs it"
        for name, fault in faults.items()
    ]
    if len(missing) == len(names):
        raise UserError("\n".join(missing) or "environments: params.yaml has none for the CPU; name one with --in")
    return [name for name in names if name not in faults], missing


def attempt(environments: Sequence[str], params: Path, pitfalls: Sequence[str]) -> list[dict[str, Cell]]:
    """Run pitfalls in each environment; return, for each pitfall, its cell of a record by environment."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(lambda environment: run_in(environment, params, pitfalls), environments))
    return [dict(zip(environments, cells, strict=True)) for cells in zip(*results, strict=True)]


def describe(cells: dict[str, Cell]) -> Iterator[str]:
    """Yield the lines that describe the outcome of a pitfall in each environment."""
    first = next(iter(cells.values()))
    yield f"{first['twin']}/{first['pitfall']} ({first['style']}): {first['title']}"
    yield f"  Expected: {first['expected']}"
    outcomes = {environment: outcome_of(cell) for environment, cell in cells.items()}
    width, wider = (max(map(len, column)) for column in (outcomes, outcomes.values()))
    for environment, cell in cells.items():
        yield f"  {environment:{width}}  {outcomes[environment]:{wider}}  {text_of(cell)}".rstrip()
        for warning in cell["warnings"]:
            yield f"  {'':{width}}  warning: {_line(warning)}"
        control = cell.get("control")
        if control and not control["as_expected"]:
            reason = f" ({control['reason']})" if control["reason"] else ""
            ended = outcome_of({**cell, **control, "control": None})
            yield f"  {'':{width}}  control: {ended}  {text_of(control)}{reason}"


def run_in(environment: str, params: Path, pitfalls: Sequence[str]) -> list[Cell]:
    """Run pitfalls in an environment and return their cells.

    Raises
    ------
    FailedError
        If the process fails.
    """
    options = ["--environment", environment, "--params", str(params)]
    done = start(environment, "-m", "twinproof.measured.try_pitfalls", *options, *pitfalls)
    if done.returncode:
        raise FailedError(environment, done.returncode, done.stderr.strip())
    return list(json.loads(done.stdout.splitlines()[-1]))


def outcome_of(cell: Cell) -> str:
    """Return in a few words how a pitfall or its control ended."""
    outcome = pitfall_outcome(cast(TriedPitfall, cell))
    return f"error at {cell['step']}" if outcome == PitfallOutcome.ERROR else outcome


def text_of(cell: Cell) -> str:
    """Return what was seen, the error, or the missing package."""
    if lacking := cell.get("lacking"):
        return not_installed(lacking)
    error = cell["error"]
    return _line(f"{error['type']}: {error['message']}" if error else cell["what"])


def _line(text: str) -> str:
    return textwrap.shorten(text, LONGEST, placeholder=" ...")
