"""A study of a thousand trials: each record is read once, time is proportional to their number, and the page is small.

The tests count files and calls, which are the same on every machine; bench/scale.py measures seconds.
"""

import cProfile
import io
import pstats
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.multiplied import with_trials, write_study
from tests.conftest import REPOSITORY
from twinproof.analysis import tables
from twinproof.analysis.columns import read_table
from twinproof.analysis.completeness import examine
from twinproof.pipeline.counting import write_plan
from twinproof.report.page.__main__ import main
from twinproof.study.params import Params
from twinproof.study.trial import list_trials

from . import studies
from .test_page import arguments, words

MOST = 8 * 2**20  # bytes of a page
PROBES = ["identity", "learning", "timing", "graph", "exchange", *studies.OUTCOMES]


def study_of(count: int) -> dict[str, Any]:
    """Return the parameters of a study of all probes with about this number of trials."""
    params = studies.fit(yaml.safe_load((REPOSITORY / "params.yaml").read_text()))
    params["twins"] = {twin: params["twins"][twin] for twin in studies.TWINS}
    params["environments"] = {name: {"probes": PROBES} for name in (studies.ENVIRONMENT, studies.OLDER)}
    return with_trials(params, count)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Write a study with about this number of trials and return the folder of its results."""
    monkeypatch.chdir(REPOSITORY)

    def write(count: int) -> Path:
        results = tmp_path / str(count)
        assert write_study(results, study_of(count), studies.templates()) >= count
        return results

    return write


def opened(monkeypatch: pytest.MonkeyPatch, results: Path, command: Callable[[], object]) -> Counter[int]:
    """Return how many records a command opens once, twice and so on."""
    counts: Counter[str] = Counter({str(path): 0 for path in results.glob("trials/*/*/*.json")})
    real = io.open

    def counting(file: Any, *rest: Any, **more: Any) -> Any:
        if str(file) in counts:
            counts[str(file)] += 1
        return real(file, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(io, "open", counting)
        command()
    return Counter(counts.values())


def calls(command: Callable[[], object]) -> int:
    """Return how many function calls a command takes."""
    profile = cProfile.Profile()
    profile.runcall(command)
    return pstats.Stats(profile).total_calls  # type: ignore[attr-defined]


def test_each_record_is_opened_once_by_each_command_that_reads_it(
    write: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = write(100)
    count = len(list_trials(Params.parse(study_of(100))))
    for command in (
        lambda: write_plan(Params.parse(study_of(100)), results),
        lambda: tables.main(["--results", str(results)]),
        lambda: examine(results),
    ):
        assert opened(monkeypatch, results, command) == {1: count}


def test_a_thousand_trials_take_ten_times_the_calls_of_a_hundred_and_make_a_small_page(
    write: Callable[[int], Path],
) -> None:
    small, large = write(100), write(1000)
    # What is done only once is done before: imports, and the schema.
    tables.main(["--results", str(small)])
    hundred, thousand = (
        calls(lambda folder=folder: tables.main(["--results", str(folder)])) for folder in (small, large)
    )
    assert thousand < 10 * hundred
    assert main(arguments(large)) == 0
    html = (large / "report" / "index.html").read_text()
    assert len(html.encode()) < MOST
    # The page says how much is left out, and where everything is.
    trials = read_table(large / "tables", "trials")
    assert f"the first 1000 of {len(trials)}" in words(html)
    learned = (
        trials[(trials["probe"] == "learning") & (trials["twin"] == "simple")].groupby("environment").size().iloc[0]
    )
    assert f"one line for each of the first 20 of {learned} seeds" in words(html)
    assert f"and {2 * learned - 30} more" in words(html)
    for address in set(re.findall(r'href="(\.\./[^"#]*)"', html)) - {"../version.json"}:
        assert (large / "report" / address).exists(), address
