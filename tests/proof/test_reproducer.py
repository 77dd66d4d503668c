"""The script that shows a difference: valid Python with what was found, or empty if it cannot be written."""

import ast
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from twinproof.proof.arrays import Value
from twinproof.proof.reproducer import layers_script, models_script

SENTENCE = 'Not one network: "from" `a\\b` on'
INPUTS = {"": Value.of(np.zeros((8, 4), "float32"))}


def call(of_keras: bool = True, dtype: str = "float32", **config: Any) -> Any:
    inputs = (Value.of(np.full((2, 4), 6).astype(dtype)),)
    return SimpleNamespace(layer_class="Dense", of_keras=of_keras, config=config, inputs=inputs)


def test_two_layers_of_keras_are_written_with_their_settings() -> None:
    script = layers_script(SENTENCE, call(units=4, name="a"), call(units=4, activation="relu"))
    assert ast.get_docstring(ast.parse(script)) == SENTENCE.replace('"', "'")
    assert "(keras.layers.Dense, {'units': 4, 'name': 'a'})" in script
    assert 'generator.normal(size=(2, 4)).astype("float32")' in script
    assert "for training in (False, True)" in script and "twinproof" not in script


def test_ids_are_made_in_their_range() -> None:
    script = layers_script(SENTENCE, call(input_dim=20), call(input_dim=20))
    assert 'generator.integers(0, 20, (2, 4)).astype("float32")' in script
    assert "generator.integers(0, 7, " in layers_script(SENTENCE, call(dtype="int32"), call(dtype="int32"))


@pytest.mark.parametrize("other", [call(of_keras=False), call(value=abs)], ids=["a user's class", "a setting"])
def test_no_script_is_written_for_a_layer_that_cannot_be_written(other: Any) -> None:
    assert layers_script(SENTENCE, call(), other) == ""


@pytest.mark.parametrize(
    "inputs",
    [INPUTS, {"image": INPUTS[""], "ids": Value.of(np.zeros((8, 4), "int32"))}, {"0": INPUTS[""], "1": INPUTS[""]}],
    ids=["one", "named", "several"],
)
def test_two_models_are_built_from_their_files(inputs: dict[str, Value]) -> None:
    script = models_script(SENTENCE, ("a.py:build", "b.keras"), inputs, [(0, 1)], (INPUTS[""], "loss='mse'", 3))
    ast.parse(script)
    assert "models = [runpy.run_path('a.py')['build'](), keras.models.load_model('b.keras')]" in script
    assert "for one, other in [(0, 1)]:" in script and "model.compile(loss='mse')" in script
    untrained = models_script(SENTENCE, ("a.py:build", "b.py:build"), inputs, [], None)
    ast.parse(untrained)
    assert "train_on_batch" not in untrained


def test_a_given_model_cannot_be_written() -> None:
    assert models_script(SENTENCE, ("a.py:build", "build"), INPUTS, [], None) == ""


def test_no_name_can_end_a_string_of_the_script() -> None:
    name = 'a\'\n""".py:build'
    script = models_script('"""\nraise SystemExit', (name, name), INPUTS, [], None)
    first, *_ = ast.parse(script).body
    assert isinstance(first, ast.Expr) and "raise SystemExit" in ast.literal_eval(first.value)
