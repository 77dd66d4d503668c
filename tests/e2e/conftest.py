"""A study that tests change."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def quick_study(quick_results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the quick study that has been run; tests leave it as they found it."""
    return shutil.copytree(quick_results, tmp_path_factory.mktemp("quick") / "twinproof", symlinks=True)
