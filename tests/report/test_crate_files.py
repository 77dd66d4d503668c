"""The files that a twin names are in the crate, and are what its records were measured with."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from .test_crate import entities, make, make_study


def named(params: dict[str, Any]) -> None:
    params["twins"]["dynamic"]["files"] = ["models/w.npz"]


@pytest.fixture
def results(project: Path) -> Path:
    """The results of a study whose twin names a file."""
    (project / "models").mkdir()
    (project / "models/w.npz").write_bytes(b"\x93\xff")
    return make_study(project, named)


def test_a_crate_holds_the_files_that_a_twin_names(results: Path) -> None:
    crate: zipfile.ZipFile = make(results)
    assert crate.read("models/w.npz") == b"\x93\xff"
    assert entities(crate)["models/w.npz"]["encodingFormat"] == "application/octet-stream"


def test_a_file_that_the_records_were_not_measured_with_is_refused(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("models/w.npz").write_bytes(b"other")
    with pytest.raises(AssertionError):
        make(results)
    assert "models/w.npz: not what results/trials/" in capsys.readouterr().err
