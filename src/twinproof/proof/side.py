"""One of the two models during the comparison: its variables have the first model's names, and are reset each stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from twinproof.proof.arrays import Array, epsilon, move
from twinproof.proof.graphs import Graph
from twinproof.proof.keras_api import (
    KERAS_2,
    build_optimizer,
    is_optimizer,
    legacy_slots,
    optimizer_variable_name,
    optimizer_variables,
    reset_states,
    seed_everything,
    seed_generator,
    value_of,
)


class Side:
    """A model with its variables under their labels, and the state to which it is reset."""

    def __init__(self, name: str, model: keras.Model) -> None:
        self.name, self.model = name, model
        self.variables: dict[str, Any] = {}
        self.generators: list[tuple[Any, int]] = []
        self._start: dict[str, Array] = {}
        self._slots: dict[str, Array] = {}
        self.graphs: dict[str, Graph] = {}  # the compiled graphs of its steps and predictions, if any
        self.global_seed = 0  # added to that of the global generators

    def label(self, labels: dict[str, Any], generators: list[tuple[Any, int]]) -> None:
        """Give each variable its label, and each random generator its stream."""
        self.variables, self.generators = labels, generators

    def keep(self) -> None:
        """Store the present values as those to reset to."""
        self._start = {label: value_of(variable) for label, variable in self.variables.items()}
        self._slots = {label: value_of(variable) for label, variable in self.slots().items()}

    def take_slots(self, slots: Mapping[str, Array]) -> None:
        """Start with the state of the other model's optimizers, if both have the same kind of state."""
        for label, value in slots.items():
            if label in self._slots and self._slots[label].shape == value.shape and "learning_rate" not in label:
                self._slots[label] = value

    def set_back(self, seed: int) -> None:
        """Reset variables, optimizers and random states."""
        seed_everything(seed + self.global_seed)
        reset_states(self.model)
        for label, variable in self.variables.items():
            variable.assign(self._start[label])
        slots = self.slots()
        if any(label not in self._slots for label in slots):
            fresh = self._fresh_slots()
            self._slots = {**{label: fresh[label] for label in slots}, **self._slots}
        for label, variable in slots.items():
            variable.assign(self._slots[label])
        for generator, stream in self.generators:
            seed_generator(generator, seed, stream)

    @property
    def start(self) -> dict[str, Array]:
        """The values to which the variables are reset."""
        return self._start

    @property
    def start_of_slots(self) -> dict[str, Array]:
        """The values to which the variables of the optimizers are reset."""
        return self._slots

    @contextmanager
    def moved(self, generator: np.random.Generator, units: float) -> Iterator[None]:
        """Change each weight by units in the last place of the model's number type, up or down at random."""
        kept = self._start
        self._start = {label: move(value, generator, units * self.step(label)) for label, value in kept.items()}
        try:
            yield
        finally:
            self._start = kept

    def step(self, label: str) -> float:
        """Return the relative size of the last place in which a variable is used."""
        variable = self.variables[label]
        return max(epsilon(_dtype(variable)), self.rounding)

    @property
    def rounding(self) -> float:
        """The relative size of the last place of the coarsest number type of the model."""
        types = {_compute_dtype(layer) for layer in self.model._flatten_layers()}
        return max((epsilon(name) for name in types), default=0.0)

    def state(self) -> Iterator[tuple[str, Array]]:
        """Yield every variable of the model, then of its optimizers, by label."""
        for label, variable in self.variables.items():
            yield label, value_of(variable)
        for label, variable in self.slots().items():
            yield label, value_of(variable)

    def fixed(self) -> list[str]:
        """Return the labels of the variables that gradients do not train."""
        trained = {id(variable) for variable in self.model.trainable_variables}
        return [label for label, variable in self.variables.items() if id(variable) not in trained]

    def optimizers(self) -> dict[str, Any]:
        """Return the optimizers of the model: the one it was compiled with, and those in its attributes."""
        found = {"optimizer": getattr(self.model, "optimizer", None)}
        for name, value in vars(self.model).items():
            if is_optimizer(value) and value is not found["optimizer"]:
                found[name.lstrip("_")] = value
        return {name: optimizer for name, optimizer in found.items() if optimizer is not None}

    def build_optimizers(self) -> None:
        """Build the optimizer that the model was compiled with; others are built by the step that uses them."""
        if getattr(self.model, "steps_per_execution", 1) is None:
            self.model.steps_per_execution = 1  # Keras 2 saves another value, with which Keras 3 cannot train.
        optimizer = self.optimizers().get("optimizer")
        if optimizer is not None and not KERAS_2 and getattr(optimizer, "built", False):
            known = {id(one) for one in getattr(optimizer, "_trainable_variables", None) or ()}
            if not all(id(one) in known for one in self.model.trainable_variables):
                # Keras loads a .h5 like this: built for variables that no longer exist, so no step is possible.
                self.model.optimizer = optimizer = type(optimizer).from_config(optimizer.get_config())
        if optimizer is not None:
            build_optimizer(optimizer, self.model.trainable_variables)

    def slots(self) -> dict[str, Any]:
        """Return the state of the optimizers by label: the variable it belongs to, and its purpose."""
        return {
            label: variable
            for name, optimizer in self.optimizers().items()
            for label, variable in self._slots_of(name, optimizer).items()
        }

    def _slots_of(self, name: str, optimizer: Any) -> dict[str, Any]:
        labels = {_key(variable): label for label, variable in self.variables.items()}
        trained = _trained_by(optimizer, self.model)
        found: dict[str, Any] = {}
        seen: set[int] = set()
        for attribute, values in vars(optimizer).items():
            if attribute in ("_trainable_variables", "_variables") or not isinstance(values, list) or not values:
                continue
            if len(values) == len(trained) and all(one is None or hasattr(one, "assign") for one in values):
                for variable, slot in zip(trained, values):
                    if slot is not None and _key(variable) in labels:
                        found[f"{name}{attribute}/{labels[_key(variable)]}"] = slot
                        seen.add(id(slot))
        for attribute, variable, slot in legacy_slots(optimizer, trained):
            if _key(variable) in labels:
                found[f"{name}{attribute}/{labels[_key(variable)]}"] = slot
                seen.add(id(slot))
        inner = getattr(optimizer, "inner_optimizer", None)
        if inner is not None:
            within = self._slots_of(name, inner)
            found.update(within)
            seen.update(id(one) for one in within.values())
        # By its attribute, because the names that Keras chooses contain counters.
        attributes = {id(value): key.strip("_") for key, value in vars(optimizer).items()}
        for variable in optimizer_variables(optimizer):
            if id(variable) not in seen and id(variable) not in {id(one) for one in trained}:
                own = attributes.get(id(variable), optimizer_variable_name(variable))
                found.setdefault(f"{name}/{own}", variable)
        # Keras 3 includes it in the variables, Keras 2 does not.
        rate = vars(optimizer).get("_learning_rate")
        if hasattr(rate, "assign"):
            found.setdefault(f"{name}/learning_rate", rate)
        return found

    def fresh_values(self, optimizer: Any) -> list[Array]:
        """Return the state of an optimizer before its first step, in the order of its variables."""
        fresh = type(optimizer).from_config(optimizer.get_config())
        build_optimizer(fresh, _trained_by(optimizer, self.model))
        return [value_of(variable) for variable in optimizer_variables(fresh)]

    def _fresh_slots(self) -> dict[str, Array]:
        """Return the state of optimizers before their first step, by label."""
        found: dict[str, Array] = {}
        for name, optimizer in self.optimizers().items():
            fresh = self.fresh_values(optimizer)
            values = {id(variable): value for variable, value in zip(optimizer_variables(optimizer), fresh)}
            for label, variable in self._slots_of(name, optimizer).items():
                found[label] = values.get(id(variable), np.zeros_like(value_of(variable)))
        return found


def _dtype(variable: Any) -> str:
    return str(getattr(variable.dtype, "name", variable.dtype))


def _compute_dtype(layer: Any) -> str:
    return str(getattr(layer, "compute_dtype", None) or "float32")


def _key(variable: Any) -> str | int:
    return str(variable._unique_id) if KERAS_2 and hasattr(variable, "_unique_id") else id(variable)


def _trained_by(optimizer: Any, model: keras.Model) -> list[Any]:
    trained = getattr(optimizer, "_trainable_variables", None)
    if trained:
        return list(trained)
    order = getattr(optimizer, "_index_dict", None)
    if order:
        present = {_key(variable): variable for variable in model.trainable_variables}
        return [present[key] for key in sorted(order, key=order.get) if key in present]
    return list(model.trainable_variables)
