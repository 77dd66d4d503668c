"""`--inputs`: valid texts are read, and every other text is refused in one line with an example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinproof.proof.errors import CannotTellError
from twinproof.proof.specs import EXAMPLE, Spec, describe, parse_inputs

PARTS = st.sampled_from(
    ["a=", "ids=", "=", ":", ":int32", ":string", "28", ",", "?", "None", "-1", " ", "0", "é", "\n"]
)
SIZES = st.lists(st.one_of(st.none(), st.integers(0, 10**6)), max_size=4).map(tuple)
DTYPES = st.sampled_from(["float16", "bfloat16", "float32", "float64", "int32", "uint8", "bool"])
SPECS = st.builds(Spec, SIZES, DTYPES)
NAMES = st.from_regex(r"[a-z_]\w*", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("28,28,1", Spec((28, 28, 1))),
        ("16:int32", Spec((16,), "int32")),
        ("?,8", Spec((None, 8))),
        (":float32", Spec(())),
        ("4 5", [Spec((4,)), Spec((5,))]),
        ("image=28,28,1 ids=None:int32", {"image": Spec((28, 28, 1)), "ids": Spec((None,), "int32")}),
    ],
)
def test_inputs_are_read_as_they_are_written(text: str, specs: object) -> None:
    assert parse_inputs(text) == specs


@given(st.dictionaries(NAMES, SPECS, min_size=1, max_size=4))
def test_named_specs_come_back_from_their_own_text(named: dict[str, Spec]) -> None:
    assert parse_inputs(" ".join(f"{name}={spec}" for name, spec in named.items())) == named


@given(st.one_of(st.text(max_size=40), st.lists(PARTS, max_size=8).map("".join)))
def test_any_other_text_is_refused_in_one_line(text: str) -> None:
    try:
        specs = parse_inputs(text)
    except CannotTellError as error:
        said = str(error)
        assert (said.isprintable() and EXAMPLE in said) or "cannot be generated" in said
    else:
        assert describe(specs)


@pytest.mark.parametrize("text", ["", " ", "28x28", "-1", "a=b", "28,28,", "28:int32:int32", "1,2:string"])
def test_refused_texts_are_quoted(text: str) -> None:
    with pytest.raises(CannotTellError, match="string" if "string" in text else "allowed: --inputs"):
        parse_inputs(text)
