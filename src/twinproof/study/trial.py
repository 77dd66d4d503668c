"""The trials of a study: which there are, what each is called, and its seed."""

import hashlib
from collections import Counter
from typing import NamedTuple

from twinproof.base.errors import UserError
from twinproof.study.params import Params
from twinproof.study.sources import catalogue

TIMING = "timing"
MOST_TRIALS = 1_000_000


class Trial(NamedTuple):
    """One process: all styles of a twin under one probe and one seed."""

    environment: str
    twin: str
    probe: str
    replicate: int

    @property
    def path(self) -> str:
        """Where its record lies, below the folder of the trials."""
        return f"{self.environment}/{self.twin}/{self.probe}-{self.replicate}.json"


def list_trials(params: Params) -> list[Trial]:
    """Return every trial that the parameters ask for from the start; timing may add more (analysis/sampling.py).

    Raises
    ------
    UserError
        If they are more than `MOST_TRIALS`, those included that timing may add.
    """
    require_countable(params)
    return [
        Trial(*cell, replicate) for cell in list_cells(params) for replicate in range(params[cell[2]]["replicates"])
    ]


def require_countable(params: Params) -> None:
    """Raise `UserError` if the parameters ask for so many trials that a plan of them all would take too long."""
    asked = Counter[str]()
    for _, _, probe in list_cells(params):
        most = params[probe]["sampling"]["most"] if probe == "timing" else 0
        asked[probe] += max(params[probe]["replicates"], most)
    if asked.total() > MOST_TRIALS:
        probe, count = asked.most_common(1)[0]
        raise UserError(
            f"{probe}.replicates: {params[probe]['replicates']} makes {count:,} trials, and with the other probes "
            f"{asked.total():,}; allowed: at most {MOST_TRIALS:,} in a study"
        )


def list_cells(params: Params) -> list[tuple[str, str, str]]:
    """Return each environment, twin and probe that the parameters put together."""
    return [
        (environment, twin, probe)
        for environment, measured in params["environments"].items()
        for twin, network in params["twins"].items()
        for probe in measured["probes"]
        if probe in network.get("probes", measured["probes"])
        # Where there is no pitfall to look at, there is nothing to measure.
        and (probe != "pitfalls" or catalogue(probe, twin))
    ]


def list_writers(params: Params, twin: str) -> list[str]:
    """Return the environments that write the models of a twin for the probe `exchange`: all that read them."""
    return [environment for environment, name, probe in list_cells(params) if (name, probe) == (twin, "exchange")]


def derive_seed(params: Params, twin: str, replicate: int) -> int:
    """Return the seed of a trial, 0 to 2**31 - 1: a function of study seed, twin and replicate, never of the style."""
    digest = hashlib.sha256(f"{params['seed']}/{twin}/{replicate}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
