import math
from dataclasses import replace

import pandas as pd
import pytest

from twinproof.analysis.verdicts.learning import TwinFound, answer, gate
from twinproof.analysis.words import LearningVerdict
from twinproof.base.words import Identity

FAIR = TwinFound(
    environment="e",
    twin="t",
    gate=Identity.BIT_EQUAL,
    control=Identity.BIT_EQUAL,
    gate_seeds=2,
    seed_alone=2,
    seeds=5,
    bit_equal_seeds=5,
)
ACCURACY = pd.DataFrame(
    {
        "style": ["functional", "subclassed"],
        "test_accuracy": [0.97, 0.96],
        "low": [0.965, 0.955],
        "high": [0.975, 0.965],
        "difference": [math.nan, -0.01],
        "difference_low": [math.nan, -0.02],
        "difference_high": [math.nan, 0.001],
    }
)


def rows(*outcomes: str | None) -> pd.DataFrame:
    return pd.DataFrame({"outcome": outcomes, "status": ["failed" if o is None else "ok" for o in outcomes]})


@pytest.mark.parametrize(
    ("outcomes", "worst"),
    [
        ([], "not measured"),
        (["bit-equal", "bit-equal"], "bit-equal"),
        (["bit-equal", "within rounding"], "within rounding"),
        (["different", "within rounding"], "different"),
        (["different", None], "failed"),
    ],
)
def test_gate_is_the_worst_outcome(outcomes, worst):
    assert gate(rows(*outcomes)) == worst


def test_gate_fails_where_a_style_has_no_functional_to_be_compared_with():
    assert gate(pd.DataFrame({"outcome": [None], "status": ["ok"]})) == "failed"


@pytest.mark.parametrize(
    ("change", "failures", "expected"),
    [
        (
            {},
            0,
            "learn the same, to the last bit of every weight, on 5 of 5 seeds; test accuracy 97.00 % [96.50, 97.50]",
        ),
        ({"bit_equal_seeds": 3}, 0, "on 3 of 5 seeds; subclassed minus functional -1.00 points [-2.00, +0.10]"),
        ({"gate": "different"}, 0, "not judged, because its styles are not one network"),
        ({"gate": "failed"}, 0, "not judged, because a style failed"),
        ({"gate": "not measured"}, 0, "not judged, because its identity was not measured"),
        ({"control": "different"}, 0, "not judged, because functional against itself is different"),
        ({"seeds": 0, "bit_equal_seeds": 0}, 0, "learning was not measured"),
        ({}, 2, "inconclusive, because 2 of its trainings failed"),
    ],
)
def test_answer_judges_only_what_the_gate_the_control_and_the_trainings_allow(change, failures, expected):
    verdict, sentence = answer(replace(FAIR, **change), ACCURACY, failures, ["CPU"])
    assert expected in sentence
    assert verdict == ("not judged" if "not" in expected else "equal" if "every weight" in expected else "inconclusive")


def test_answer_says_that_one_seed_has_no_interval():
    accuracy = ACCURACY.assign(low=math.nan, high=math.nan)
    assert "no interval" in answer(replace(FAIR, seeds=1, bit_equal_seeds=1), accuracy, 0, ["CPU"])[1]


def test_trials_computed_on_different_devices_are_not_judged():
    verdict, sentence = answer(FAIR, ACCURACY, 0, ["CPU", "GPU NVIDIA H200"])
    assert verdict == LearningVerdict.NOT_JUDGED
    assert "computed on CPU and on GPU NVIDIA H200" in sentence
