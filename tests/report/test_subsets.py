"""Whatever a study measures, it ends with tables, page, version and crate, even if everything in a probe failed."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.multiplied import write_study
from tests.conftest import REPOSITORY
from twinproof.analysis import tables
from twinproof.crate import __main__ as crate
from twinproof.report import WITH_NOTEBOOK
from twinproof.report.page import __main__ as page
from twinproof.study.params import Params
from twinproof.study.trial import list_cells
from twinproof.versions import describe

from . import studies
from .test_page import arguments

PROBES = ["identity", "learning", "timing", "graph", "exchange", *studies.OUTCOMES]
SUBSETS = [*((probe,) for probe in PROBES), tuple(PROBES[:3]), tuple(PROBES[3:]), tuple(PROBES)]


@pytest.fixture
def repository(project: Path) -> Path:
    """A repository for which a crate can be made."""
    for name in ("Snakefile", "workflow", "src", "docs"):
        (project / name).symlink_to(REPOSITORY / name)
    for name in ("CITATION.cff", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, project / name)
    return project


def end(repository: Path, probes: Iterable[str], failed: Iterable[str] = ()) -> None:
    """Make up the records of a study of these probes, some of which failed in all trials, and what follows."""
    results = repository / "results"
    shutil.rmtree(results, ignore_errors=True)
    params = studies.fit(yaml.safe_load((REPOSITORY / "params.yaml").read_text()))
    params["twins"] = {"dynamic": params["twins"]["dynamic"]}
    params["environments"] = {studies.ENVIRONMENT: {"probes": list(probes)}}
    for probe in PROBES:
        params[probe]["replicates"] = 6 if probe == "timing" else 1
    params["timing"]["sampling"]["most"] = 6
    write_study(results, params, {key: fail(one, failed) for key, one in studies.templates().items()})
    (results / "data.json").write_text("{}")
    assert tables.main(["--results", str(results)]) == 0
    for environment, twin, probe in list_cells(Params.parse(params)):
        if probe in WITH_NOTEBOOK:
            place = f"{environment}/{twin}/{probe}"
            write(*(results / "notebooks" / f"{place}.{kind}" for kind in ("html", "ipynb")))
            write(results / "made" / "notebooks" / f"{place}.done")
    assert page.main(arguments(results)) == 0
    assert describe.main(["--results", str(results), "--output", str(results / "version.json")]) == 0
    write(*(results / "made" / f"{what}.done" for what in ("tables", "report", "version")))
    assert crate.main(["--results", str(results), "--output", str(results / "crate.zip")]) == 0


def fail(record: dict[str, Any], failed: Iterable[str]) -> dict[str, Any]:
    """Return a record, in which every style failed if its probe is one of these."""
    if record["probe"] not in failed:
        return record
    return record | {"styles": {style: {"status": "failed", "error": studies.ERROR} for style in record["styles"]}}


def write(*paths: Path) -> None:
    """Create files that only have to exist."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize("probes", SUBSETS, ids=" ".join)
def test_a_study_of_some_probes_ends_with_a_page_a_version_and_a_crate(repository: Path, probes: list[str]) -> None:
    end(repository, probes)


@pytest.mark.parametrize("probes", [*SUBSETS[: len(PROBES)], SUBSETS[-1]], ids=" ".join)
def test_a_study_in_which_every_trial_failed_ends_the_same_way(repository: Path, probes: list[str]) -> None:
    end(repository, probes, failed=probes)


def test_a_study_in_which_some_probes_failed_in_all_trials_ends_the_same_way(repository: Path) -> None:
    end(repository, PROBES, failed=["identity", "timing"])
