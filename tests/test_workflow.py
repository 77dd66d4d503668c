import json
import re
import subprocess
import sys
from contextlib import chdir
from itertools import product
from pathlib import Path

import pytest
import yaml
import yte

from twinproof.environments.releases import list_releases

from .copies import fresh_copy, measured, must, run_in

REPOSITORY = Path(__file__).parents[1]


def test_snakemake_gives_only_the_advice_that_was_declined(tmp_path):
    """docs/decisions/0004 says why rules name no conda environment."""
    folder = fresh_copy(tmp_path / "copy")
    done = subprocess.run([sys.executable, "-m", "snakemake", "--lint"], cwd=folder, capture_output=True, text=True)
    advice = re.findall(r"^    \* (.+?):?$", done.stderr, re.M)
    assert set(advice) == {"Specify a conda environment or container for each rule."}


def test_use_as_a_module_of_another_workflow_is_refused_with_what_to_do(tmp_path):
    module = f'module study:\n    snakefile: "{REPOSITORY}/workflow/Snakefile"\nuse rule * from study\n'
    (tmp_path / "Snakefile").write_text(module)
    done = run_in(tmp_path, "snakemake", "--dry-run")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "start this workflow in a clone of its repository" in said
    assert "Traceback" not in said


def test_a_lock_left_by_a_killed_run_can_be_removed_as_snakemake_says(tmp_path):
    folder = fresh_copy(tmp_path / "copy")
    (folder / ".snakemake/locks").mkdir(parents=True)
    (folder / ".snakemake/locks/0.output.lock").write_text(f"{folder}/results/data.json\n")
    must(run_in(folder, "snakemake", "--unlock"))
    assert not list(folder.glob(".snakemake/locks/*"))


def test_the_study_of_depth_times_four_depths_and_nothing_else(tmp_path):
    folder = fresh_copy(tmp_path / "copy")
    printed = must(run_in(folder, "snakemake", "--cores", "2", "--profile", "workflow/profiles/depth", "--dry-run"))
    asked = {trial.rpartition("-")[0] for trial in measured(printed)}
    twins = ("dynamic", "dynamic_1", "dynamic_20", "dynamic_50")
    assert asked == {f"tf2.21-cpu/{twin}/{probe}" for twin in twins for probe in ("identity", "timing")}


def test_the_study_of_releases_measures_three_probes_in_each_minor_version_from_2_13_on(tmp_path):
    folder = fresh_copy(tmp_path / "copy")
    printed = must(run_in(folder, "snakemake", "--cores", "2", "--profile", "workflow/profiles/releases", "--dry-run"))
    asked = {trial.rpartition("-")[0] for trial in measured(printed)}
    with chdir(folder):
        environments = {release.environment for release in list_releases()} - {"keras2.12-tf2.12-cpu"}
    parts = product(environments, ("simple", "conditional", "dynamic"), ("identity", "serialization", "pitfalls"))
    assert asked == {"/".join(part) for part in parts}
    printed = must(run_in(folder, "twinproof", "plan", "--profile", "workflow/profiles/releases", "--cores", "2"))
    assert re.search(r"^to do: 171 trials, .* GB; about \d h \d+ min with 2 at a time$", printed, re.M)


def test_the_slurm_profile_repeats_the_default_one_which_is_not_read_with_it():
    default, slurm = (
        yte.process_yaml((REPOSITORY / f"workflow/profiles/{name}/config.yaml").read_text(), require_use_yte=True)
        for name in ("default", "slurm")
    )
    # Slurm counts GPUs itself.
    del default["resources"]
    assert default.items() <= slurm.items()


def test_the_slurm_profile_names_existing_rules_and_an_account_only_if_one_is_given():
    text = (REPOSITORY / "workflow/profiles/slurm/config.yaml").read_text()
    rules = re.findall(
        r"^rule (\w+):", "".join(path.read_text() for path in REPOSITORY.glob("workflow/rules/*.smk")), re.M
    )
    without = yte.process_yaml(text, require_use_yte=True)
    assert without["set-resources"].keys() <= set(rules)
    assert "slurm_account" not in without["default-resources"]
    given = yte.process_yaml(re.sub(r"(?m)^  account: *", r"\g<0>physics ", text), require_use_yte=True)
    assert given["default-resources"]["slurm_account"] == "'physics'"


def keys(schema, prefix=""):
    """Yield each key of the parameters and what it means; NAME stands for the name of an environment or a twin."""
    for name, part in schema.get("properties", {}).items():
        yield f"{prefix}{name}", part["description"]
        yield from keys(part, f"{prefix}{name}.")
        if isinstance(named := part.get("additionalProperties"), dict):
            yield from keys(named, f"{prefix}{name}.NAME.")


def test_the_page_on_configuration_describes_each_parameter_as_the_schema_does():
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/params.schema.yaml").read_text())
    page = (REPOSITORY / "config/README.md").read_text()
    assert re.findall(r"^\| `(.+?)` \| (.+) \|$", page, re.M) == list(keys(schema))


def test_dvc_follows_the_parameters_of_every_probe():
    stages = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]
    assert set(stages["trials"]["params"]) == set(yaml.safe_load((REPOSITORY / "params.yaml").read_text()))


def test_locks_hold_hashes_and_no_address():
    locks = [*REPOSITORY.glob("containers/locks/*.txt"), *REPOSITORY.glob("workflow/*.txt")]
    assert len(locks) >= 3
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text
        assert text.count("==") > 0
        packages = re.split(r"^(?=\S+==)", text, flags=re.M)[1:]
        assert packages
        for block in packages:
            assert "--hash=sha256:" in block


def test_plot_templates_contain_no_address_and_are_recognized_as_vega_lite():
    """Without a schema address, vega-embed recognizes Vega-Lite by its keys."""
    templates = list(REPOSITORY.glob("workflow/plots/*.json"))
    assert templates
    for path in templates:
        assert "://" not in path.read_text()
        assert "facet" in json.loads(path.read_text())


LOCK = ["make", "--silent", "--old-file=.venv/bin/uv", "lock"]


@pytest.fixture
def with_uv(tmp_path):
    """A copy with two small locks, in which `make` finds a uv."""
    folder = fresh_copy(tmp_path / "copy")
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/uv").symlink_to(Path(sys.executable).parent / "uv")
    for lock in folder.glob("containers/locks/*"):
        lock.unlink()
    for name in ("one", "two"):
        (folder / f"containers/locks/{name}.in").write_text("six==1.16.0\n")
    must(run_in(folder, *LOCK))
    return folder


def test_make_lock_keeps_unchanged_locks_and_repairs_edited_ones(with_uv):
    one, two, uv = (
        with_uv / name for name in ("containers/locks/one.txt", "containers/locks/two.txt", "workflow/uv.txt")
    )
    right, before = one.read_text(), {path: path.stat().st_mtime_ns for path in (two, uv)}
    one.write_text(right.replace("--hash=sha256:", "--hash=sha256:0000", 1)[:-5])
    must(run_in(with_uv, *LOCK))
    assert one.read_text() == right
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_make_lock_fails_if_one_lock_cannot_be_made_and_leaves_it(with_uv):
    (with_uv / "containers/locks/one.in").write_text("six==999\n")
    before = (with_uv / "containers/locks/one.txt").read_text()
    done = run_in(with_uv, *LOCK)
    assert done.returncode != 0
    assert "six==999" in done.stderr
    assert (with_uv / "containers/locks/one.txt").read_text() == before


def test_notebooks_have_no_outputs_in_git():
    notebooks = list(REPOSITORY.glob("workflow/notebooks/*.ipynb"))
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text())["cells"]
        assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
