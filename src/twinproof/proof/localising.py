"""Which layer, variable or setting causes a difference in a stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinproof.proof.arrays import Value, flatten
from twinproof.proof.capture import Call
from twinproof.proof.comparing import Apart, Key, judge_one, worst_names
from twinproof.proof.compiling import compile_settings
from twinproof.proof.configs import describe
from twinproof.proof.culprit import OUTPUT, Run
from twinproof.proof.matching import Matching
from twinproof.proof.observing import ADDED, Phase, added_losses, has_own_step
from twinproof.proof.reference import Reference
from twinproof.proof.result import Allowed, Difference, Kind, LayerPair, Outcome, Stage
from twinproof.proof.running import layer_calls
from twinproof.proof.side import Side
from twinproof.proof.structure import settings_words
from twinproof.proof.text import count


@dataclass(frozen=True)
class Scene:
    """Both models, their match, and the calls of the second one's layers in inference."""

    first: Reference
    second: Side
    matching: Matching
    second_labels: Mapping[int, str]
    calls: Sequence[Call]

    def first_call(self, layer: str) -> Call | None:
        """Return the first call of a layer of the first model."""
        return next((call for call in self.first.calls if call.layer == layer), None)

    def second_call(self, layer: str) -> Call | None:
        """Return the first call of a layer of the second model."""
        return next((call for call in self.calls if call.layer == layer), None)

    def partner(self, label: str) -> str:
        """Return the layer of the second model that has the partner of a variable."""
        return self.matching.labels.get(label, "").rpartition("/")[0]

    def compile_words(self) -> str:
        """Return the settings of both compiled models that differ."""
        return settings_words(self.first.settings, compile_settings(self.second))


def locate(
    scene: Scene, stage: Stage, apart: Mapping[Key, Apart], effects: Mapping[Key, float], allowed: Allowed
) -> tuple[Difference, list[LayerPair]]:
    """Return the cause of a difference in a stage, and the layers side by side if they were run."""
    names = worst_names(apart, effects, stage, allowed)
    if stage in (Stage.INFERENCE, Stage.TRAINING_MODE):
        if names and not any(name.startswith("output") for name in names):
            return _variable(scene, stage, names[0]), []
        where = _place(stage, apart, effects, allowed)
        found, layers = _layers(scene, stage, where)
        return found or Difference(Kind.OPERATION, stage, "the last layer", OUTPUT, cause="no layer differs"), layers
    if stage == Stage.LOSS:
        return _loss(scene), []
    if stage == Stage.GRADIENTS:
        return _gradient(scene, names), []
    said = scene.compile_words()
    if stage == Stage.STEPS and said:
        return Difference(Kind.COMPILED, stage, "optimizer", cause=said), []
    ordered = [name for name in _in_order(scene, names) if name in scene.first.values]
    return _variable(scene, stage, (ordered or names or [""])[0]), []


def _place(stage: Stage, apart: Mapping[Key, Apart], effects: Mapping[Key, float], allowed: Allowed) -> str:
    """Return the inputs on which a stage differs first."""
    differing = (
        key[1]
        for key, one in apart.items()
        if key[0] == stage and judge_one(key, one, effects, allowed) == Outcome.DIFFERENT
    )
    return next(differing, "")


def _layers(scene: Scene, stage: Stage, where: str) -> tuple[Difference | None, list[LayerPair]]:
    training, exam = stage == Stage.TRAINING_MODE, scene.first.exam
    ran = scene.first.layer_run(where, training)
    if ran is None:
        return None, []
    scene.second.set_back(exam.seed)
    inputs = exam.inputs_named(where, training)
    calls, _, _ = layer_calls(scene.second, scene.second_labels, inputs, training)
    values = tuple(Value.of(np.asarray(leaf)) for _, leaf in flatten(inputs))
    run = Run(stage, values, ran.calls, calls, ran.effects, scene.matching.layers, exam.allowed.multiple)
    return run.locate(), run.side_by_side()


def _variable(scene: Scene, stage: Stage, name: str) -> Difference:
    """Return the difference of a variable, or of the optimizer's state for it."""
    label = name
    while label and label not in scene.first.values:
        label = label.partition("/")[2]
    layer, partner = label.rpartition("/")[0], scene.partner(label)
    cause = _settings(scene, layer, partner) or "it takes different values, although its layer's settings are equal"
    return Difference(Kind.VARIABLE, stage, layer, partner, name, cause)


def _loss(scene: Scene) -> Difference:
    """Return the setting of the loss that differs, or other additions to the loss."""
    recorded = (one for one in scene.first.recorded(Phase.TRAINING) if one.stage == Stage.LOSS)
    first = sum(name.startswith(ADDED) for one in recorded for name in one.arrays)
    counts = first, len(list(added_losses(scene.second.model)))
    said = scene.compile_words() or "its value differs, although the outputs are equal"
    if counts[0] != counts[1]:
        said += f"; layers and add_loss add {count(counts[0], 'loss', 'losses')} against {counts[1]}"
    name = "train_step" if has_own_step(scene.second.model) else "loss"
    return Difference(Kind.COMPILED, Stage.LOSS, name, cause=said)


def _gradient(scene: Scene, names: Sequence[str]) -> Difference:
    """Return the place right after the last layer whose gradients differ: everything nearer to the loss agrees."""
    ordered = [name for name in _in_order(scene, names) if name in scene.first.values]
    if not ordered:
        return Difference(Kind.COMPILED, Stage.GRADIENTS, "gradients", cause=", ".join(names))
    last = ordered[-1]
    layer, partner = last.rpartition("/")[0], scene.partner(last)
    said = _settings(scene, layer, partner)
    if said:
        return Difference(Kind.LAYER, Stage.GRADIENTS, layer, partner, last, said)
    after, other = _after(scene.first.calls, layer), _after(scene.calls, partner)
    cause = (
        f"its gradient differs, and the gradients nearer to the loss do not; it is followed by `{after}`, "
        f"in the second model by `{other}`"
    )
    return Difference(Kind.OPERATION, Stage.GRADIENTS, layer, after if after != OUTPUT else other, last, cause)


def _after(calls: Sequence[Call], layer: str) -> str:
    index = max((number for number, call in enumerate(calls) if call.layer == layer), default=0)
    return next((call.layer for call in calls[index + 1 :] if call.leaf and call.layer != layer), OUTPUT)


def _settings(scene: Scene, layer: str, partner: str) -> str:
    one, other = scene.first_call(layer), scene.second_call(partner)
    return describe(one, other) if one and other else ""


def _in_order(scene: Scene, names: Sequence[str]) -> list[str]:
    """Return names in the order in which the layers with these variables run."""
    labels = [label for call in scene.first.calls for label in call.variables]
    order = {label: index for index, label in enumerate(labels)}
    return sorted(names, key=lambda name: order.get(name, len(order)))
