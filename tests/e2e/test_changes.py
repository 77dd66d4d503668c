"""Changes, mistakes and failures after the quick study: what is measured again, and what stays as it was."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.copies import QUICK, measured, must, records, run_in

pytestmark = pytest.mark.versions

TWINS = ("simple", "conditional", "dynamic")


def planned(folder: Path, *more: str) -> list[str]:
    """Return the records that a dry run would measure."""
    return sorted(measured(must(run_in(folder, *QUICK, "--dry-run", *more))))


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    """Temporarily replace the content of a file."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


OUTSIDE = [
    "README.md",
    "src/twinproof/report/page/page.py",
    "src/twinproof/analysis/verdicts/learning.py",
    "src/twinproof/cli.py",
    "src/twinproof/study/params.py",
]


def test_change_outside_the_measured_side_measures_nothing_again(quick_study):
    with ExitStack() as changes:
        for file in OUTSIDE:
            path = quick_study / file
            changes.enter_context(changed(path, path.read_bytes() + b"\nCHANGED = True\n"))
        assert planned(quick_study) == []


def test_change_of_the_page_makes_it_again_but_no_notebook(quick_study):
    path = quick_study / "src/twinproof/report/page/page.py"
    with changed(path, path.read_bytes() + b"\n# changed\n"):
        rules = re.findall(r"^rule (\w+):", must(run_in(quick_study, *QUICK, "--dry-run")), re.M)
    assert "make_report" in rules and "run_notebook" not in rules


def test_touching_a_source_file_measures_nothing_again(quick_study):
    (quick_study / "src/twinproof/measured/run_trial.py").touch()
    assert planned(quick_study) == []


def test_change_that_concerns_a_twin_or_a_probe_measures_it_again(quick_study):
    """tests/pipeline/test_counting.py proves which change concerns what; here, Snakemake follows it."""
    twin, params = quick_study / "src/twinproof/measured/twins/dynamic.py", quick_study / "params.yaml"
    with (
        changed(twin, twin.read_bytes() + b"\nCHANGED = True\n"),
        changed(params, params.read_bytes().replace(b"steps: 25", b"steps: 24")),
    ):
        again = planned(quick_study)
    concerned = {("dynamic", "learning"), *((twin, "identity") for twin in TWINS)}
    twice = [f"tf2.21-cpu/{twin}/{probe}-{r}" for twin, probe in concerned for r in (0, 1)]
    assert again == sorted([*twice, "tf2.21-cpu/dynamic/graph-0"])
    assert planned(quick_study) == []


def test_change_of_the_harness_measures_everything_again_until_it_is_undone(quick_study):
    path = quick_study / "src/twinproof/measured/run_batch.py"
    with changed(path, path.read_bytes() + b"\nCHANGED = True\n"):
        assert len(planned(quick_study)) == 15
    assert planned(quick_study) == []


def test_change_of_validation_verifies_the_data_again(quick_study):
    params = quick_study / "params.yaml"
    with changed(params, params.read_bytes().replace(b"validation: 5000", b"validation: 4000")):
        assert "rule verify_data" in must(run_in(quick_study, *QUICK, "--dry-run"))
    must(run_in(quick_study, *QUICK))


def test_one_altered_byte_of_the_data_stops_every_run_and_leaves_the_results(quick_study):
    file = quick_study / "data/mnist/t10k-labels-idx1-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    kept = [path for path in quick_study.glob("results/quick/**/*") if path.is_file() and path.name != "data.json"]
    kept = [path for path in kept if not {"logs", "benchmarks"}.intersection(path.parts)]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept}
    with changed(file, bytes(content)):
        for _ in range(2):
            done = run_in(quick_study, *QUICK)
            assert done.returncode != 0
            assert "t10k-labels-idx1-ubyte.gz: altered" in done.stdout + done.stderr
            assert "Traceback" not in done.stdout + done.stderr
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept} == before
    must(run_in(quick_study, *QUICK))
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in kept} == before


def test_missing_data_file_is_named_before_anything_runs(quick_study):
    file = quick_study / "data/mnist/train-labels-idx1-ubyte.gz"
    hidden = file.rename(file.with_suffix(".hidden"))
    done = run_in(quick_study, *QUICK)
    hidden.rename(file)
    assert done.returncode != 0
    assert "data.directory: data/mnist has no train-labels-idx1-ubyte.gz" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_wrong_parameter_is_explained_without_a_traceback(quick_study):
    """tests/study/test_params.py covers all mistakes; here, Snakemake passes on their messages."""
    params = quick_study / "params.yaml"
    with changed(params, params.read_bytes().replace(b"epochs: 5", b"epoch: 5")):
        done = run_in(quick_study, "snakemake", "--dry-run")
    assert done.returncode != 0
    assert "learning.epoch: unknown key; allowed: replicates, epochs" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_last_good_page_stays_where_a_new_one_cannot_be_made(quick_study):
    page = quick_study / "results/quick/report/index.html"
    before = page.read_bytes()
    with changed(quick_study / "src/twinproof/report/page/page.py", b"raise SystemExit('broken')"):
        assert run_in(quick_study, *QUICK).returncode != 0
        assert page.read_bytes() == before
    must(run_in(quick_study, *QUICK))


def test_failed_trial_runs_again_and_loses_no_record(quick_study):
    path = quick_study / "src/twinproof/measured/twins/dynamic.py"
    before = records(quick_study)
    with changed(path, path.read_bytes() + b"\n\nraise RuntimeError('unfinished')\n"):
        for _ in range(2):
            done = run_in(quick_study, *QUICK, "trials")
            assert done.returncode != 0
            assert (
                "importing twinproof.measured.twins.dynamic failed: RuntimeError: unfinished"
                in done.stdout + done.stderr
            )
            assert "to do: 5 trials" in done.stderr
            assert "done: 0 trials run, 10 reused, 5 failed or not run" in done.stderr
        assert len(planned(quick_study)) == 5
    assert planned(quick_study) == []
    # Records that count again are restored when a run starts.
    must(run_in(quick_study, *QUICK, "trials"))
    assert records(quick_study) == before
