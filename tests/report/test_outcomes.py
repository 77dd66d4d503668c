"""Page and notebooks show the outcomes of saved models, where mistakes were caught, and every pitfall."""

import re
from pathlib import Path

import pytest

from twinproof.analysis.columns import read_table
from twinproof.analysis.verdicts.claims import CLAIMS
from twinproof.report import notebook

from .test_page import make, without_libraries, words

ENVIRONMENT = "tf2.21-cpu"
NOTEBOOKS = Path(__file__).parents[2] / "workflow" / "notebooks"


@pytest.fixture
def page(outcome_results: Path) -> str:
    return make(outcome_results)


def cell(html: str, text: str) -> str:
    """Return the opening tags of the first cell with this text, and of the link in it."""
    found = re.search(rf"<td[^>]*><a[^>]*>(?={re.escape(text)}</a>)", html)
    assert found, text
    return found[0]


def link(probe: str) -> str:
    return f'<a href="../trials/{ENVIRONMENT}/dynamic/{probe}-0.json"'


def test_what_is_silently_wrong_is_marked_as_bad_with_its_difference(page: str) -> None:
    assert cell(page, "silently wrong") == f'<td class="bad">{link("serialization")} title="differs by up to 0.5">'


def test_an_error_is_shown_on_hover(page: str) -> None:
    assert 'title="ValueError: &lt;b&gt;shapes&lt;/b&gt; (128, 10) &amp; (128, 9)"' in cell(page, "load fails")
    unavailable = f'<td class="quiet">{link("serialization")} title="not installed: onnx">'
    assert cell(page, "not available") == unavailable


def test_each_mistake_is_shown_with_its_stage_and_whether_it_is_named(page: str) -> None:
    told = "Layers that do not fit Shapes that do not fit yes error, construct, named error, first step"
    assert told in words(page)


def test_a_pitfall_is_shown_with_what_its_author_would_expect(page: str) -> None:
    assert "Layers in a <list> within a list dynamic subclassed It predicts the same. silently wrong" in words(page)


def test_every_claim_has_a_verdict_and_links_to_its_evidence(page: str) -> None:
    claims = re.findall(r"([CQ]\d+)\. .*?<strong[^>]*>(\w+)</strong>", page, re.DOTALL)
    assert [name for name, _ in claims] == [claim.name for claim in CLAIMS]
    assert {verdict for _, verdict in claims} <= {"supported", "refuted", "mixed", "inconclusive"}
    targets = set(re.findall(r'href="#([a-z-]+)"', page))
    assert targets and targets <= set(re.findall(r'id="([a-z-]+)"', page))


def test_the_answer_is_on_the_page_as_in_the_table(page: str, outcome_results: Path) -> None:
    for sentence in read_table(outcome_results / "tables", "answer")["sentence"]:
        assert sentence in words(page)


def test_what_was_not_measured_is_reported(results: Path) -> None:
    text = words(make(results))
    for said in ("Serialization was not measured", "No mistakes were planted", "Pitfalls were not measured"):
        assert said in text


def test_nothing_is_loaded_from_outside(page: str) -> None:
    assert not re.search(r"<(?:img|link|script|iframe)\b[^>]*(?:src|href)=", without_libraries(page))


def run(name: str, results: Path, folder: Path) -> str:
    parameters = {"environment": ENVIRONMENT, "twin": "dynamic", "tables": str(results / "tables")}
    given = [text for pair in parameters.items() for text in ("-p", *pair)]
    output = folder / f"{name}.html"
    assert (
        notebook.main(
            [
                "--input",
                str(NOTEBOOKS / f"{name}.ipynb"),
                "--output",
                str(folder / "n.ipynb"),
                "--html",
                str(output),
                *given,
            ]
        )
        == 0
    )
    return output.read_text()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("serialization", ["silently wrong", "differs by up to 0.5", "not installed: onnx", "data:image/svg+xml"]),
        ("pitfalls", ["Layers in a &lt;list&gt; within a list", "https://example.org/issue", "differ by up to 0.05"]),
    ],
)
def test_the_notebook_shows_every_outcome(name: str, shown: list[str], outcome_results: Path, tmp_path: Path) -> None:
    html = run(name, outcome_results, tmp_path)
    for text in shown:
        assert text in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("name", "said"),
    [("serialization", "Serialization was not measured."), ("pitfalls", "No pitfall was measured.")],
)
def test_the_notebook_says_what_was_not_measured(name: str, said: str, results: Path, tmp_path: Path) -> None:
    assert said in run(name, results, tmp_path)
