"""Records that were cut short or edited, times that lie in the future, and a cache that was damaged."""

import json
from pathlib import Path

from tests.conftest import ENVIRONMENT
from tests.e2e.conftest import measured, must, run_in

from .conftest import STUDY, files, records, require_whole

RECORD = f"{ENVIRONMENT}/sound/identity-0"


def test_a_record_that_was_cut_short_is_named_and_measured_again(study: Path, undisturbed: Path) -> None:
    record = study / f"results/trials/{RECORD}.json"
    whole = record.read_bytes()
    before = records(study)
    record.write_bytes(whole[: len(whole) // 2])
    check = run_in(study, "twinproof", "check")
    assert check.returncode == 1
    assert f"results/trials/{RECORD}.json: not JSON, cut short or edited" in check.stdout
    done = run_in(study, *STUDY)
    said = must(done)
    assert f"results/trials/{RECORD}.json: not a record, cut short or edited; set aside as results/superseded/" in said
    assert measured(said) == {RECORD}
    before.pop(f"{RECORD}.json")
    require_whole(study, undisturbed, before)


def test_an_edited_record_is_named_and_measured_again_once_it_is_removed(study: Path, undisturbed: Path) -> None:
    record = study / f"results/trials/{RECORD}.json"
    before, tables = records(study), files(study / "results/tables")
    edited = json.loads(record.read_text())
    edited["styles"]["subclassed"]["result"]["comparison"]["outcome"] = "differs"
    record.write_text(json.dumps(edited, indent=1) + "\n")
    told = (
        f"results/trials/{RECORD}.json: edited since it was written, as its digest tells; remove it, and the next run"
    )
    check = run_in(study, "twinproof", "check")
    assert check.returncode == 1
    assert told in check.stdout
    done = run_in(study, *STUDY)
    assert done.returncode == 1
    assert f"error: {told} measures this trial again" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(study / "results/tables") == tables
    record.unlink()
    assert measured(must(run_in(study, *STUDY))) == {RECORD}
    before.pop(f"{RECORD}.json")
    require_whole(study, undisturbed, before)
