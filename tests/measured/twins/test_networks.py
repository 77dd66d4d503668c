"""The networks of the wider study: their styles compute the same, and their targets fit their outputs."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

# They would take a minute of the budget of `make test`, and rarely change.
pytestmark = pytest.mark.outcomes

# For a batch of 20 images: the inputs of a model, and its targets.
FLAT, MAPS, CLASSES = [[20, 784], "float32"], [[20, 28, 28, 1], "float32"], [[20, 10], "float32"]
YES_OR_NO = [[20, 1], "float32"]
DATA: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "lenet": ({"": MAPS}, {"": CLASSES}),
    "residual": ({"": MAPS}, {"": CLASSES}),
    "recurrent": ({"": [[20, 28, 28], "float32"]}, {"": CLASSES}),
    "patches": ({"": FLAT}, {"": CLASSES}),
    "tokens": ({"": [[20, 24], "int32"]}, {"": [[20], "int64"]}),
    "siamese": ({"left": FLAT, "right": FLAT}, {"": YES_OR_NO}),
    "multitask": ({"": FLAT}, {"digit": CLASSES, "odd": YES_OR_NO}),
    "denoising": ({"": MAPS}, {"": MAPS}),
    "variational": ({"": FLAT}, {"": FLAT}),
    "mixture": ({"": FLAT}, {"": CLASSES}),
}
LISTS = ("lenet", "recurrent", "tokens", "denoising")  # also written as Sequential


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("networks_facts", request.param)


@pytest.mark.parametrize("network", DATA)
def test_all_styles_compute_and_learn_the_same_bit_for_bit(facts: Any, network: str) -> None:
    traces = facts[network]["traces"]
    styles = {"functional", "subclassed", *(["sequential"] if network in LISTS else [])}
    assert traces.keys() == styles
    assert len(set(facts[network]["parameters"].values())) == 1
    assert all(one == traces["functional"] for one in traces.values())


@pytest.mark.parametrize("network", DATA)
def test_it_learns_what_it_is_shown(facts: Any, network: str) -> None:
    losses = facts[network]["traces"]["functional"]["losses"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("network", DATA)
def test_targets_have_the_form_of_the_outputs(facts: Any, network: str) -> None:
    inputs, targets = DATA[network]
    assert facts[network]["data"] == {"inputs": inputs, "targets": targets}
    # Class numbers stand for the probabilities of all classes.
    gives = {"": CLASSES} if network == "tokens" else targets
    assert all(found == gives for found in facts[network]["gives"].values())


@pytest.mark.parametrize("network", DATA)
def test_the_data_are_the_same_each_time(facts: Any, network: str) -> None:
    assert facts[network]["same again"]


@pytest.mark.parametrize("network", DATA)
def test_a_network_computes_the_same_once_saved_and_loaded(facts: Any, network: str) -> None:
    assert set(map(str, facts[network]["reloads"].values())) == {str({"status": "ok", "result": {"equal": True}})}
