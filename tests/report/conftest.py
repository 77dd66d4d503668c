"""Small studies' records and results, made up by `studies`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from twinproof.analysis.columns import read_table

from . import studies
from .studies import ENVIRONMENT, OUTCOMES


@pytest.fixture
def records() -> dict[str, dict[str, Any]]:
    """The records of a study, by path."""
    return studies.learned_records()


@pytest.fixture
def timed_records(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The records of a study that was also timed, by path."""
    return records | studies.timing_records()


@pytest.fixture
def outcome_records(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The records of a study that also measured serialization, introspection and pitfalls of one twin, by path."""
    return records | studies.outcome_records("dynamic")


@pytest.fixture
def study(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of that study."""
    return studies.small_study(params)


@pytest.fixture
def timed_study(study: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the study that was also timed."""
    study["environments"][ENVIRONMENT]["probes"] = ["identity", "learning", "timing"]
    return study


@pytest.fixture
def write_results() -> Callable[[Path, dict[str, Any], dict[str, Any]], Path]:
    """Write the results of a study (folder, records, parameters) and return their folder."""
    return studies.write_results


@pytest.fixture
def results(records: dict[str, Any], study: dict[str, Any], tmp_path: Path) -> Path:
    """The folder of that study's results."""
    return studies.write_results(tmp_path / "results", records, study)


@pytest.fixture
def outcome_results(outcome_records: dict[str, Any], study: dict[str, Any], tmp_path: Path) -> Path:
    """The folder of the results of the study with outcomes."""
    study["environments"][ENVIRONMENT]["probes"] = ["identity", "learning", *OUTCOMES]
    study["twins"]["simple"]["probes"] = ["identity", "learning"]
    return studies.write_results(tmp_path / "outcomes", outcome_records, study)


@pytest.fixture
def timed_results(timed_records: dict[str, Any], timed_study: dict[str, Any], tmp_path: Path) -> Path:
    """The folder of the results of the study that was also timed."""
    return studies.write_results(tmp_path / "timed", timed_records, timed_study)


@pytest.fixture
def timing(timed_results: Path) -> pd.DataFrame:
    """The timing table of that study."""
    return read_table(timed_results / "tables", "timing")
