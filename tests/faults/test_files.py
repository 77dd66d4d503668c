"""Records that were cut short or edited, and a cache that was damaged."""

import hashlib
import json
from pathlib import Path

from tests.conftest import ENVIRONMENT
from tests.copies import log_of_run, logged, measured, must, run_in

from .conftest import STUDY, TRIALS, files, records, require_whole

TABLES = [*STUDY, "tables"]
RECORD = f"{ENVIRONMENT}/sound/identity-0"


def test_a_record_that_was_cut_short_is_named_and_measured_again(study: Path, undisturbed: Path) -> None:
    record = study / f"results/trials/{RECORD}.json"
    whole = record.read_bytes()
    before = records(study)
    record.write_bytes(whole[: len(whole) // 2])
    check = run_in(study, "twinproof", "check")
    assert check.returncode == 1
    assert f"results/trials/{RECORD}.json: not JSON, truncated or edited" in check.stdout
    said = must(run_in(study, *TRIALS))
    assert f"results/trials/{RECORD}.json: not a record, truncated or edited; set aside as results/superseded/" in said
    assert measured(log_of_run(study)) == {RECORD}
    before.pop(f"{RECORD}.json")
    require_whole(study, undisturbed, before)


def test_an_edited_record_is_named_and_measured_again_once_it_is_removed(study: Path, undisturbed: Path) -> None:
    record = study / f"results/trials/{RECORD}.json"
    before, tables = records(study), files(study / "results/tables")
    edited = json.loads(record.read_text())
    edited["seconds"] += 1
    record.write_text(json.dumps(edited, indent=1) + "\n")
    told = (
        f"results/trials/{RECORD}.json: edited since it was written: its digest does not match; "
        "remove it, and the next run"
    )
    check = run_in(study, "twinproof", "check")
    assert check.returncode == 1
    assert told in check.stdout
    done = run_in(study, *TABLES)
    assert done.returncode == 1
    assert f"error: {told} measures this trial again" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(study / "results/tables") == tables
    record.unlink()
    assert measured(logged(study, *TRIALS)) == {RECORD}
    before.pop(f"{RECORD}.json")
    require_whole(study, undisturbed, before)


def test_a_record_damaged_in_the_cache_is_refused_and_fetched_or_measured_again(
    study: Path, undisturbed: Path, tmp_path: Path
) -> None:
    must(run_in(study, "dvc", "repro"))
    must(run_in(study, "dvc", "remote", "add", "--default", "far", str(tmp_path / "far")))
    must(run_in(study, "dvc", "push"))
    before, record = records(study), study / f"results/trials/{RECORD}.json"
    whole = record.read_bytes()
    digest = hashlib.md5(whole, usedforsecurity=False).hexdigest()
    cached = study / f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}"
    assert cached.read_bytes() == whole

    def checked_out(damaged: bytes) -> str:
        """Return the message about a record that was damaged in the cache, which DVC does not notice."""
        cached.chmod(0o644)
        cached.write_bytes(damaged)
        record.unlink()
        must(run_in(study, "dvc", "checkout"))
        assert record.read_bytes() == damaged
        check = run_in(study, "twinproof", "check")
        assert check.returncode == 1
        return check.stdout

    assert f"{RECORD}.json: not JSON, truncated or edited" in checked_out(whole[: len(whole) // 2])
    # As the guide says.
    record.unlink()
    assert "not in cache" in must(run_in(study, "dvc", "status"))
    must(run_in(study, "dvc", "pull"))
    assert record.read_bytes() == whole
    assert measured(logged(study, *TRIALS)) == set()
    edited = checked_out(whole.replace(b'"seconds": ', b'"seconds": 1'))
    assert f"{RECORD}.json: edited since it was written: its digest does not match" in edited
    record.unlink()
    assert measured(logged(study, *TRIALS)) == {RECORD}
    before.pop(f"{RECORD}.json")
    require_whole(study, undisturbed, before)
