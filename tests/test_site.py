"""The guides as a site."""

import re
from pathlib import Path

LOADED = re.compile(
    r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//|url\([\"']?(?:https?:)?//|@import"
)


def test_site_has_no_broken_link_and_loads_nothing_from_elsewhere(site: Path) -> None:
    """MkDocs checks links, including those of README, CHANGELOG and config/README.md, and that it lists each guide."""
    files = [path for suffix in ("html", "css") for path in site.rglob(f"*.{suffix}")]
    assert {"index.html", "twinproof.html", "parameters.html", "changelog.html"} <= {path.name for path in files}
    assert [path for path in files if LOADED.search(path.read_text())] == []


def test_lists_are_read_as_github_reads_them(site: Path) -> None:
    """Without an empty line before a list, and with code in the items of a numbered list."""
    assert "<li><code>image.sif</code>, for apptainer" in (site / "environments.html").read_text()
    (steps,) = re.findall(r"<ol>.*?</ol>", (site / "own-model.html").read_text(), re.S)
    assert len(re.findall(r"^<li>", steps, re.M)) == 4
    assert "<pre>" in steps
