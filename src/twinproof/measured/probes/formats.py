"""How a model is written to a file and read from it, format by format, as the documentation of each tells its users.

A reader returns the model, or what stands for it: something that is called with inputs and returns outputs.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from twinproof.proof.arrays import flatten
from twinproof.proof.keras_api import BACKEND

Model = Callable[[Any], Any]


class Code(NamedTuple):
    """The code that a model was made by, where it is at hand: what a reader may need besides the file."""

    construct: Callable[[], keras.Model]
    build: Callable[[keras.Model], None]
    classes: dict[str, type]


class Format(NamedTuple):
    """One way to keep a model.

    `file` is the name of the file, or of the folder; `write(model, path)` makes it, `read(path, code)` gives the model
    back, with `code` None where its code is not at hand. What cannot be read without it has `takes_code`. `packages`
    are those that the environment must have.
    """

    file: str
    write: Callable[[Any, Path], object]
    read: Callable[[Path, Code | None], Model]
    takes_code: bool = False
    packages: tuple[str, ...] = ()

    def lacking(self) -> list[str]:
        """Return which of its packages the environment has not."""
        return [package for package in self.packages if importlib.util.find_spec(package) is None]


def _read_whole(path: Path, code: Code | None) -> Model:
    model: Model = keras.models.load_model(path, custom_objects=code.classes if code else None)
    return model


def _read_weights(path: Path, code: Code | None, build: bool) -> Model:
    if code is None:
        raise ValueError(f"{path.name}: weights are read into a model, whose code is not at hand")
    model = code.construct()
    if build:
        code.build(model)
    model.load_weights(path)
    return model  # type: ignore[no-any-return]


def _read_saved_model(path: Path, code: Code | None) -> Model:
    if hasattr(keras.layers, "TFSMLayer"):
        layer: Model = keras.layers.TFSMLayer(str(path), call_endpoint="serve")
        return layer
    import tensorflow as tf

    # Keras 2 writes it, and leaves reading it to TensorFlow. What is loaded lives as long as its own object.
    loaded = tf.saved_model.load(str(path))
    return lambda inputs: loaded.serve(inputs)


def _write_onnx(model: Any, path: Path) -> None:
    if "format" in inspect.signature(model.export).parameters:
        model.export(path, format="onnx", verbose=False)
        return
    import tensorflow as tf
    import tf2onnx

    (inputs, *_), _ = model.save_spec()
    tf2onnx.convert.from_function(tf.function(model), input_signature=[inputs], output_path=str(path))


def _read_onnx(path: Path, code: Code | None) -> Model:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    return lambda inputs: session.run(None, dict(zip(names, _leaves(inputs))))


def _write_litert(model: Any, path: Path) -> None:
    # Keras exports to it since 3.13; before, the way leads over a SavedModel.
    if "litert" in (inspect.getdoc(model.export) or ""):
        model.export(path, format="litert", verbose=False)
        return
    import tensorflow as tf

    folder = path.with_suffix(".folder")
    model.export(folder)
    path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert())


def _read_litert(path: Path, code: Code | None) -> Model:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))

    def ask(inputs: Any) -> Any:
        places = [(one["index"], leaf) for one, leaf in zip(_by_name(interpreter.get_input_details()), _leaves(inputs))]
        for place, leaf in places:
            interpreter.resize_tensor_input(place, leaf.shape)
        interpreter.allocate_tensors()
        for place, leaf in places:
            interpreter.set_tensor(place, leaf)
        interpreter.invoke()
        return [interpreter.get_tensor(one["index"]) for one in _by_name(interpreter.get_output_details())]

    return ask


def _by_name(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return tensors in the order of the names that they had when they were converted; LiteRT keeps none."""
    return sorted(details, key=lambda one: str(one["name"]))


def predict(model: Model, inputs: Any) -> Any:
    """Return what `model`, of whatever format, makes of `inputs`, as an array: several outputs side by side."""
    found = model.predict_on_batch(inputs) if isinstance(model, keras.Model) else model(inputs)
    # A SavedModel may give its outputs by name.
    outputs = [np.asarray(leaf) for leaf in _leaves(found)]
    return outputs[0] if len(outputs) == 1 else np.concatenate([one.reshape(len(one), -1) for one in outputs], axis=1)


def _leaves(structure: Any) -> list[Any]:
    return [leaf for _, leaf in flatten(structure)]


# Keras has a SavedModel made and read by TensorFlow on every backend.
_ONNX_BY = {"tensorflow": "tf2onnx", "jax": "jax2onnx", "torch": "onnxscript"}[BACKEND]
_LITERT_BY = {"tensorflow": "tensorflow", "jax": "tensorflow", "torch": "litert_torch"}[BACKEND]
FORMATS = {
    ".keras": Format("model.keras", lambda model, path: model.save(path), _read_whole),
    ".h5": Format("model.h5", lambda model, path: model.save(path), _read_whole),
    ".weights.h5, built": Format(
        "model.weights.h5",
        lambda model, path: model.save_weights(path),
        lambda path, code: _read_weights(path, code, build=True),
        takes_code=True,
    ),
    ".weights.h5, unbuilt": Format(
        "model.weights.h5",
        lambda model, path: model.save_weights(path),
        lambda path, code: _read_weights(path, code, build=False),
        takes_code=True,
    ),
    "SavedModel": Format("model", lambda model, path: model.export(path), _read_saved_model, packages=("tensorflow",)),
    "ONNX": Format("model.onnx", _write_onnx, _read_onnx, packages=("onnx", _ONNX_BY, "onnxruntime")),
    "LiteRT": Format("model.tflite", _write_litert, _read_litert, packages=("ai_edge_litert", _LITERT_BY)),
}
