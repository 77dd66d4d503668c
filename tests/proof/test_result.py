"""A proof as data, as text, as a page."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.conftest import REPOSITORY
from twinproof.proof.page import as_page
from twinproof.proof.result import (
    Allowed,
    Compared,
    Difference,
    Kind,
    LayerPair,
    Outcome,
    Proof,
    Stage,
    StageResult,
    Verdict,
)
from twinproof.proof.text import as_text, sentence, stage_words

NASTY = "</td><script>alert('&\"')</script>"
EQUAL = StageResult(Stage.INFERENCE, Outcome.EQUAL, 4)
ROUNDING = StageResult(Stage.LOSS, Outcome.ROUNDING, 1, "loss", 1e-7, 0.5)
DIFFERENCE = Difference(Kind.LAYER, Stage.INFERENCE, "norm", "bn", cause="epsilon is 0.001 against 1e-05")
PROOF = Proof(
    "old.py:build",
    "new.py:build",
    Verdict.NOT_ONE_NETWORK,
    sentence(Verdict.NOT_ONE_NETWORK, DIFFERENCE, (), 0, Allowed(), ""),
    (EQUAL, StageResult(Stage.INFERENCE, Outcome.DIFFERENT, 3, "output, one row", 0.25, 1e6)),
    DIFFERENCE,
    Compared(4, 2, 1, 5, 10),
    ("inputs: 28,28,1:float32",),
    ("speed",),
    (("dense/kernel", "out/kernel"),),
    (LayerPair("norm", "bn", "BatchNormalization", "Norm", 0.0, 0.25), LayerPair("a", "", "B", "", None, None)),
    {"keras": "3.15.1", "backend": "tensorflow"},
    "print(1)\n",
)  # fmt: skip


@pytest.mark.parametrize("proof", [PROOF, Proof("a", "b", Verdict.CANNOT_TELL, "Cannot tell: why")])
def test_a_proof_comes_back_from_json(proof: Proof) -> None:
    assert Proof.from_json(json.loads(json.dumps(proof.as_json()))) == proof


def test_exit_status_and_one_network_follow_the_verdict() -> None:
    told = {verdict: replace(PROOF, verdict=verdict) for verdict in Verdict}
    assert {verdict: proof.exit_status for verdict, proof in told.items()} == {
        Verdict.ONE_NETWORK: 0,
        Verdict.NOT_ONE_NETWORK: 1,
        Verdict.CANNOT_TELL: 2,
    }
    assert [proof.one_network for proof in told.values()] == [True, False, False]
    assert PROOF.as_json()["one_network"] is False


def test_text_begins_with_one_sentence_and_ends_with_what_was_not_compared() -> None:
    lines = as_text(PROOF).splitlines()
    assert lines[0] == ("Not one network: starting at `norm` (second model: `bn`); epsilon is 0.001 against 1e-05")
    assert lines[1] == ""
    assert lines[-2:] == ["Not compared:", "  speed"]
    compared = "Compared: 4 variables, 2 layers with variables, 1 output, 5 kinds of inputs, 10 training steps"
    assert f"{compared}; Keras 3.15.1 on tensorflow." in lines
    inference = "  inference                 different       3 arrays; most at output, one row: 0.25, 1e+06 times"
    assert any(line.startswith(inference) for line in lines)


@pytest.mark.parametrize(
    ("steps", "stages", "tolerance", "said"),
    [
        (1, (EQUAL,), None, "One network: equal to the last bit through 1 training step"),
        (0, (EQUAL,), None, "One network: equal to the last bit in inference; training was not compared"),
        (2, (EQUAL, ROUNDING), None, "One network: equal within rounding through 2 training steps (at most 0.5 times "),
        (2, (ROUNDING,), 1e-3, "One network: equal within the given tolerance of 0.001 through 2 training steps"),
    ],
)
def test_the_sentence_says_how_equal_and_how_far(steps: int, stages: tuple, tolerance: float | None, said: str) -> None:
    assert sentence(Verdict.ONE_NETWORK, None, stages, steps, Allowed(tolerance=tolerance), "").startswith(said)


def test_the_sentence_gives_the_reason_if_nothing_can_be_decided() -> None:
    assert sentence(Verdict.CANNOT_TELL, None, (), 0, Allowed(), "no inputs") == "Cannot tell: no inputs"


@pytest.mark.parametrize(
    ("difference", "place"),
    [
        (Difference(Kind.LAYER, Stage.LOSS, "a", "a"), "starting at `a`"),
        (Difference(Kind.MISSING, Stage.LOSS, "a"), "`a` is missing from the second model"),
        (Difference(Kind.EXTRA, Stage.LOSS, "", "b"), "only the second model has `b`"),
        (Difference(Kind.SWAPPED, Stage.LOSS, "a", "b"), "`a` and `b` are swapped"),
        (Difference(Kind.OPERATION, Stage.LOSS, "a", "b"), "between `a` and `b`"),
        (Difference(Kind.VARIABLE, Stage.LOSS, "a", "b", "a/kernel"), "`a/kernel`"),
        (Difference(Kind.COMPILED, Stage.LOSS), "optimizer or loss"),
        (Difference(Kind.SIGNATURE, Stage.LOSS), "inputs or outputs"),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, Difference) else None,
)
def test_the_place_of_each_kind_of_difference_in_words(difference: Difference, place: str) -> None:
    assert str(difference) == place
    assert str(replace(difference, cause="why")) == f"{place}; why"


def test_only_values_are_said_to_be_equal_to_the_last_bit() -> None:
    for stage in (Stage.STRUCTURE, Stage.START):
        assert "bit" not in stage_words(StageResult(stage, Outcome.EQUAL, 4))


def test_words_of_a_stage() -> None:
    assert stage_words(EQUAL) == "to the last bit, 4 arrays"
    assert stage_words(ROUNDING) == "1 array; most at loss: 1e-07, 0.5 times the effect of one unit in the last place"
    assert stage_words(replace(ROUNDING, ratio=None)) == "1 array; most at loss: 1e-07"
    assert stage_words(replace(ROUNDING, detail="why")) == "why"


class Tags(HTMLParser):
    """Collects opened and closed tags, and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read_page(proof: Proof) -> Tags:
    tags = Tags()
    tags.feed(as_page(proof))
    assert tags.open == []
    return tags


