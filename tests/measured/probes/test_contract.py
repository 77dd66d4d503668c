"""A model that a study cannot train is refused, with its twin and style, what was found and what is required."""

from collections.abc import Callable
from typing import Any

import pytest

ADDS_UP = "it must return class probabilities, (8, 3) for 8 images: end it with a softmax"
TOLD = {
    "no softmax": ["`functional` computes outputs from -", "which add up to", ADDS_UP],
    "no softmax in the other": ["`subclassed` computes outputs from -", "which add up to", ADDS_UP],
    "sigmoid": ["`functional` computes outputs from 0.", "which add up to", ADDS_UP],
    "softmax and more": ["which add up to 2 to 2 for an image", ADDS_UP],
    "not finite": ["computes outputs that are not all finite", ADDS_UP],
    "other shape": ["computes outputs of shape (8, 3, 1)", ADDS_UP],
    "other classes": ["computes outputs of shape (8, 4)", ADDS_UP],
    "two outputs": ["computes a dict", ADDS_UP],
    "other width": ["`functional` cannot be built: ValueError: "],
    "integers": ["`functional` takes int32; it must take flat images of floats between 0 and 1"],
    "embedding": [
        "`functional` passes float32 to the embedding `embedding",
        "which takes ids; it must take flat images",
    ],
    "embedding in a class": ["`functional` passes float32 to the embedding `embedding", "which takes ids"],
    "compiled": ["`functional` returns a compiled model; it must return it uncompiled"],
    "nothing": ["`functional` returns None; it must return a Keras model"],
    "a layer": ["`functional` returns <", "it must return a Keras model"],
    "one for all": ["`functional` returns the same model object that it returned before; it must return a new one"],
    "the other's": ["`subclassed` returns the same model object that `functional` returns; it must return a new one"],
    "shared by both": ["`functional` returns a model that shares weights with the one that it returned before"],
    "wrong argument": ["`functional` cannot be built: TypeError: ", "multiple values", "contract_facts.py, line "],
    "fails in call": ["`functional` cannot be built: ValueError: ", "no call"],
    "mute": ["cannot be built: Mute: its text is not available: its str() raises RuntimeError"],
    "without a text": ["`functional` cannot be built: ValueError: without a text (", "contract_facts.py, line "],
    "half a pair": ["`functional` cannot be built: ValueError: half \\ud800 a pair"],
    "exits": ["`functional` cannot be built: SystemExit: 0 (", "contract_facts.py, line "],
    "interrupts": ["`functional` cannot be built: KeyboardInterrupt: without a text"],
}


@pytest.fixture(scope="module", params=["tf2.21-cpu", "tf2.15-cpu"])
def found(request: pytest.FixtureRequest, facts_from: Callable[..., Any]) -> Any:
    return facts_from("contract_facts", request.param)


def test_what_breaks_the_contract_is_reported_and_everything_else_is_accepted(found: Any) -> None:
    told = {name: fact["told"] for name, fact in found["told"].items()}
    assert {name for name, line in told.items() if line is None} == {"sound", "ids of its own"}
    assert told.keys() - {"sound", "ids of its own"} == TOLD.keys()
    for name, words in TOLD.items():
        assert told[name].startswith("twins.mine: "), name
        assert "\n" not in told[name]
        assert [word for word in words if word not in told[name]] == [], told[name]


def test_an_error_in_the_users_code_has_a_traceback_that_starts_there(found: Any) -> None:
    said = {name: fact["traceback"] for name, fact in found["told"].items() if "Traceback" in fact["traceback"]}
    assert said.keys() == {name for name, words in TOLD.items() if any("cannot be built" in word for word in words)}
    for name in ("wrong argument", "exits"):
        begin = said[name].index("Traceback (most recent call last)")
        assert "contract_facts.py" in said[name][begin:].splitlines()[1]


def test_each_style_ends_with_its_own_error(found: Any) -> None:
    raised, named = found["own"]["raise"], found["own"]["named alike"]
    assert {style: error["message"] for style, error in raised.items()} == {"functional": "one", "subclassed": "other"}
    for style, name in (("functional", "a"), ("subclassed", "b")):
        assert f'"{name}"' in named[style]["message"]
