import os
import time
from pathlib import Path

from twinproof.run.clock import bring_back

DAY = 86400 * 10**9


def test_times_to_come_become_times_past_in_their_order(tmp_path: Path) -> None:
    now = time.time_ns()
    times = {
        "results/past": now - DAY,
        "results/deep/first": now + DAY,
        "results/alike": now + DAY,
        "src/last": now + 2 * DAY,
        "results/venv/any": now + DAY,
    }
    for name, changed in times.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, ns=(changed, changed))
    # One that lies below another is no other.
    seen = {tmp_path / "results", tmp_path / "results/deep", tmp_path / "src/last", tmp_path / "none"}
    assert bring_back(seen) == 3
    after = {name: (tmp_path / name).stat().st_mtime for name in times}
    assert after["results/past"] < after["results/deep/first"] == after["results/alike"] < after["src/last"]
    assert after["src/last"] <= time.time()
    assert after["results/venv/any"] == times["results/venv/any"] / 10**9
    assert bring_back({tmp_path / "results", tmp_path / "src"}) == 0
