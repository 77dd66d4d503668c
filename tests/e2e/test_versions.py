"""A study through DVC: a version that a colleague can pull, and that a change makes stale.

Nothing is measured: DVC, git and Snakemake treat all records in the same way. A real study through
`dvc repro` is among the commands of the guides.
"""

import json
import re
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import vl_convert

from tests.copies import git, measured, must, run_in
from tests.report.studies import TWINS
from tests.stand_in import ENVIRONMENT, StandIn

pytestmark = pytest.mark.versions


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> StandIn:
    """A copy with a study, reproduced through DVC, committed and pushed to a folder."""
    root = tmp_path_factory.mktemp("version")
    stand_in = StandIn(root / "twinproof", root / "made", ["identity", "learning"])
    folder = stand_in.folder
    must(run_in(folder, "dvc", "repro"))
    must(run_in(folder, "dvc", "remote", "add", "--default", "here", str(root / "remote")))
    must(run_in(folder, "dvc", "push"))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=A version")
    git(folder, "tag", "v-a")
    return stand_in


@pytest.fixture(scope="module")
def version(study) -> Path:
    """The folder of that study."""
    return study.folder


@pytest.fixture
def pulled(version, tmp_path) -> Path:
    """What a colleague has after `git clone` and `dvc pull`."""
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(version), str(folder))
    must(run_in(folder, "dvc", "pull"))
    return folder


def trials_planned(folder: Path) -> set[str]:
    return measured(must(run_in(folder, "snakemake", "--dry-run")))


def test_reproduced_study_is_up_to_date_for_dvc_and_snakemake(version):
    assert "up to date" in must(run_in(version, "dvc", "status"))
    assert trials_planned(version) == set()
    assert "Running stage" not in must(run_in(version, "dvc", "repro"))


def test_tables_and_metrics_are_in_git_but_not_records_notebooks_and_report(version):
    listed = subprocess.run(["git", "ls-files", "results"], cwd=version, capture_output=True, text=True, check=True)
    folders = {Path(line).parts[1] for line in listed.stdout.splitlines()}
    assert folders == {".gitignore", "params.yaml", "protocols", "tables", "metrics.json", "version.json"}


def test_clone_with_pulled_results_has_no_trial_to_measure(pulled):
    assert (pulled / "results/report/index.html").exists()
    assert "up to date" in must(run_in(pulled, "dvc", "status"))
    assert trials_planned(pulled) == set()


def test_changed_parameter_in_a_clone_plans_the_trials_it_concerns(pulled):
    """Snakemake remembers nothing in a clone; the protocols do."""
    params = pulled / "params.yaml"
    before = params.read_text()
    params.write_text(re.sub(r"^  steps: 12$", "  steps: 11", before, count=1, flags=re.M))
    assert trials_planned(pulled) == {
        f"{ENVIRONMENT}/{twin}/identity-{replicate}" for twin in TWINS for replicate in (0, 1)
    }
    params.write_text(before)
    assert trials_planned(pulled) == set()


def test_altered_data_in_a_clone_is_noticed(version, pulled):
    # So that no environment is installed.
    (pulled / "results/environments").symlink_to(version / "results/environments")
    file = pulled / "data/mnist/t10k-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-1])
    done = run_in(pulled, "snakemake", "--cores", "2")
    assert done.returncode != 0
    assert "t10k-labels-idx1-ubyte.gz: altered" in done.stdout + done.stderr


def test_metrics_and_plots_can_be_shown(version):
    assert "bit_equal_share" in must(run_in(version, "dvc", "metrics", "show", "--json"))
    plots = json.loads(run_in(version, "dvc", "plots", "show", "--json").stdout)["data"]
    for name in ("validation accuracy by epoch", "test accuracy by style, with its interval over seeds"):
        [plot] = plots[name]
        picture = vl_convert.vegalite_to_svg(plot["content"], vl_version="5.20")
        for text in (name, ENVIRONMENT, "dynamic", "subclassed"):
            assert text in picture


def test_experiment_with_another_parameter_measures_and_reports_it(study):
    study.params["identity"]["steps"] += 1
    study.lay_out()
    must(run_in(study.folder, "dvc", "exp", "run", "-S", f"identity.steps={study.params['identity']['steps']}"))
    steps = pd.read_csv(study.folder / "results/tables/identity_steps.csv")["step"]
    assert steps.max() == study.params["identity"]["steps"]


def changed_seed(study: StandIn, seed: int, tag: str) -> None:
    """Make another version, from another seed."""
    study.params["seed"] = seed
    study.change(study.params)
    must(run_in(study.folder, "dvc", "repro"))
    must(run_in(study.folder, "dvc", "push"))
    git(study.folder, "add", "--all")
    git(study.folder, "commit", "--quiet", f"--message={tag}")
    git(study.folder, "tag", tag)


def links(page: Path) -> set[Path]:
    """Return what a page links to outside its own folder."""
    return {page.parent / link for link in re.findall(r'href="(\.\./[^"#]*)"', page.read_text())}


def test_two_versions_are_listed_compared_and_shown(study, version):
    changed_seed(study, 7, "v-b")
    listed = must(run_in(version, "twinproof", "versions"))
    assert re.findall(r"^(v-\S+)", listed, re.M) == ["v-b", "v-a"]
    compared = run_in(version, "twinproof", "compare", "v-a", "v-b")
    assert compared.returncode == 1, compared.stderr
    assert "made from params seed: 20250130 -> 7" in compared.stdout
    assert "figures differ" in compared.stdout
    assert (version / compared.stderr.strip()).is_file()
    assert run_in(version, "twinproof", "compare", "v-b").returncode == 0
    assert run_in(version, "twinproof", "compare", "v-a", "v-a").returncode == 0
    pages = [version / must(run_in(version, "twinproof", "show", tag)).splitlines()[0] for tag in ("v-a", "v-b")]
    old, new = (page.read_text() for page in pages)
    assert new == (version / "results/report/index.html").read_text() != old
    # No link leads to the crate, which neither git nor DVC keeps.
    for page in pages:
        assert [link for link in links(page) if not link.is_file()] == []
        assert {link.parts[-1] for link in links(page)} >= {"claims.csv", "version.json", "learning.html"}
        assert page.parent / f"../trials/{ENVIRONMENT}/dynamic/learning-0.json" in links(page)
    assert run_in(version, "twinproof", "check").returncode == 0


def test_an_old_report_comes_from_the_remote_where_the_cache_lacks_it(version, tmp_path):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(version), str(folder))
    page = folder / must(run_in(folder, "twinproof", "show", "v-a")).splitlines()[0]
    assert "<title>twinproof" in page.read_text()


def test_an_old_report_that_is_nowhere_is_refused_without_a_traceback(version, tmp_path):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(version), str(folder))
    must(run_in(folder, "dvc", "remote", "modify", "here", "url", str(tmp_path / "empty")))
    done = run_in(folder, "twinproof", "show", "v-a")
    assert done.returncode == 2
    assert "is neither in DVC's cache nor in its remote" in done.stderr and "Traceback" not in done.stderr


def test_a_damaged_cache_is_noticed(pulled):
    damaged = 0
    for path in (pulled / ".dvc/cache").rglob("*"):
        if path.is_file() and b"<title>twinproof" in path.read_bytes():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b"<title>twinproof", b"<title>twinpro0f"))
            damaged += 1
    assert damaged
    must(run_in(pulled, "dvc", "remote", "remove", "here"))
    done = run_in(pulled, "twinproof", "show", "v-a")
    assert done.returncode == 2
    assert "DVC's cache" in done.stderr and "Traceback" not in done.stderr
