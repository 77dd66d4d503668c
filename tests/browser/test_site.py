"""The site of the guides, opened as files: its search works, and nothing is requested from a network."""

from pathlib import Path

from playwright.sync_api import Browser


def test_search_finds_a_guide_without_a_server(browser: Browser, site: Path) -> None:
    asked: list[str] = []
    with browser.new_context() as context:
        context.on("request", lambda request: asked.append(request.url))
        tab = context.new_page()
        tab.goto((site / "index.html").as_uri())
        tab.locator("input.md-search__input").fill("exit status")
        found = tab.locator(".md-search-result__link")
        found.first.wait_for()
        assert any("prove.html" in str(found.nth(number).get_attribute("href")) for number in range(found.count()))
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
