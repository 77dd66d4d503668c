"""Proofs of small models, in the oldest and the newest Keras: one network passes, and a difference is named."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

EQUAL = (
    "itself", "a class", "the class first", "other names", "compiled alike", "nested", "a dict of inputs",
    "ids as floats", "a mask", "added losses", "names the other way round", "a constant of zero", "a rounded number",
    "a penalty of both kinds",
)  # fmt: skip
# What the sentence says about each: the layer, the variable or the setting, and the two values.
DIFFERENT = {
    "activation": ["starting at `a`", "activation is relu against tanh"],
    "epsilon": ["starting at `b` (second model: `batch_normalization", "epsilon is 0.001 against 1e-05"],
    "momentum": ["starting at `b`", "momentum is 0.9 against 0.99"],
    "dropout rate": ["starting at `c`", "rate is 0.3 against 0.4"],
    "frozen layer": ["`a/kernel`", "the first model trains it, the second does not"],
    "regularizer": ["`a/kernel`", "its regularizer is none against L2(l2=0.001)"],
    "initializer": ["starting at `a`", "kernel_initializer is GlorotUniform against HeNormal"],
    "swapped layers": ["`first`", "`second`"],
    "residual": ["`add` is missing from the second model"],
    "optimizer": ["learning_rate is 0.001 against 0.002"],
    "from_logits": ["loss from_logits is True against False"],
    "added loss": ["loss", "layers and add_loss add 1 loss against 0"],
    "mask": ["`rnn`"],
    "input shape": ["input is 6:int32 against 4:float32"],
    "output shape": ["the output has shape (8, 3) against (8, 2)"],
    "initial value": ["`dense_", "it starts as -4.6 against 0"],
    "ignored class": ["loss ignore_class is 255 against None"],
    "argument of a loss": ["loss delta is 10 against 50"],
    "inputs of zero": ["`the input`"],
    "bytes": ["`the input`"],
    "long sequences": ["`the input`"],
    "weight decay": ["exclude_from_weight_decay is none against a/bias, d/bias"],
    "own optimizer": ["own momentum is 0 against 0.9"],
    "output type": ["dtype is float32 against bfloat16"],
    "type inside": ["dtype is float32 against bfloat16"],
    "factor": ["scale is 1 against 1.02"],
}
UNKNOWN = {
    "unrepeatable": ["unseeded differs from itself in inference"],
    "not a number": ["not a number in both models"],
    "nothing known": ["their inputs are unknown", '--inputs "28,28,1"'],
}


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("proof_facts", request.param)


def proof(facts: Any, kind: str, name: str) -> dict[str, Any]:
    if name not in facts[kind]:
        pytest.skip("asked of the newest Keras alone")
    assert "crash" not in facts[kind][name], facts[kind][name]
    return facts[kind][name]


@pytest.mark.parametrize("name", EQUAL)
def test_one_network_is_equal_to_the_last_bit_however_it_is_written(facts: Any, name: str) -> None:
    found = proof(facts, "equal", name)
    assert found["sentence"].startswith("One network: equal to the last bit"), found["sentence"]
    assert {stage["outcome"] for stage in found["stages"]} == {"equal"}
    assert found["compared"]["variables"] and found["compared"]["outputs"] and found["compared"]["inputs"] > 1


def test_a_proof_goes_through_every_stage_and_says_what_it_saw(facts: Any) -> None:
    found = proof(facts, "equal", "a class")
    assert [stage["stage"] for stage in found["stages"]] == [
        "structure", "initial values", "inference", "training mode", "loss", "gradients", "training steps",
        "inference after training", "compiled graphs",
    ]  # fmt: skip
    assert found["compared"] == {"variables": 8, "layers": 4, "outputs": 1, "inputs": 5, "steps": 3}
    assert len(found["matches"]) == 8


def test_another_operation_with_the_same_result_shows_only_in_the_graphs(facts: Any) -> None:
    if "rewritten" not in facts:
        pytest.skip("asked of the newest Keras alone")
    found = facts["rewritten"]
    assert found["sentence"] == "One network: equal to the last bit through 1 training step"
    *others, graphs = found["stages"]
    assert {stage["outcome"] for stage in others} == {"equal"}
    assert graphs["outcome"] == "other graph"
    assert "without 1 Relu" in graphs["detail"] and "Maximum" in graphs["detail"]


def test_a_value_that_differs_in_one_step_is_found(facts: Any) -> None:
    if "between" not in facts:
        pytest.skip("asked of the newest Keras alone")
    assert facts["between"].startswith("Not one network: `reported error`")


def test_the_model_that_does_not_run_on_larger_integers_is_named(facts: Any) -> None:
    if "left out" not in facts:
        pytest.skip("asked of the newest Keras alone")
    (note,) = (note for note in facts["left out"] if note.startswith("left out"))
    assert note.endswith("(second) does not run on it: integers below 256"), note


def test_averages_that_replace_the_weights_after_fit_do_not_count(facts: Any) -> None:
    if "averaged" not in facts:
        pytest.skip("asked of the newest Keras alone")
    assert facts["averaged"]["sentence"] == "One network: equal to the last bit through 3 training steps"


def test_exchanged_operands_show_in_the_wiring(facts: Any) -> None:
    if "exchanged" not in facts:
        pytest.skip("asked of the newest Keras alone")
    found = facts["exchanged"]
    assert found["one_network"]
    assert found["stages"][-1]["outcome"] == "other graph"
    assert "with different settings or wiring" in found["stages"][-1]["detail"]


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_difference_is_found_and_named(facts: Any, name: str) -> None:
    found = proof(facts, "different", name)
    assert found["verdict"] == "not one network", found["sentence"]
    for words in DIFFERENT[name]:
        assert words in found["sentence"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_decided_is_never_called_equal(facts: Any, name: str) -> None:
    found = proof(facts, "unknown", name)
    assert found["verdict"] == "cannot tell" and not found["one_network"]
    assert found["sentence"].startswith("Cannot tell: ")
    for words in UNKNOWN[name]:
        assert words in found["sentence"]


def test_a_given_model_gets_its_weights_back(facts: Any) -> None:
    assert facts["object"]["verdict"] == "one network"
    assert facts["object"]["back"] is True
    assert any("initial values" in line for line in facts["object"]["not compared"])


def test_hints_decide_which_variables_belong_together(facts: Any) -> None:
    assert facts["hints"]["right"].startswith("One network")
    assert facts["hints"]["wrong"].startswith("Not one network")
    assert "the second model has no variable nowhere/kernel; it has right/kernel" in facts["hints"]["unknown"]


def test_a_stored_model_that_differs_from_itself_is_reported(facts: Any) -> None:
    assert facts["written down"].startswith("Cannot tell: first differs from itself in inference")


def test_the_command_prints_one_sentence_first_and_writes_a_page(facts: Any) -> None:
    done = facts["commands"]["different"]
    assert done["status"] == 1
    said = "Not one network: starting at `one` (second model: `two`); activation is relu against selu"
    assert done["printed"].splitlines()[0] == said
    assert f"<h1>{said}</h1>" in facts["commands"]["page"]


def test_the_proof_is_printed_as_json(facts: Any) -> None:
    done = facts["commands"]["json"]
    assert done["status"] == 0
    assert json.loads(done["printed"])["one_network"] is True


@pytest.mark.parametrize("script", ["layers script", "models script"])
def test_the_reproducer_shows_the_difference_without_twinproof(facts: Any, script: str) -> None:
    lines = facts["commands"][script].splitlines()
    assert lines[0].startswith("Keras ")
    outputs = float(lines[1].rpartition(": ")[2])
    if script == "layers script":
        assert outputs > 0
    else:
        assert outputs == 0 and "one/kernel differs after training by" in lines[4].replace(":0", "")


def test_no_script_is_written_where_there_is_nothing_to_show(facts: Any) -> None:
    assert facts["commands"]["none"] is False
    assert "there is no difference to show" in facts["commands"]["no difference"]["errors"]


def test_a_builder_that_raises_shows_the_users_own_traceback(facts: Any) -> None:
    done = facts["commands"]["raises"]
    lines = done["errors"].rstrip().splitlines()
    assert (done["status"], done["printed"]) == (2, "")
    assert lines[0] == "Traceback (most recent call last):"
    assert 'models.py", line ' in lines[1] and lines[1].endswith("in fails")
    assert lines[-2:] == [
        "NameError: name 'undefined' is not defined",
        "error: models.py:fails raised NameError; nothing was compared",
    ]
    assert not any("twinproof" in line or "site-packages" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing", "models.py:nothing returned nothing; it must return a Keras model; was its `return` forgotten?"),
        ("no such function", "models.py has no function 'nwe'; did you mean new?"),
        ("no such file", "missing.py: no such file"),
    ],
)
def test_a_users_mistake_is_reported_in_one_line(facts: Any, name: str, told: str) -> None:
    done = facts["commands"][name]
    assert done["status"] == 2
    assert told in done["printed"] and "\n" not in done["printed"]


def test_a_saved_model_is_compared_with_what_builds_it(facts: Any) -> None:
    assert facts["commands"]["saved"]["status"] == 0, facts["commands"]["saved"]


def test_a_file_of_styles_gives_one_proof_for_each_pair(facts: Any) -> None:
    done = facts["commands"]["styles"]
    assert done["status"] == 1
    lines = done["printed"].splitlines()
    assert [line.partition(":")[0] for line in lines if "ne network:" in line] == ["One network", "Not one network"]
