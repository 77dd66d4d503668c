"""Why a study may differ from a version of it: machine, lock, seed, parameters, code, or fewer measurements."""

import json
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.words import TimingVerdict
from twinproof.base.numbers import counted
from twinproof.study.params import plain
from twinproof.study.settings import Probe
from twinproof.versions.compare import flat
from twinproof.versions.find import Study
from twinproof.versions.machines import PROBE_OF, TrialKey, find_places, timing_obstacle, told, trial_of

# Settings of sampling: they do not change a finding, only the width of its interval.
OF_SAMPLING = {"replicates", "quantities", "generations", "rounds", "added", "busy", "sampling"}
Row = Mapping[Hashable, Any]


class Causes:
    """The differences between a study and a version of it, for each trial and each cell that both have."""

    def __init__(self, version: Study, here: Study) -> None:
        self._version, self._here = version, here
        self._before, self._after = (find_places(study.tables["trials"]) for study in (version, here))
        self.shared: list[TrialKey] = [key for key in self._before if key in self._after]
        # The records of these are those of the version: they were not measured again.
        self.own = [key for key in self.shared if self._before[key].record == self._after[key].record]
        self._asked: dict[tuple[str, str], str] = {}
        self._by_cell: dict[tuple[str, str], list[TrialKey]] = defaultdict(list)
        for key in self.shared:
            self._by_cell[key[:2]].append(key)
        before, after = (flat(study.params.content()) for study in (version, here))
        self.parameters = [
            f"{key}: {_shown(before.get(key))} in {version.name}, {_shown(after.get(key))} here"
            for key in dict.fromkeys([*before, *after])
            if before.get(key) != after.get(key)
        ]

    def of(self, table: str, row: Row) -> str:
        """Return the likely cause of a difference in a row of the version's table, or nothing if none is known."""
        if (trial := trial_of(table, row)) is not None:
            if trial not in self._after:
                return ""
            asked = self.asked_otherwise(trial[1], trial[2])
            return asked or self._before[trial].cause(self._after[trial])
        if {*CELL} <= {*map(str, row)}:
            return self.of_cell(str(row["environment"]), str(row["twin"]))
        return self._code()

    def of_bits(self, table: str, row: Row) -> str:
        """Return why the same bits cannot be expected in a row, or nothing."""
        trial = trial_of(table, row)
        if trial is None or trial not in self._after:
            return ""
        return self.asked_otherwise(trial[1], trial[2]) or self._before[trial].obstacle(self._after[trial])

    def of_cell(self, environment: str, twin: str, probe: str | None = None) -> str:
        """Return the likely cause of a difference in the result over all trials of a twin."""
        trials = [key for key in self._by_cell[environment, twin] if probe in (None, key[2])]
        if probe and (asked := self.asked_otherwise(twin, probe)):
            return asked
        return next(filter(None, (self._before[key].cause(self._after[key]) for key in trials)), "")

    def of_timing(self, was: Row, now: Row) -> str:
        """Return the likely cause of a different verdict on a time."""
        tables = (self._version.tables["trials"], self._here.tables["trials"])
        obstacle = timing_obstacle(*tables, str(was["environment"]), str(was["twin"]))
        few = ""
        if now["verdict"] == TimingVerdict.UNDECIDED:
            few = f"{counted(int(now['processes']), 'process').replace('processs', 'processes')} did not decide it"
        elif now["verdict"] == TimingVerdict.NO_VERDICT:
            few = str(now["reason"])
        return "; ".join(filter(None, [few, obstacle]))

    def of_all(self) -> str:
        """Return all differences between the two studies, in a few words."""
        found = dict.fromkeys(self._before[key].cause(self._after[key]) for key in self.shared)
        asked = "other parameters" if self.parameters else ""
        return "; ".join(filter(None, [*[*filter(None, found)][:3], asked]))

    def devices(self, table: str, row: Row) -> Collection[str]:
        """Return the devices of the trial of a row, in both."""
        trial = trial_of(table, row)
        if trial is None:
            return ()
        return {places[trial].device for places in (self._before, self._after) if trial in places}

    def asked_otherwise(self, twin: str, probe: str) -> str:
        """Return which parameters of a probe, a twin or the data differ, or nothing."""
        if (twin, probe) not in self._asked:
            self._asked[twin, probe] = self._find_asked(twin, probe)
        return self._asked[twin, probe]

    def _find_asked(self, twin: str, probe: str) -> str:
        before, after = (_asked(study, twin, Probe(probe)) for study in (self._version, self._here))
        others = [
            f"{key} {told(_shown(before.get(key)), _shown(after.get(key)))}"
            for key in dict.fromkeys([*before, *after])
            if before.get(key) != after.get(key)
        ]
        return f"other parameters: {', '.join(others)}" if others else ""

    def lacking(self, tables: Iterable[str]) -> str:
        """Return the environments, twins and probes behind these tables that were measured only for the version."""
        probes = {str(PROBE_OF[table]) for table in map(_recorded, tables) if table in PROBE_OF}
        before, after = ({key[:3] for key in places if key[2] in probes} for places in (self._before, self._after))
        return ", ".join(_grouped(before - after, before))

    def _code(self) -> str:
        codes = [study.version["made_from"].get("code") for study in (self._version, self._here)]
        return "" if codes[0] == codes[1] else "other code"


def untried(version: pd.DataFrame, here: pd.DataFrame) -> list[str]:
    """Return which trials of a version's table are missing here: environments, twins, probes, replicates.

    For timing, the number of processes does not matter, because the verdicts decide it.
    """
    before, after = find_places(version), find_places(here)
    cells = {key[:3] for key in before}
    there = {key[:3] for key in after}
    missing = [*_grouped(cells - there, cells)]
    fewer: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for key in before:
        if key not in after and key[2] != Probe.TIMING and key[:3] in there:
            fewer[key[:3]].append(key[3])
    for (environment, twin, probe), replicates in fewer.items():
        missing.append(f"{probe} {', '.join(map(str, replicates))} of {twin} in {environment}")
    return missing


def _grouped(missing: Collection[tuple[str, str, str]], whole: Collection[tuple[str, str, str]]) -> list[str]:
    """Name missing environments, twins and probes; an environment that is missing completely is named once."""
    found: dict[str, None] = {}
    for environment, twin, probe in sorted(missing):
        if all(cell in missing for cell in whole if cell[0] == environment):
            found[environment] = None
        elif all(cell in missing for cell in whole if cell[:2] == (environment, twin)):
            found[f"{twin} in {environment}"] = None
        else:
            found[f"{probe} of {twin} in {environment}"] = None
    return [*found]


def _recorded(table: str) -> str:
    """Return the table of records from which another one is made."""
    return {"accuracy": "learning", "timing": "timing_processes", "twins": "identity"}.get(table, table)


def _asked(study: Study, twin: str, probe: Probe) -> dict[str, Any]:
    """Return the parameters that a probe of a twin depends on."""
    params = study.params
    settings = {key: value for key, value in plain(params.settings_of(twin, probe)).items() if key not in OF_SAMPLING}
    asked = flat({str(probe): settings, "data.validation": params.data.validation})
    if twin in params.twins:
        named = params.twins[twin]
        asked |= flat({f"twins.{twin}": {"module": named.module, "arguments": named.arguments}})
    return asked | {"data": study.version["made_from"].get("data")}


def _shown(value: object) -> str:
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)
