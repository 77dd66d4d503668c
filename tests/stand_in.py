"""A study in a fresh copy whose environment measures nothing: its Python writes made-up records."""

import os
import shlex
import sys
from pathlib import Path
from typing import Any

import yaml

from bench.multiplied import write_study
from tests.copies import fresh_copy
from tests.report import studies
from twinproof.study.code import code_of_module

ENVIRONMENT = studies.ENVIRONMENT


class StandIn:
    """The copy, and the parameters of its study; `made` is the folder of the records that its trials write."""

    changes = 0

    def __init__(self, folder: Path, made: Path, probes: list[str]) -> None:
        self.folder, self.made = fresh_copy(folder), made
        params = studies.fit(yaml.safe_load((folder / "params.yaml").read_text()))
        params["twins"] = {twin: params["twins"][twin] for twin in studies.TWINS}
        params["environments"] = {ENVIRONMENT: {"probes": probes}}
        params["learning"]["replicates"] = 2
        params["timing"]["replicates"] = 6
        params["timing"]["sampling"]["most"] = 6
        self._put_python()
        self.change(params)

    def change(self, params: dict[str, Any]) -> None:
        """Give the study these parameters, and prepare its trials' records for them, which differ from earlier ones."""
        self.params = params
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        self.lay_out()

    def lay_out(self) -> None:
        """Prepare the records that trials of the current parameters write; they differ from earlier ones."""
        self.changes += 1
        params = self.params
        templates = studies.templates(params["identity"]["steps"])
        for record in templates.values():
            record["seconds"] += self.changes
        before = Path.cwd()
        os.chdir(self.folder)
        code_of_module.cache_clear()
        try:
            write_study(self.made, params, templates)
        finally:
            os.chdir(before)

    def _put_python(self) -> None:
        place = self.folder / "results/environments" / ENVIRONMENT
        python = place / "venv/bin/python"
        python.parent.mkdir(parents=True)
        command = shlex.join([sys.executable, "-IS", f"{self.folder}/bench/stand_in.py", f"{self.made}/trials"])
        python.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        python.chmod(0o755)
        lock = self.folder / "containers/locks" / f"{ENVIRONMENT}.txt"
        (place / "venv.txt").write_text(lock.read_text())
