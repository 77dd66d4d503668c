"""The difference between two configurations in words: what counts, in Keras terms."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from twinproof.proof.arrays import Value
from twinproof.proof.configs import always_counts, describe, differences, is_starting, words


def call(layer_class: str = "Dense", arguments: dict[str, Any] | None = None, **config: Any) -> Any:
    inputs = (Value.of(np.zeros((2, 4, 4, 3))),)
    return SimpleNamespace(layer_class=layer_class, config=config, arguments=arguments or {}, inputs=inputs)


def test_a_setting_that_differs_is_named_with_both_values() -> None:
    assert describe(call(epsilon=1e-3, units=4), call(epsilon=1e-5, units=4)) == "epsilon is 0.001 against 1e-05"


def test_names_and_seeds_are_not_a_difference() -> None:
    assert differences({"name": "a", "seed": 1, "module": "x"}, {"name": "b", "seed": 2, "module": "y"}) == {}


def test_a_setting_that_one_version_of_keras_does_not_have_is_not_a_difference() -> None:
    assert differences({"units": 4, "quantization": None}, {"units": 4}) == {}


def test_what_keras_2_and_3_write_differently_is_the_same() -> None:
    written = {
        "module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": None,
    }  # fmt: skip
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    first = {"initializer": written, "strides": (1, 1), "dtype": policy}
    assert differences(first, {"initializer": {"class_name": "Zeros", "config": {}}, "strides": [1, 1]}) == {}
    assert differences(first, {"dtype": "float32"}) == {}
    assert differences(first, {"dtype": "float16"}) == {"dtype": ("float32", "float16")}


def test_an_axis_from_the_end_is_the_same_as_from_the_front() -> None:
    assert describe(call(axis=[3]), call(axis=-1)) == ""
    assert describe(call(axis=1), call(axis=-1)) == "axis is 1 against 3"


def test_nested_settings_are_named_by_their_place() -> None:
    one, other = ({"kernel_regularizer": {"class_name": "L2", "config": {"l2": value}}} for value in (0.1, 0.2))
    ((name, pair),) = differences(one, other).items()
    assert words(name, pair) == "kernel_regularizer l2 is 0.1 against 0.2"
    assert differences(one, {"kernel_regularizer": None})["kernel_regularizer"] == ("L2", None)


def test_classes_and_arguments_of_a_call_are_named() -> None:
    assert describe(call("Activation", activation="relu"), call("ReLU")) == "Activation(relu) against ReLU"
    assert describe(call(arguments={"mask": 1}), call()) == "called with mask=1 against mask=None"
    assert describe(call(arguments={"training": True}), call()) == ""
    told = describe(call(arguments={"training": True}), call(arguments={"training": False}))
    assert told == "called with training=True against training=False"


def test_how_a_layer_starts_is_distinguished_from_what_it_does() -> None:
    assert is_starting("kernel_initializer") and is_starting("kernel_initializer stddev")
    assert not is_starting("kernel_regularizer l2")


def test_what_inputs_may_hide_always_counts() -> None:
    for name in ("kernel_regularizer l2", "bias_constraint", "dtype", "stateful"):
        assert always_counts(name, (None, "L2"))
    assert always_counts("momentum", (0.99, 0.9)) and always_counts("rate", (0, 0.5))
    assert not always_counts("units", (4, 5)) and not always_counts("use_bias", (True, False))


def test_a_long_value_is_cut() -> None:
    assert len(words("vocabulary", (list(range(1000)), None))) < 100
