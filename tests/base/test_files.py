"""Files appear whole or not at all."""

import hashlib
import os
from pathlib import Path

import pytest

from twinproof.base.errors import UserError
from twinproof.base.files import require_room, sha256, write_if_changed, write_whole


def disk_is_full(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("content", ["text\n", "Wörter\n", b"\x00\xff"])
def test_what_is_written_is_what_is_read(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_in_the_middle_leaves_the_earlier_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    write_whole(path, "former")

    monkeypatch.setattr(os, step, disk_is_full)
    with pytest.raises(UserError, match=r"file: cannot be written \(No space left on device\)"):
        write_whole(path, "new")
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_room_is_asked_for_before_it_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new"
    require_room(folder)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/new: cannot be written to \(Not a directory\)"):
        require_room(tmp_path / "file" / "new")
    monkeypatch.setattr(os, "fsync", disk_is_full)
    with pytest.raises(UserError, match=r"new: cannot be written to \(No space left on device\)"):
        require_room(folder)
    assert list(folder.iterdir()) == []


def test_a_file_is_as_readable_as_the_users_other_files(tmp_path: Path) -> None:
    write_whole(tmp_path / "whole", "")
    (tmp_path / "usual").touch()
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_writing_through_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    """DVC may link a result to its cache, which must not be written to."""
    (tmp_path / "cached").write_text("cached")
    (tmp_path / "result").symlink_to(tmp_path / "cached")
    write_whole(tmp_path / "result", "new")
    assert ((tmp_path / "result").read_text(), (tmp_path / "cached").read_text()) == ("new", "cached")


def test_only_changed_content_gives_a_file_a_new_time(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_if_changed(path, "same")
    os.utime(path, (1, 1))
    write_if_changed(path, "same")
    assert path.stat().st_mtime == 1
    write_if_changed(path, "other")
    assert path.stat().st_mtime > 1
    assert path.read_text() == "other"


def test_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe")
    write_if_changed(path, "whole")
    assert path.read_text() == "whole"


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00" * 100_000)
    assert sha256(tmp_path / "file") == hashlib.sha256(b"\x00" * 100_000).hexdigest()
