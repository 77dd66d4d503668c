"""Opens the report's page in Chromium, without a network; tests/browser/install-chromium installs Chromium."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, Route, sync_playwright

from twinproof.analysis.completeness import Requirement
from twinproof.report.page.__main__ import main

from ..report import studies

REPOSITORY = Path(__file__).parents[2]
SCREENSHOTS = REPOSITORY / "build" / "screenshots"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "there is no chromium; run tests/browser/install-chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def make_report(folder: Path, *study: Any) -> Path:
    """Return the page of a made-up study."""
    studies.write_results(folder, *study)
    given = {
        "tables": folder / "tables",
        "metrics": folder / "metrics.json",
        "params": folder / "params.yaml",
        "notebooks": folder / "notebooks",
        "output": folder / "report" / "index.html",
    }
    assert main([text for name, path in given.items() for text in (f"--{name}", str(path))]) == 0
    return given["output"]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a study in which everything was measured."""
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    return make_report(tmp_path_factory.mktemp("whole") / "results", *studies.whole_study(params))


@pytest.fixture(scope="session")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an incomplete study: only the identity of one twin was measured."""
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    records = {path: record for path, record in studies.learned_records().items() if "simple/identity" in path}
    examined = [Requirement("Every planned trial has a record", ["dynamic/identity-0.json: missing"])]
    folder = tmp_path_factory.mktemp("partial") / "results"
    return make_report(folder, records, studies.small_study(params), examined)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a page and wait until it is drawn; check that it requested nothing and reported no problem."""
    said: list[str] = []
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    def opened(path: Path, viewport: dict[str, int] = DESKTOP, *, folded: bool = False, **options: Any) -> Page:
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        context.route(lambda url: not url.startswith(("file:", "data:", "blob:")), refuse)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: said.append(f"error: {error}"))
        tab.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            settle(tab)
            if not folded:
                unfold(tab)
        return tab

    contexts: list[Any] = []
    yield opened
    for context in contexts:
        context.close()
    assert not asked
    assert not said


def settle(tab: Page) -> None:
    """Wait until figures and tables show what is chosen."""
    tab.locator("html[data-state=ready]").wait_for(state="attached", timeout=120_000)


def unfold(tab: Page) -> None:
    """Show all tables, which are folded up at first."""
    tab.evaluate("for (const fold of document.querySelectorAll('.fold')) fold.open = true")
