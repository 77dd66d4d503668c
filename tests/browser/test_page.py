"""A reader's browser shows the report offline: figures, tables, choices, links; in dark mode, on a phone, on paper."""

import csv
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from ..report.studies import ENVIRONMENT, OLDER
from .conftest import DESKTOP, PHONE, SCREENSHOTS, Open, settle, unfold

MOST_BYTES = 8 * 2**20
SECTIONS = [
    "answer", "choosing", "keeping", "migrating", "debugging", "claims", "quality", "provenance", "notebooks",
]  # fmt: skip


def texts(tab: Page, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in tab.locator(selector).all_inner_texts()]


def choose(tab: Page, key: str, value: str, chosen: bool) -> None:
    """Choose in the menu at the top what is shown."""
    tab.locator(f"#choices summary:has([data-of={key}])").click()
    tab.locator(f"input[name={key}][value='{value}']").set_checked(chosen)
    tab.keyboard.press("Escape")
    settle(tab)


def rows(tab: Page, name: str) -> list[list[str]]:
    """The visible rows of a table, as texts."""
    return [
        [" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()]
        for row in tab.locator(f"table[data-name='{name}'] tbody tr").all()
    ]


def test_sections_are_in_the_order_in_which_they_are_read(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    found = tab.locator("main section").evaluate_all("all => all.map(one => one.getAttribute('aria-labelledby'))")
    assert found == SECTIONS


def test_page_is_small_enough_to_be_sent(whole: Path) -> None:
    assert whole.stat().st_size <= MOST_BYTES


def test_every_figure_is_drawn_and_says_what_it_shows_in_a_sentence(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    figures = tab.locator("figure")
    assert figures.count() >= 12
    for figure in figures.all():
        caption = figure.locator("figcaption").inner_text()
        assert caption.endswith(".") and caption.count(". ") == 0, caption
        assert figure.locator("svg .mark-group path, svg .role-mark path, svg .role-mark text").count(), caption


def test_mark_is_described_under_the_pointer(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    tab.locator("figure").first.locator(".mark-symbol path").first.hover()
    tab.locator("#vg-tooltip-element.visible").wait_for()
    assert "question" in tab.locator("#vg-tooltip-element").inner_text()


def test_choice_of_an_environment_acts_on_figures_tables_and_columns(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    curves = tab.locator("figure", has_text=f"Validation accuracy by epoch in {OLDER}")
    before = tab.locator("figure").first.locator("svg").inner_html()
    assert curves.is_visible()
    choose(tab, "environment", OLDER, False)
    assert not curves.is_visible()
    assert tab.locator("figure").first.locator("svg").inner_html() != before
    assert {row[0] for row in rows(tab, "accuracy")} == {ENVIRONMENT}
    heads = texts(tab, "table[data-name=exchange] thead th")
    assert heads == ["Twin", "Style", "Format", "Written in", ENVIRONMENT]
    assert {row[3] for row in rows(tab, "exchange")} == {ENVIRONMENT}
    assert not tab.locator(f"table[data-name='serialization-{OLDER}']").is_visible()
    assert "1 of 2 environments" in tab.locator("#choices output").inner_text()


def test_choice_of_twin_and_style_acts_on_figures_and_tables_and_can_be_undone(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    curves = tab.locator("figure", has_text=f"Validation accuracy by epoch in {ENVIRONMENT}")
    lines = curves.locator(".mark-line path")
    whole_count, every = lines.count(), rows(tab, "accuracy")
    choose(tab, "twin", "simple", False)
    choose(tab, "style", "sequential", False)
    assert 0 < lines.count() < whole_count
    assert {(row[1], row[2]) for row in rows(tab, "accuracy")} == {("dynamic", "functional"), ("dynamic", "subclassed")}
    assert texts(tab, f"table[data-name='serialization-{ENVIRONMENT}'] thead th") == [
        "Operation", "Place", "dynamic, functional", "dynamic, subclassed", "dynamic, naive",
    ]  # fmt: skip
    choose(tab, "style", "functional", False)
    choose(tab, "style", "subclassed", False)
    choose(tab, "style", "naive", False)
    assert "The choices at the top of the page leave nothing" in curves.inner_text()
    tab.get_by_role("button", name="Show all").click()
    settle(tab)
    assert lines.count() == whole_count
    assert rows(tab, "accuracy") == every


def test_controls_of_timing_stay_whatever_style_is_chosen(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    choose(tab, "style", "sequential", False)
    forest = tab.locator("figure", has_text="Ratio of each quantity to functional")
    # One mark per quantity and twin: functional compared with itself, slowed functional, and the subclass.
    assert forest.locator(".mark-symbol.role-mark path").count() == 3 * 12 - 2
    assert forest.locator("[class*=_0_marks] path").count() == 12


def test_table_is_sorted_by_number_and_not_by_text(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    name = f"timing-{ENVIRONMENT}"
    head = tab.locator(f"table[data-name='{name}'] thead th", has_text="Functional").first
    head.click()
    found = list(dict.fromkeys(row[3] for row in rows(tab, name)))
    assert found.index("3.00 MiB") == len(found) - 1
    found = [text for text in found if not text.endswith("MiB")]
    assert [text.split()[0] for text in found] == ["2.10", "12.0", "31.0", "50.0", "400"]
    assert head.get_attribute("aria-sort") == "ascending"


def test_table_is_searched(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    tab.get_by_label("Search Accuracies").fill("1 failed")
    found = rows(tab, "accuracy")
    assert len(found) == 2
    assert all("1 failed" in row[3] for row in found)


def test_table_is_downloaded_as_it_is_shown_with_the_addresses_of_its_records(
    whole: Path, open_page: Open, tmp_path: Path
) -> None:
    tab = open_page(whole)
    tab.get_by_label("Search Accuracies").fill(f"{OLDER} dynamic")
    shown = rows(tab, "accuracy")
    container = tab.locator(".dt-container", has=tab.locator("table[data-name=accuracy]"))
    with tab.expect_download() as waiting:
        container.get_by_role("button", name="Download CSV").click()
    assert waiting.value.suggested_filename == "twinproof-accuracy.csv"
    waiting.value.save_as(tmp_path / "accuracy.csv")
    with (tmp_path / "accuracy.csv").open(encoding="utf-8-sig") as file:
        head, *found = filter(None, csv.reader(file))
    assert head == ["Environment", "Twin", "Style", "Seeds", "Test accuracy", "Minus functional", "Weights", "Records"]
    assert [row[:-1] for row in found] == [row[:-1] for row in shown]
    assert len(found) == 3
    assert found[0][-1].split() == [f"../trials/{OLDER}/dynamic/learning-{replicate}.json" for replicate in range(3)]


@pytest.mark.parametrize("study", ["whole", "partial"])
def test_every_link_leads_somewhere(study: str, open_page: Open, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(study)
    tab = open_page(path)
    addresses = tab.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
    identifiers = set(tab.locator("[id]").evaluate_all("all => all.map(one => one.id)"))
    assert any("/trials/" in address for address in addresses)
    for address in dict.fromkeys(addresses):
        parts = urlsplit(address)
        assert parts.scheme == "file", address
        target = Path(unquote(parts.path))
        assert target.is_file(), address
        if target == path:
            assert parts.fragment in identifiers, address


@pytest.mark.parametrize("study", ["whole", "partial"])
@pytest.mark.parametrize(
    ("name", "viewport", "scheme"),
    [("light", DESKTOP, "light"), ("dark", DESKTOP, "dark"), ("phone", PHONE, "light"), ("phone-dark", PHONE, "dark")],
)
def test_page_is_accessible_and_as_wide_as_the_screen(
    study: str, name: str, viewport: dict[str, int], scheme: str, open_page: Open, request: pytest.FixtureRequest
) -> None:
    tab = open_page(request.getfixturevalue(study), viewport, folded=True, color_scheme=scheme)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SCREENSHOTS / f"{study}-{name}.png", full_page=True)
    unfold(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    results = Axe().run(tab)
    assert not results.violations_count, results.generate_report()


def test_menus_work_with_the_keyboard(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.get_by_role("link", name="Quality of the measurement", exact=True).is_visible()
    tab.keyboard.press("Escape")
    assert not tab.get_by_role("link", name="Quality of the measurement", exact=True).is_visible()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    settle(tab)
    assert "1 of 2 environments" in tab.locator("#choices output").inner_text()


def test_note_of_an_outcome_is_shown_on_keyboard_focus(whole: Path, open_page: Open) -> None:
    tab = open_page(whole)
    tab.keyboard.press("Tab")
    tab.locator("td.bad a[title]").first.focus()
    shown = tab.locator("td.bad a[title]").first.evaluate("link => getComputedStyle(link, '::after').content")
    assert "differs by up to" in shown


def test_page_is_printed_with_everything_unfolded(whole: Path, open_page: Open, tmp_path: Path) -> None:
    tab = open_page(whole, folded=True)
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("main details:not([open])").count() == 0
    tab.emulate_media(media="print")
    assert (
        "What would change" in tab.locator("main").inner_text() or "Would change it" in tab.locator("main").inner_text()
    )
    assert not tab.locator("header").is_visible()
    tab.emulate_media(media="screen")
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.locator("main details[open]").count() == 0
    written = tab.pdf(path=tmp_path / "report.pdf")
    assert written.startswith(b"%PDF") and b"/Font" in written


def test_page_can_be_read_without_scripts(whole: Path, open_page: Open) -> None:
    tab = open_page(whole, java_script_enabled=False)
    assert "The figures need JavaScript" in tab.locator("main").inner_text()
    assert not tab.locator("#choices").is_visible()
    table = tab.locator("table[data-name=accuracy]")
    assert not table.is_visible()
    tab.get_by_text("Table: Accuracies").click()
    assert table.locator("caption").is_visible()
    assert table.locator("tbody tr").count() == 12


def test_missing_parts_are_named(partial: Path, open_page: Open) -> None:
    text = open_page(partial).locator("main").inner_text()
    for said in (
        "dynamic/identity-0.json: missing",
        "For what it learns: either.",
        "Learning was not measured, so there are no curves.",
        "Timing was not measured",
        "Serialization was not measured.",
        "Pitfalls were not measured.",
        "identity of dynamic was not measured",
    ):
        assert said in text
    assert "undefined" not in text and "NaN" not in text
