"""How a model is written to a file and read from it, format by format, as documented for users.

A reader returns the model, or a substitute that is called with inputs and returns outputs.
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
    """The code of a model, if it is available: what a reader may need besides the file."""

    construct: Callable[[], keras.Model]
    build: Callable[[keras.Model], None]
    classes: dict[str, type]


class Format(NamedTuple):
    """One way to save a model.

    `file` is the name of the file, or of the folder. `write(model, path)` makes it, and `read(path, code)` returns the
    model; `code` is None if its code is not available. A format that cannot be read without code has `takes_code`.
    `packages` are those that the environment must have.
    """

    file: str
    write: Callable[[Any, Path], object]
    read: Callable[[Path, Code | None], Model]
    takes_code: bool = False
    packages: tuple[str, ...] = ()

    def lacking(self) -> list[str]:
        """Return the packages of the format that the environment lacks."""
        return [package for package in self.packages if importlib.util.find_spec(package) is None]


def _read_whole(path: Path, code: Code | None) -> Model:
    model: Model = keras.models.load_model(path, custom_objects=code.classes if code else None)
    return model


def _read_weights(path: Path, code: Code | None, build: bool) -> Model:
    if code is None:
        raise ValueError(f"{path.name}: weights are loaded into a model, whose code is not available")
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

    # Keras 2 writes it, and TensorFlow reads it. The loaded function needs its object to stay alive.
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
    # Keras exports to it since 3.13; before that, a SavedModel is converted.
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
    """Return tensors in the order of their names at conversion; LiteRT does not keep names."""
    return sorted(details, key=lambda one: str(one["name"]))


def predict(model: Model, inputs: Any) -> Any:
    """Return the outputs of `model`, of any format, for `inputs` as one array, with several outputs side by side."""
    found = model.predict_on_batch(inputs) if isinstance(model, keras.Model) else model(inputs)
    # A SavedModel may give its outputs by name.
    outputs = [np.asarray(leaf) for leaf in _leaves(found)]
    return outputs[0] if len(outputs) == 1 else np.concatenate([one.reshape(len(one), -1) for one in outputs], axis=1)


def _leaves(structure: Any) -> list[Any]:
    return [leaf for _, leaf in flatten(structure)]


# On every backend, TensorFlow writes and reads a SavedModel for Keras.
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
