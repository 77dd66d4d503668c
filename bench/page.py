"""How large the report is, and how soon a browser shows it and has drawn all of it."""

import argparse
import shutil
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright
from side_by_side import verdict

SECONDS, MEBIBYTES = 2.0, 8.0


def main() -> None:
    """Open the page a few times, each in a fresh browser, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, default=Path("results/report/index.html"))
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    assert chromium, "there is no chromium; run tests/browser/install-chromium"
    loads, drawings = [], []
    with sync_playwright() as playwright:
        for _ in range(options.rounds):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            tab = browser.new_page()
            tab.goto(options.page.resolve().as_uri())
            loads.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
            tab.locator("html[data-state=ready]").wait_for(state="attached", timeout=120_000)
            drawings.append(tab.evaluate("performance.now()") / 1000)
            browser.close()
    size = options.page.stat().st_size / 2**20
    print(f"{size:.1f} MiB; {verdict(size, MEBIBYTES, most=True)}")
    print(f"loaded in {median(loads):.2f} s (median); {verdict(median(loads), SECONDS, most=True)}")
    print(f"every figure drawn and every table made in {median(drawings):.2f} s (median)")


if __name__ == "__main__":
    main()
