"""The path of everything in the folder of a study's results. The workflow's rules write to the same paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twinproof.study.trial import Cell, Trial


@dataclass(frozen=True)
class Results:
    """The folder of a study's results."""

    folder: Path

    @property
    def params(self) -> Path:
        """The parameters of the study, as they were last planned."""
        return self.folder / "params.yaml"

    @property
    def data(self) -> Path:
        """The result of checking the images."""
        return self.folder / "data.json"

    @property
    def protocols(self) -> Path:
        """The folder of the current protocols."""
        return self.folder / "protocols"

    def protocol(self, cell: Cell) -> Path:
        """The current protocol of an environment, twin and probe."""
        environment, twin, probe = cell
        return self.protocols / environment / twin / f"{probe}.json"

    @property
    def trials(self) -> Path:
        """The folder of the records that count."""
        return self.folder / "trials"

    def record(self, trial: Trial) -> Path:
        """The record of a trial."""
        return self.trials / trial.path

    @property
    def superseded(self) -> Path:
        """The folder of the records that do not count, by their protocols."""
        return self.folder / "superseded"

    @property
    def schedule(self) -> Path:
        """The list of trials that run together in one job."""
        return self.folder / "batches.json"

    @property
    def batches(self) -> Path:
        """The folder of the marks of the jobs that are done."""
        return self.folder / "batches"

    def mark(self, batch: str) -> Path:
        """The file that exists if a batch is done."""
        return self.batches / f"{batch}.done"

    @property
    def decisions(self) -> Path:
        """The folder of the decisions on how many processes to time."""
        return self.folder / "timing"

    def decision(self, environment: str, twin: str, processes: int | str) -> Path:
        """The decision after this number of processes of a twin."""
        return self.decisions / environment / twin / f"{processes}.json"

    @property
    def models(self) -> Path:
        """The folder of the models that environments write for each other."""
        return self.folder / "models"

    def archive(self, environment: str, twin: str) -> Path:
        """The models of a twin that an environment wrote."""
        return self.models / environment / f"{twin}.zip"

    @property
    def tables(self) -> Path:
        """The folder of the tables."""
        return self.folder / "tables"

    def table(self, name: str) -> Path:
        """One table."""
        return self.tables / f"{name}.csv"

    @property
    def metrics(self) -> Path:
        """The figures that are tracked from version to version."""
        return self.folder / "metrics.json"

    @property
    def notebooks(self) -> Path:
        """The folder of the notebooks that were run."""
        return self.folder / "notebooks"

    @property
    def page(self) -> Path:
        """The report."""
        return self.folder / "report" / "index.html"

    @property
    def crate(self) -> Path:
        """The research crate."""
        return self.folder / "crate.zip"

    @property
    def benchmarks(self) -> Path:
        """The folder of Snakemake's measurements of its jobs."""
        return self.folder / "benchmarks"

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.folder / "logs"
