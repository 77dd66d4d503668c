"""A twin declares its network's inputs, targets and compilation: every probe accepts them or says why not."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="module")
def found(facts_from: Callable[..., Any]) -> Any:
    return facts_from("task_facts")


def test_several_inputs_and_outputs_are_proven_and_a_difference_is_found(found: Any) -> None:
    outcomes = {style: one["result"].get("comparison", {}).get("outcome") for style, one in found["identity"].items()}
    assert outcomes == {
        "functional": None,
        "subclassed": "bit-equal",
        "sequential": "different",
        "control": "bit-equal",
    }


def test_their_graphs_are_compared(found: Any) -> None:
    compared = {
        style: {
            name: one["optimized"].get("comparison", {}).get("outcome") for name, one in result["functions"].items()
        }
        for style, result in ((style, one["result"]) for style, one in found["graph"].items())
    }
    assert set(compared["subclassed"].values()) == set(compared["control"].values()) == {"equal"}
    assert "equal" not in compared["extended"].values()


def test_they_learn_and_their_first_accuracy_is_reported(found: Any) -> None:
    learned = {style: one["result"] for style, one in found["learning"].items()}
    assert learned["functional"]["weights"] == learned["subclassed"]["weights"] != learned["sequential"]["weights"]
    assert learned["functional"]["metric"].endswith("accuracy")
    assert 0 <= learned["functional"]["test_accuracy"] <= 1


def test_a_network_that_predicts_a_number_has_a_loss_and_no_accuracy(found: Any) -> None:
    learned = {style: one["result"] for style, one in found["regression"].items() if one["status"] == "ok"}
    assert learned["functional"]["weights"] == learned["sequential"]["weights"]
    for result in learned.values():
        assert result["test_loss"] > 0
        assert (result["test_accuracy"], result["metric"], result["epochs"][0]["accuracy"]) == (None, None, None)


def test_a_training_step_that_returns_no_loss_is_that_styles_error(found: Any) -> None:
    error = found["regression"]["subclassed"]["error"]
    assert "must return `loss`; found ['own']" in error["message"]


def test_a_loaded_model_gives_all_outputs_again(found: Any) -> None:
    for name, kept in found["kept"].items():
        assert kept["error"] is None, name
        assert kept["largest"] < 1e-6, name


def test_a_proof_of_a_file_uses_the_task_in_the_file(found: Any) -> None:
    assert found["proven"]["one network"]
    assert "inputs: 4,4,1:float32" in found["proven"]["text"]
    assert "loss given: mean_absolute_error; optimizer sgd" in found["proven"]["text"]


def test_inputs_alone_reshape_the_images(found: Any) -> None:
    assert found["reshaped"] == [40, 4, 4, 1]


REFUSED = {
    "unequal": "`data` returns {'inputs': 8, 'targets': 5}, by the number of examples",
    "no array": "`data` returns a str as its targets",
    "raises": "`data` cannot be called: IndexError",
    "other inputs": "`inputs` says 4,4:float32, but `data` returns 16:float32",
    "no such loss": "`functional` cannot be trained on the result of `data`, compiled as `compiling` says",
    "one array": "`data` cannot be called: TypeError: it returns a ndarray; it must return two, inputs and targets",
    "inputs raise": "`inputs` cannot be called: ZeroDivisionError: division by zero",
    "compiling ends": "`compiling` cannot be called: SystemExit: without a text",
    "a value": "`compiling` is {'loss': 'mse'}; it must be a function",
    "no dict": "`compiling` returns 'mse'; it must return the arguments of `compile`",
    "one optimizer": "`compiling` returns the same optimizer object as before",
    "no text of inputs": "`inputs`: --inputs '28x28'",
    "several inputs": "`inputs` names several inputs; a function `data` must return",
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_task_is_refused_in_one_line(found: Any, case: str) -> None:
    told = found["refused"][case]
    assert told.startswith("twins.mine: ")
    assert "\n" not in told
    assert REFUSED[case] in told


def test_a_valid_task_is_accepted(found: Any) -> None:
    assert found["refused"]["sound"] is None
