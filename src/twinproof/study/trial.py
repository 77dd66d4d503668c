"""The trials of a study, their names and their seeds."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from twinproof.base.errors import UserError
from twinproof.study.code import catalogue
from twinproof.study.params import Params
from twinproof.study.settings import Probe

MOST_TRIALS = 1_000_000

# An environment, a twin, and a probe.
Cell = tuple[str, str, Probe]
# A number has one name: no leading zeros.
_NAME = re.compile(r"(.+)/(0|[1-9][0-9]{0,8})")
_PATH = re.compile(r"([^/]+)/([^/]+)/([a-z]+)-(0|[1-9][0-9]{0,8})\.json")


class Trial(NamedTuple):
    """One process: all styles of a twin under one probe and one seed."""

    environment: str
    twin: str
    probe: Probe
    replicate: int

    @property
    def path(self) -> str:
        """The path of its record in the folder of the trials."""
        return f"{self.environment}/{self.twin}/{self.probe}-{self.replicate}.json"

    @property
    def name(self) -> str:
        """Its name among trials of the same environment and probe."""
        return f"{self.twin}/{self.replicate}"

    @classmethod
    def from_path(cls, path: str) -> Trial:
        """Return the trial whose record has this path.

        Raises
        ------
        ValueError
            If it is not the path of a record.
        """
        place = _PATH.fullmatch(path)
        if place is None:
            raise ValueError(f"{path}: not the path of a record")
        return cls(place[1], place[2], Probe(place[3]), int(place[4]))

    @classmethod
    def from_name(cls, environment: str, probe: str, name: str) -> Trial:
        """Return the trial of this name.

        Raises
        ------
        ValueError
            If it is not the name of a trial, or there is no such probe.
        """
        parts = _NAME.fullmatch(name)
        if parts is None:
            raise ValueError(f"{name}: not the name of a twin, / and the number of a replicate")
        return cls(environment, parts[1], Probe(probe), int(parts[2]))


def list_trials(params: Params) -> list[Trial]:
    """Return every trial that the parameters define from the start; timing may add more (analysis/sampling.py).

    Raises
    ------
    UserError
        If there are more than `MOST_TRIALS`, including those that timing may add.
    """
    require_countable(params)
    return [
        Trial(*cell, replicate)
        for cell in list_cells(params)
        for replicate in range(params.settings_of(cell[1], cell[2]).replicates)
    ]


def require_countable(params: Params) -> None:
    """Raise `UserError` if the parameters define too many trials to plan them in reasonable time."""
    asked = Counter[Probe]()
    for _, twin, probe in list_cells(params):
        most = params.timing.sampling.most if probe == Probe.TIMING else 0
        asked[probe] += max(params.settings_of(twin, probe).replicates, most)
    total = sum(asked.values())
    if total > MOST_TRIALS:
        probe, count = asked.most_common(1)[0]
        raise UserError(
            f"{probe}.replicates: {params.settings[probe].replicates} makes {count:,} trials, and with the other "
            f"probes {total:,}; allowed: at most {MOST_TRIALS:,} in a study"
        )


def list_cells(params: Params) -> list[Cell]:
    """Return each combination of environment, twin and probe that the parameters define."""
    return [
        (environment, twin, probe)
        for environment, measured in params.environments.items()
        for twin, network in params.twins.items()
        for probe in measured.probes
        if measured.measures(twin)
        and network.measures(probe)
        # Without a pitfall there is nothing to measure.
        and (probe != Probe.PITFALLS or catalogue(probe, twin))
    ]


def list_writers(params: Params, twin: str) -> list[str]:
    """Return the environments that write a twin's models for the probe `exchange`: all those that read them."""
    return [environment for environment, name, probe in list_cells(params) if (name, probe) == (twin, Probe.EXCHANGE)]
