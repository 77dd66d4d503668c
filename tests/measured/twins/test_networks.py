"""The networks of the wider study: their styles compute the same, and what is predicted fits what they give."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

# A minute of the time that `make test` has; they change seldom.
pytestmark = pytest.mark.outcomes

# Images of a batch of 20: what a model is given, and what it is to predict.
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
LISTS = ("lenet", "recurrent", "tokens", "denoising")  # that Sequential holds, too


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
def test_what_is_predicted_has_the_form_of_what_a_model_gives(facts: Any, network: str) -> None:
    inputs, targets = DATA[network]
    assert facts[network]["data"] == {"inputs": inputs, "targets": targets}
    # Classes that are numbers stand for the probabilities of all.
    gives = {"": CLASSES} if network == "tokens" else targets
    assert all(found == gives for found in facts[network]["gives"].values())


@pytest.mark.parametrize("network", DATA)
def test_the_data_are_the_same_each_time(facts: Any, network: str) -> None:
    assert facts[network]["same again"]


@pytest.mark.parametrize("network", DATA)
def test_a_network_computes_the_same_once_saved_and_loaded(facts: Any, network: str) -> None:
    assert set(map(str, facts[network]["reloads"].values())) == {str({"status": "ok", "result": {"equal": True}})}