def test_the_page_opens_offline_and_marks_where_models_part() -> None:
    tags = read_page(PROOF)
    assert tags.links == [] and "script" not in tags.seen
    page = as_page(PROOF)
    assert f"<h1>{PROOF.sentence.replace('`', '`')}</h1>" in page
    assert page.count("class=parts") == 2  # the stage, and the layer
    assert "<code>norm</code> BatchNormalization" in page and "<td>0.25</td>" in page


def test_the_page_shows_variables_where_it_has_no_layers() -> None:
    assert "<td>dense/kernel</td><td>out/kernel</td>" in as_page(replace(PROOF, layers=()))


def test_names_that_look_like_html_stay_text() -> None:
    """Everything that a user's code may choose: names of files and layers, messages, types."""
    nasty = Difference(Kind.LAYER, Stage.INFERENCE, NASTY, NASTY, NASTY, NASTY)
    proof = replace(
        PROOF,
        first=NASTY,
        second=NASTY,
        sentence=NASTY,
        difference=nasty,
        stages=(replace(EQUAL, detail=NASTY), replace(ROUNDING, worst=NASTY)),
        notes=(NASTY,),
        not_compared=(NASTY,),
        matches=((NASTY, NASTY),),
        layers=(LayerPair(NASTY, NASTY, NASTY, NASTY, 0.0, 1.0),),
        made_with={"keras": NASTY},
    )
    for one in (proof, replace(proof, layers=())):
        assert "script" not in read_page(one).seen
        assert not re.search(r"<script|alert\('&\"", as_page(one))


def test_a_record_may_hold_every_outcome() -> None:
    schema = json.loads((REPOSITORY / "workflow/schemas/record.schema.json").read_text())
    stage = next(part for part in _parts_of(schema) if {"stage", "outcome"} <= set(part))
    assert stage["outcome"]["enum"] == [str(outcome) for outcome in Outcome]


def _parts_of(value: object) -> Iterator[dict]:
    if isinstance(value, dict):
        yield value
        yield from (part for inner in value.values() for part in _parts_of(inner))
