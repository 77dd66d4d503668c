"""A damaged file is either read or refused in one line: `python -m tests.fuzzing 20000` tries many more."""

from pathlib import Path

from .fuzzing import fuzz


def test_a_spoilt_file_is_read_or_refused(tmp_path: Path) -> None:
    ends, found = fuzz(tmp_path, count=500, seed=2026)
    assert not found, f"{found[0].target}: {found[0].content[:300]!r}\n{found[0].end}"
    # Both outcomes occur: not everything is refused, and not everything is accepted.
    assert ends["read"] > 25
    assert ends["refused"] > 250
