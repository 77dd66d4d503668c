"""The first model as observed by another process: stored there, read here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from twinproof.proof.arrays import Array, Value
from twinproof.proof.batches import Batch
from twinproof.proof.capture import Call
from twinproof.proof.comparing import Apart, Key
from twinproof.proof.compiling import Recipe
from twinproof.proof.graphs import Graph
from twinproof.proof.observing import Exam, Observation, Phase
from twinproof.proof.packing import pack, unpack
from twinproof.proof.recording import Recording
from twinproof.proof.reference import Declared, LayerRun, LiveReference
from twinproof.proof.result import Stage

_NAME = "reference"
# The calls of layers are stored for these inputs.
_RUNS = {"inference": False, "training": True}


def write_reference(first: LiveReference, folder: Path) -> None:
    """Store everything that a proof needs from the first model."""
    exam = first.exam
    phases = [Phase.INFERENCE, *([Phase.TRAINING, Phase.STEPS] if exam.trains else [])]
    observed = {}
    for phase in phases:
        recorded = first.recorded(phase)
        effects = first.effects(phase)
        again = first.differs_from_itself(phase)
        kept = Recording(folder / str(phase)).add(recorded)
        observed[str(phase)] = {
            "index": [list(entry) for entry in kept.index],
            "effects": [[list(map(str, key)), value] for key, value in effects.items()],
            "again": [[list(map(str, key)), list(one)] for key, one in again.items()],
        }
    runs = {}
    for name, training in _RUNS.items():
        if not training or exam.trains:
            ran = first.layer_run("", training)
            runs[name] = {"calls": [_call(one) for one in ran.calls], "effects": ran.effects} if ran else None
    data = {
        "name": first.name,
        "calls": [_call(one) for one in first.calls],
        "output_keys": first.output_keys,
        "outputs": [_value(one) for one in first.outputs],
        "values": dict(first.values),
        "began": dict(first.began),
        "slots": dict(first.slots),
        "declared": {label: list(one) for label, one in first.declared.items()},
        "settings": dict(first.settings),
        "recipe": _recipe(first.recipe),
        "exam": {
            "inputs": [[where, inputs] for where, inputs in exam.inputs],
            "batches": [[one.x, one.y, one.sample_weight] for one in exam.batches],
            "steps": exam.steps,
            "seed": exam.seed,
            "two_environments": exam.two_environments,
            "rounding": exam.rounding,
        },
        "notes": list(first.notes),
        "weight_order": first.weight_order,
        "made_with": first.made_with,
        "graphs": {name: asdict(graph) for name, graph in first.graphs.items()},
        "observed": observed,
        "runs": runs,
    }
    pack(data, folder, _NAME)


class StoredReference:
    """A first model that another process stored."""

    def __init__(self, folder: Path) -> None:
        data = unpack(folder, _NAME)
        self._folder, self._observed, self._runs = folder, data["observed"], data["runs"]
        self.name: str = data["name"]
        self.calls = [_read_call(one) for one in data["calls"]]
        self.outputs = tuple(_read_value(one) for one in data["outputs"])
        self.output_keys: list[str] | None = data["output_keys"]
        self.values: Mapping[str, Array] = data["values"]
        self.began: Mapping[str, Array] = data["began"]
        self.slots: Mapping[str, Array] = data["slots"]
        self.declared = {label: Declared(*one) for label, one in data["declared"].items()}
        self.settings: Mapping[str, Any] = data["settings"]
        self.recipe = _read_recipe(data["recipe"])
        exam = data["exam"]
        self.exam = Exam(
            [(where, inputs) for where, inputs in exam["inputs"]],
            [Batch(*parts) for parts in exam["batches"]],
            exam["steps"],
            exam["seed"],
            exam["two_environments"],
            exam["rounding"],
        )
        self.notes: list[str] = data["notes"]
        self.weight_order: list[str] = data["weight_order"]
        self.made_with: dict[str, str] = data["made_with"]
        self.graphs = {name: Graph(**graph) for name, graph in data["graphs"].items()}

    def observations(self, phase: Phase) -> Iterator[Observation]:
        """Yield what it did in a phase."""
        return iter(self.recorded(phase))

    def recorded(self, phase: Phase) -> Recording:
        """Return what it did in a phase."""
        return Recording(self._folder / str(phase), [tuple(entry) for entry in self._observed[str(phase)]["index"]])

    def effects(self, phase: Phase) -> dict[Key, float]:
        """Return the effect of one unit in the last place on each array."""
        return {_key(key): value for key, value in self._observed[str(phase)]["effects"]}

    def differs_from_itself(self, phase: Phase) -> Mapping[Key, Apart]:
        """Return the differences between two runs of it."""
        return {_key(key): Apart(*one) for key, one in self._observed[str(phase)]["again"]}

    def layer_run(self, where: str, training: bool) -> LayerRun | None:
        """Return what its layers did; None for inputs for which that was not stored."""
        ran = None if where else self._runs.get("training" if training else "inference")
        return LayerRun([_read_call(one) for one in ran["calls"]], ran["effects"]) if ran else None

    def runs_beside(self, variables: Mapping[str, Any]) -> bool:
        """Return False: its run was stored before, and only the first and the last training steps."""
        return False


def _key(parts: list[str]) -> Key:
    return Stage(parts[0]), parts[1], parts[2]


def _value(value: Value) -> dict[str, Any]:
    return value._asdict()


def _read_value(data: dict[str, Any]) -> Value:
    return Value(**data)


def _call(call: Call) -> dict[str, Any]:
    data = {name: value for name, value in vars(call).items() if name not in ("inputs", "outputs")}
    return {**data, "inputs": [_value(one) for one in call.inputs], "outputs": [_value(one) for one in call.outputs]}


def _read_call(data: dict[str, Any]) -> Call:
    values = {name: tuple(_read_value(one) for one in data[name]) for name in ("inputs", "outputs")}
    return Call(**{**data, **values})


def _recipe(recipe: Recipe | None) -> dict[str, Any] | None:
    if recipe is None:
        return None
    try:
        optimizer = (
            recipe.optimizer if isinstance(recipe.optimizer, str) else keras.optimizers.serialize(recipe.optimizer)
        )
        loss = recipe.loss if isinstance(recipe.loss, (str, list, dict)) else keras.losses.serialize(recipe.loss)
    except Exception:
        return None
    return {
        **asdict(Recipe("", "", recipe.loss_weights, recipe.reason, recipe.for_both)),
        "optimizer": optimizer,
        "loss": loss,
    }


def _read_recipe(data: dict[str, Any] | None) -> Recipe | None:
    if data is None:
        return None
    optimizer = data["optimizer"]
    if not isinstance(optimizer, str):
        optimizer = keras.optimizers.deserialize(optimizer)
    return Recipe(optimizer, data["loss"], data["loss_weights"], data["reason"], data["for_both"])
