import json
import re
import subprocess
import sys
from pathlib import Path

from .e2e.conftest import fresh_copy, must, run_in

REPOSITORY = Path(__file__).parents[1]


def test_snakemake_has_no_advice_but_the_one_declined(tmp_path):
    """docs/decisions/0004 says why rules name no conda environment."""
    folder = fresh_copy(tmp_path / "copy")
    done = subprocess.run([sys.executable, "-m", "snakemake", "--lint"], cwd=folder, capture_output=True, text=True)
    advice = re.findall(r"^    \* (.+?):?$", done.stderr, re.M)
    assert set(advice) == {"Specify a conda environment or container for each rule."}


def test_a_lock_left_by_a_killed_run_can_be_removed_as_snakemake_says(tmp_path):
    folder = fresh_copy(tmp_path / "copy")
    (folder / ".snakemake/locks").mkdir(parents=True)
    (folder / ".snakemake/locks/0.output.lock").write_text(f"{folder}/results/data.json\n")
    must(run_in(folder, "snakemake", "--unlock"))
    assert not list(folder.glob(".snakemake/locks/*"))


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


def test_notebooks_have_no_outputs_in_git():
    notebooks = list(REPOSITORY.glob("workflow/notebooks/*.ipynb"))
    assert notebooks
    for path in notebooks:
        cells = json.loads(path.read_text())["cells"]
        assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
