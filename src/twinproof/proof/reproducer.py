"""A short script that shows a difference without twinproof, to run or to paste into an issue."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twinproof.proof.arrays import Value

if TYPE_CHECKING:
    from twinproof.proof.capture import Call

_TO_NUMPY = """\
def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor) if hasattr(keras, "ops") else tensor.numpy()


"""

_LAYERS = '''\
"""{sentence}"""

import keras
import numpy as np


{to_numpy}layers = [
    (keras.layers.{first_class}, {first}),
    (keras.layers.{second_class}, {second}),
]
generator = np.random.default_rng(0)
inputs = [{inputs}]
given = inputs if len(inputs) > 1 else inputs[0]

outputs, weights = [], []
for layer_class, config in layers:
    keras.utils.set_random_seed(0)
    layer = layer_class.from_config(config)
    layer(given)  # makes the weights
    generator = np.random.default_rng(1)
    layer.set_weights([generator.uniform(0.5, 1.5, value.shape) for value in layer.get_weights()])
    outputs.append([to_numpy(layer(given, training=training)) for training in (False, True)])
    weights.append(layer.get_weights())

print("Keras", keras.__version__)
for name, one, other in zip(("inference", "training mode"), *outputs):
    print(name + ", largest difference of the outputs:", np.abs(one - other).max())
for one, other in zip(*weights):
    print("weights afterwards, largest difference:", np.abs(one - other).max())
'''

_MODELS = '''\
"""{sentence}"""

import runpy

import keras
import numpy as np

models = [{first}, {second}]


{to_numpy}def first_output(outputs):
    while isinstance(outputs, (dict, list, tuple)):
        outputs = (list(outputs.values()) if isinstance(outputs, dict) else outputs)[0]
    return to_numpy(outputs)


generator = np.random.default_rng(0)
inputs = {inputs}
for model in models:
    model(inputs)  # makes the weights
# Which weight of the first model is which of the second.
for one, other in {pairs}:
    models[1].weights[other].assign(models[0].weights[one])

outputs = [first_output(model(inputs)) for model in models]
print("Keras", keras.__version__)
print("outputs, largest difference:", np.abs(outputs[0] - outputs[1]).max())
'''

_TRAINING = """
keras.utils.set_random_seed(0)
targets = {targets}
for model in models:
{compile}    losses = [model.train_on_batch(inputs, targets) for _ in range({steps})]
    print("losses", losses)
for one, other in {pairs}:
    apart = np.abs(to_numpy(models[0].weights[one]) - to_numpy(models[1].weights[other])).max()
    if apart:
        weight = models[0].weights[one]
        print(getattr(weight, "path", weight.name), "differs after training by", apart)
"""


def layers_script(sentence: str, first: Call, second: Call) -> str:
    """Return a script with only two layers of Keras; "" if one of them cannot be written in this way."""
    if not (first.of_keras and second.of_keras and first.inputs):
        return ""
    configs = [_literal(call.config) for call in (first, second)]
    if not all(configs):
        return ""
    return _LAYERS.format(
        to_numpy=_TO_NUMPY,
        sentence=_quoted(sentence),
        first_class=first.layer_class,
        second_class=second.layer_class,
        first=configs[0],
        second=configs[1],
        inputs=", ".join(_made(value, first.config.get("input_dim")) for value in first.inputs),
    )


def models_script(
    sentence: str,
    names: Sequence[str],
    inputs: Mapping[str, Value],
    pairs: Sequence[tuple[int, int]],
    training: tuple[Value, str, int] | None,
) -> str:
    """Return a script that builds both models, copies the weights and compares outputs, and training if given.

    `training` has the targets, the arguments of `compile` if the models were not compiled, and the number of steps.
    The script is "" if a model does not come from a file.
    """
    built = [_builder(name) for name in names]
    if not all(built):
        return ""
    made = {name: _made(value) for name, value in inputs.items()}
    given = next(iter(made.values())) if list(made) == [""] else _structure(made)
    text = _MODELS.format(
        to_numpy=_TO_NUMPY,
        sentence=_quoted(sentence),
        first=built[0],
        second=built[1],
        inputs=given,
        pairs=list(pairs),
    )
    if training:
        targets, compiling, steps = training
        compiled = f"    model.compile({compiling})\n" if compiling else ""
        text += _TRAINING.format(targets=_made(targets), compile=compiled, steps=steps, pairs=list(pairs))
    return text


def _builder(name: str) -> str:
    file, _, function = name.rpartition(":")
    if file.endswith(".py") and function.isidentifier():
        return f"runpy.run_path({file!r})[{function!r}]()"
    return f"keras.models.load_model({name!r})" if name.endswith((".keras", ".h5")) else ""


def _structure(made: Mapping[str, str]) -> str:
    if all(name.isdigit() for name in made):
        return f"[{', '.join(made.values())}]"
    return f"{{{', '.join(f'{name!r}: {text}' for name, text in made.items())}}}"


def _made(value: Value, limit: Any = None) -> str:
    if value.dtype.startswith(("int", "uint")) or limit:
        top = int(limit or max(int(value.sample.max(initial=0)), 0) + 1)
        return f'generator.integers(0, {top}, {value.shape}).astype("{value.dtype}")'
    return f'generator.normal(size={value.shape}).astype("{value.dtype}")'


def _literal(config: Mapping[str, Any]) -> str:
    text = repr({key: value for key, value in config.items() if key not in ("build_config", "batch_input_shape")})
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    return text


def _quoted(sentence: str) -> str:
    return sentence.replace("\\", "\\\\").replace('"', "'")
