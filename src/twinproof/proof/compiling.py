"""Loss, optimizer and targets: as the model was compiled, as the user says, or chosen to fit the outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from twinproof.proof.arrays import Array, flatten, map_leaves
from twinproof.proof.keras_api import KERAS_2, is_compiled
from twinproof.proof.side import Side

OPTIMIZER = "adam"


@dataclass(frozen=True)
class Recipe:
    """How models that were not compiled are trained: the arguments of `compile`, and where they come from."""

    optimizer: Any
    loss: Any
    loss_weights: Any = None
    reason: str = ""
    for_both: bool = False  # also for a model that was compiled

    @property
    def arguments(self) -> str:
        """The arguments of `compile` as Python code, if they are plain; otherwise ""."""
        plain = isinstance(self.optimizer, str) and isinstance(self.loss, str)
        return f"optimizer={self.optimizer!r}, loss={self.loss!r}" if plain else ""

    def compile(self, model: keras.Model) -> None:
        """Compile a model in this way, with its own optimizer."""
        optimizer = self.optimizer
        if not isinstance(optimizer, str):
            optimizer = type(optimizer).from_config(optimizer.get_config())
        model.compile(optimizer=optimizer, loss=self.loss, loss_weights=self.loss_weights)


def recipe_of(model: keras.Model, name: str) -> Recipe | None:
    """Return how a model was compiled; None if it was not, or if its own `compile` did it."""
    if not is_compiled(model) or getattr(model, "optimizer", None) is None:
        return None
    weights = model.compiled_loss._user_loss_weights if KERAS_2 and model.compiled_loss else None
    if not KERAS_2:
        weights = getattr(model, "_loss_weights", None) or getattr(model._compile_loss, "_user_loss_weights", None)
    return Recipe(model.optimizer, model.loss, weights, f"as {name} was compiled")


def chosen_recipe(outputs: Any, loss: Any = None, optimizer: Any = None, for_both: bool = False) -> Recipe:
    """Return a recipe with the given values; a missing loss is chosen to fit the outputs."""
    chosen = loss if loss is not None else map_leaves(_loss_for, _plain(outputs))
    words = "given" if loss is not None else "chosen to fit the outputs"
    reason = f"loss {words}: {describe_loss(chosen)}; optimizer {optimizer or OPTIMIZER}"
    return Recipe(optimizer or OPTIMIZER, chosen, reason=reason, for_both=for_both)


def make_targets(outputs: Any, loss: Any, generator: np.random.Generator) -> Any:
    """Return targets that a loss takes, one for each output."""
    leaves = list(flatten(outputs))
    names = iter(leaves)

    def target(output: Any) -> Array:
        name, _ = next(names)
        return _target(output, loss_name(_loss_at(loss, name, leaves)), generator)

    ordered = {key: outputs[key] for key in sorted(outputs, key=str)} if isinstance(outputs, Mapping) else outputs
    return map_leaves(target, ordered)


def loss_name(loss: Any) -> str:
    """Return the name of a loss in lower case with underscores; "" for None."""
    if loss is None:
        return ""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def describe_loss(loss: Any) -> str:
    """Return a loss, or the losses of several outputs, as text."""
    return ", ".join(f"{name}: {loss_name(one)}" if name else loss_name(one) for name, one in flatten(loss)) or "none"


def compile_settings(side: Side) -> dict[str, Any]:
    """Return the settings that decide how a model is trained, flat, by name: of its optimizers and its losses."""
    model, settings = side.model, dict[str, Any]()
    for name, optimizer in side.optimizers().items():
        settings.update(_optimizer_settings(optimizer, name))
        if getattr(optimizer, "weight_decay", None) and hasattr(optimizer, "_use_weight_decay"):
            # It is set by a method, and is not in the configuration.
            trained = {id(variable) for variable in model.trainable_variables}
            kept = [
                label
                for label, variable in side.variables.items()
                if id(variable) in trained and not optimizer._use_weight_decay(variable)
            ]
            settings[f"{name} exclude_from_weight_decay"] = ", ".join(sorted(kept)) or "none"
    if not is_compiled(model):
        return settings
    for name, loss in flatten(getattr(model, "loss", None)):
        prefix = f"loss of {name}" if name else "loss"
        settings[prefix] = loss_name(loss)
        if hasattr(loss, "get_config"):
            # Some losses, such as Huber, leave the arguments of their function out of their configuration.
            for key, value in {**loss.get_config(), **getattr(loss, "_fn_kwargs", {})}.items():
                # Reductions differ only in their sum, which shows, or by name between versions of Keras.
                if key not in ("name", "fn", "reduction", "dtype"):
                    settings[f"{prefix} {key}"] = _plain_setting(value)
    found = recipe_of(model, "")
    for name, weight in flatten(found.loss_weights if found else None):
        settings[f"loss weight {name}".strip()] = _plain_setting(weight)
    return settings


def _optimizer_settings(optimizer: Any, prefix: str) -> dict[str, Any]:
    """Return the settings of an optimizer, and of the optimizer inside it, if it scales the loss for one."""
    settings: dict[str, Any] = {prefix: re.sub(r"V\d+$", "", type(optimizer).__name__)}
    inner = getattr(optimizer, "inner_optimizer", None)
    for key, value in optimizer.get_config().items():
        if key not in ("name", "is_legacy_optimizer", "jit_compile") and (inner is None or key != "inner_optimizer"):
            settings[f"{prefix} {key}"] = _plain_setting(value)
    return settings if inner is None else {**settings, **_optimizer_settings(inner, f"{prefix} inside")}


def _plain_setting(value: Any) -> Any:
    if isinstance(value, (np.floating, np.integer)):
        value = value.item()
    if isinstance(value, float):
        return float(np.float32(value))  # Optimizers store and return their rates in this type.
    if isinstance(value, dict):
        return {
            key: _plain_setting(item)
            for key, item in value.items()
            if key not in ("name", "module", "shared_object_id")
        }
    return value if isinstance(value, (bool, int, str, type(None))) else repr(value)


def _plain(outputs: Any) -> Any:
    """Return outputs as dicts and lists, which `compile` takes."""
    if isinstance(outputs, Mapping):
        return {key: _plain(value) for key, value in outputs.items()}
    return [_plain(value) for value in outputs] if isinstance(outputs, (list, tuple)) else outputs


def _loss_for(output: Any) -> str:
    values = np.asarray(output, np.float64)
    if values.ndim > 1 and values.size and values.min() >= 0 and values.max() <= 1:
        if values.shape[-1] > 1 and np.allclose(values.sum(-1), 1, atol=1e-2):
            return "categorical_crossentropy"
        # A ReLU may give all zeros, too.
        if values.max() > 0 and values.min() > 0:
            return "binary_crossentropy"
    return "mean_squared_error"


def _loss_at(loss: Any, name: str, leaves: list[tuple[str, Any]]) -> Any:
    there = dict(flatten(loss))
    if name in there:
        return there[name]
    position = [other for other, _ in leaves].index(name)
    values = list(there.values())
    return values[min(position, len(values) - 1)] if values else None


def _target(output: Any, loss: str, generator: np.random.Generator) -> Array:
    values = np.asarray(output)
    shape = values.shape
    if "sparse_categorical" in loss:
        return generator.integers(0, shape[-1], shape[:-1]).astype("int32")
    if "ctc" in loss:
        return generator.integers(1, max(shape[-1], 2), (shape[0], max(shape[1] // 3, 1))).astype("int32")
    probabilities = bool(len(shape) > 1 and shape[-1] > 1 and np.allclose(values.sum(-1), 1, atol=1e-2))
    own = not re.search("categorical|kl|binary|hinge|poisson|log|error|huber|cosine|squared|absolute", loss)
    if "categorical" in loss or "kl" in loss or (own and loss and probabilities):
        return np.eye(shape[-1], dtype="float32")[generator.integers(0, shape[-1], shape[:-1])]
    if "binary" in loss:
        return generator.integers(0, 2, shape).astype("float32")
    if "hinge" in loss:
        return (2.0 * generator.integers(0, 2, shape) - 1).astype("float32")
    drawn = generator.normal(size=shape).astype("float32")
    return np.abs(drawn) if "poisson" in loss or "logarithmic" in loss else drawn
