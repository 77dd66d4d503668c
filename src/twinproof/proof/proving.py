"""One proof, from two models to the verdict: match, compare phase by phase, and locate the first difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from twinproof.proof import structure
from twinproof.proof.arrays import Value
from twinproof.proof.batches import OVERFLOWING
from twinproof.proof.comparing import Apart, Key, UnlikeError, compare, judge, judge_one, place_of
from twinproof.proof.compiling import compile_settings
from twinproof.proof.course import follow
from twinproof.proof.errors import CannotTellError
from twinproof.proof.graphs import compare_graphs
from twinproof.proof.keras_api import has_call, made_with, seed_everything, value_of
from twinproof.proof.labels import STREAMS, label_variables, shapes_of, unique_holders
from twinproof.proof.localising import Scene, locate
from twinproof.proof.matching import Matching, match
from twinproof.proof.observing import REPORTED, Phase, observe, warm_up
from twinproof.proof.preparing import Wishes, compile_second
from twinproof.proof.recording import Recording, kept
from twinproof.proof.reference import Reference, declared
from twinproof.proof.reproducing import script
from twinproof.proof.result import (
    Compared,
    Course,
    Difference,
    Kind,
    LayerPair,
    Outcome,
    Proof,
    Shapes,
    Stage,
    StageResult,
    Verdict,
)
from twinproof.proof.running import layer_calls, output_keys, run_once, values_of
from twinproof.proof.side import Side
from twinproof.proof.streams import give_other_streams
from twinproof.proof.text import count, sentence, versions

# The stages that also use unusual inputs.
_ON_UNUSUAL = (Stage.INFERENCE, Stage.TRAINING_MODE, Stage.AFTERWARDS)


@dataclass
class _Found:
    """The findings of one phase: all differences, and the effect of rounding."""

    apart: Mapping[Key, Apart]
    effects: Mapping[Key, float] = field(default_factory=dict)
    unsteady: str = ""


class Proving:
    """Compares a second model with the first, which is already prepared."""

    def __init__(self, first: Reference, second: Side, wishes: Wishes, trained_before: bool) -> None:
        self.first, self.second, self.wishes, self.trained_before = first, second, wishes, trained_before
        self.allowed = replace(first.exam.allowed, tolerance=wishes.tolerance)
        self.stages: dict[Stage, StageResult] = {}
        self.notes = list(first.notes)
        self.not_compared: list[str] = []
        self.differences: list[Difference] = []
        self.matching = Matching()
        self.layers: list[LayerPair] = []
        self.compared = Compared(outputs=len(first.outputs))
        self.unknown = ""
        self.course = Course()
        self.scene: Scene | None = None

    def proof(self) -> Proof:
        """Return the proof."""
        try:
            self._examine()
        except CannotTellError as error:
            self.unknown = str(error)
        except UnlikeError as error:
            kind = Kind.SIGNATURE if error.stage == Stage.INFERENCE else Kind.COMPILED
            self._differs(Difference(kind, error.stage, cause=error.what))
        return self._conclude()

    # The following runs in this order.

    def _examine(self) -> None:
        plain = self.first.exam.inputs[0][1]
        seed_everything(self.wishes.seed)
        self._require_like_outputs(run_once(self.second, plain))
        self._match(plain)
        if not self._structure(plain):
            return
        give_other_streams(self.second, plain, self._spare_streams())
        for label, variable in self.second.variables.items():
            variable.assign(self.first.values[label])
        if self.wishes.steps:
            compile_second(self.second, self.first.recipe)
            self.second.build_optimizers()
            for difference in structure.compiled(self.first.settings, compile_settings(self.second)):
                self._differs(difference)
        self.second.keep()
        self.second.take_slots(self.first.slots)
        warm_up(self.second, self.first.exam)
        self._phases()

    def _spare_streams(self) -> list[tuple[str, int]]:
        """Return the classes of the first model's random layers without a partner, with their streams."""
        return [
            (call.layer_class, STREAMS * index)
            for index, call in enumerate(unique_holders(self.first.calls))
            if call.random and not call.variables and call.layer not in self.matching.layers
        ]

    def _require_like_outputs(self, structured: Any) -> None:
        mine, outputs = self.first.outputs, values_of(structured)
        keys = self.first.output_keys, output_keys(structured)
        if keys[0] != keys[1] and has_call(self.second.model):
            one, other = (
                count(len(values), "array") if names is None else f"a dict of {', '.join(names)}"
                for names, values in zip(keys, (mine, outputs))
            )
            raise UnlikeError(Stage.INFERENCE, f"the outputs are {one} against {other}")
        if len(mine) != len(outputs):
            raise UnlikeError(Stage.INFERENCE, f"{count(len(mine), 'output')} against {len(outputs)}")
        for index, (one_value, other_value) in enumerate(zip(mine, outputs)):
            name = f"output {index}" if len(mine) > 1 else "the output"
            if one_value.shape != other_value.shape:
                raise UnlikeError(Stage.INFERENCE, f"{name} has shape {one_value.shape} against {other_value.shape}")
            types = one_value.dtype, other_value.dtype
            if types[0] != types[1] and any("float" in one for one in types):
                raise UnlikeError(Stage.INFERENCE, f"{name} is {types[0]} against {types[1]}")

    def _match(self, plain: Any) -> None:
        """Match by names if they agree; if that leads to a difference, try the flow of data."""
        model, first = self.second.model, self.first
        self.other_began = {label: value_of(variable) for label, variable in label_variables(model).items()}

        def run() -> tuple[Value, ...]:
            seed_everything(self.wishes.seed)
            return values_of(run_once(self.second, plain))

        def search(by_name: bool) -> Matching:
            return match(first.calls, first.values, first.began, model, run, first.outputs, self.wishes.hints, by_name)

        self.matching = search(by_name=True)
        if self.matching.agrees or self.wishes.hints:
            return
        by_flow = search(by_name=False)
        if by_flow.agrees:
            by_name, self.matching = self.matching.layers, by_flow
            crossed = [
                f"`{one}` is `{other}`" for one, other in by_flow.layers.items() if by_name.get(one, other) != other
            ]
            self.notes.append(
                f"the names suggest another match, but by the flow of data {', '.join(crossed)} in the second model"
            )

    def _structure(self, plain: Any) -> bool:
        """Compare the declarations; return whether the variables of both models match."""
        first, second, matching = self.first, self.second, self.matching
        labels = {id(variable): label for label, variable in label_variables(second.model).items()}
        seed_everything(self.wishes.seed)
        calls, _, _ = layer_calls(second, labels, plain, training=False)
        self.scene = Scene(first, second, matching, labels, calls)
        self.compared = replace(self.compared, variables=len(matching.variables), layers=len(matching.layers))
        apart = list(structure.unmatched(first.calls, calls, matching))
        for difference in apart:
            self._differs(difference)
        if apart:
            self.not_compared.append("everything else: the models do not have the same variables")
            return False
        second.label(matching.variables, matching.generators)
        found = [
            *structure.flags(first.declared, declared(second), matching),
            *structure.settings(first.calls, calls, matching),
        ]
        for difference in found:
            self._differs(difference)
        if not found:
            self.stages[Stage.STRUCTURE] = StageResult(Stage.STRUCTURE, Outcome.EQUAL, len(matching.variables))
        self._starts()
        return True

    def _starts(self) -> None:
        if self.trained_before:
            self.not_compared.append(
                "initial values: one of the models was saved or passed as an object, and has its own values"
            )
            return
        assert self.scene is not None  # noqa: S101
        other = {one: self.other_began[name] for one, name in self.matching.labels.items() if name in self.other_began}
        found = list(structure.starts(self.first.calls, self.scene.calls, self.matching, self.first.began, other))
        for difference in found:
            self._differs(difference)
        if not found:
            self.stages[Stage.START] = StageResult(Stage.START, Outcome.EQUAL, len(other))

    def _phases(self) -> None:
        exam = self.first.exam
        if not has_call(self.second.model):
            self.not_compared.append("inference: there is no call(); the training steps were compared")
        if not self._goes_on(Phase.INFERENCE):
            self.not_compared.append("training: the comparison ended before training")
        elif not exam.trains:
            self.not_compared.append("training: no steps were requested")
        elif self._is_different(Stage.STRUCTURE):
            self.not_compared.append("training: the declarations already differ")
        elif not self._goes_on(Phase.TRAINING):
            self.not_compared.append("further training steps: the comparison ended in the first one")
        else:
            self.compared = replace(self.compared, steps=exam.steps)
            if self._goes_on(Phase.STEPS):
                self._graphs()
        if exam.two_environments:
            self.not_compared.append(
                "random layers: two environments draw different numbers, so these layers were switched off"
            )
        self.not_compared.append("speed, memory, saving and loading; XLA")

    def _goes_on(self, phase: Phase) -> bool:
        """Compare one phase; return whether the models may still be one network."""
        found = self._compare(phase)
        if phase == Phase.STEPS and not all(one.equal for one in found.apart.values()) and self._draws_freely():
            found = self._compare(Phase.EAGER_STEPS)
            self.notes.append(
                "steps were run operation by operation: a model draws random numbers without a Keras generator"
            )
        self.compared = replace(self.compared, inputs=len(self.first.exam.inputs))
        if found.unsteady:
            self.unknown = found.unsteady
            return False
        apart = self._without_broken(found.apart)
        if self.unknown:
            return False
        if phase == Phase.TRAINING:
            self._tell_unseen_gradients(apart)
        results = judge(apart, found.effects, self.allowed)
        self.stages.update({stage: one for stage, one in results.items() if not self._is_different(stage)})
        different = [stage for stage, one in results.items() if one.outcome == Outcome.DIFFERENT]
        if different and self.scene:
            difference, self.layers = locate(self.scene, different[0], apart, found.effects, self.allowed)
            self.differences.append(difference)
        return not different

    def _graphs(self) -> None:
        if self.first.exam.two_environments:
            self.not_compared.append(
                "compiled graphs: two environments compile the same layers to different operations"
            )
            return
        result = compare_graphs(self.first.graphs, self.second.graphs)
        if result:
            self.stages[Stage.GRAPHS] = result
        else:
            self.not_compared.append("compiled graphs: only compiled steps have graphs")

    def _tell_unseen_gradients(self, apart: Mapping[Key, Apart]) -> None:
        """Note the trained variables whose gradients no optimizer got: only the steps compare these."""
        seen = {name for stage, _, name in apart if stage == Stage.GRADIENTS}
        unseen = [label for label, one in self.first.declared.items() if one.trained and label not in seen]
        if unseen:
            self.not_compared.append(f"gradients that no optimizer got: {', '.join(unseen)}")

    def _compare(self, phase: Phase) -> _Found:
        first, second, exam = self.first, self.second, self.first.exam
        if first.runs_beside(second.variables):
            apart = compare(first.observations(phase), observe(second, exam, phase))
        else:
            apart = compare(first.recorded(phase), kept(observe(second, exam, phase), exam.steps))
        self.course = follow(self.course, phase, apart, sorted(self.second.variables))
        if all(one.equal for one in apart.values()):
            return _Found(apart)
        again = compare(first.recorded(phase), kept(observe(second, exam, phase), exam.steps))
        effects = first.effects(phase)
        unsteady = self._unsteady(phase, apart, again, effects)
        between = self._between(apart, again)
        effects = {**{key: self._effect_between(key, effects) for key in between}, **effects}
        return _Found(
            {key: again.get(key, one) for key, one in apart.items() if key in again or key in between},
            effects,
            unsteady,
        )

    def _between(self, apart: Mapping[Key, Apart], again: Mapping[Key, Apart]) -> set[Key]:
        """Return the arrays of the steps that are not run again, as far as they can be judged.

        Reported values may change in jumps, such as an accuracy. They count only if everything before them is equal.
        """
        found, exact = set(), True
        for key, one in apart.items():
            reported = key[2].startswith(REPORTED)
            exact = exact and (reported or one.equal)
            if key[0] == Stage.STEPS and key not in again and (exact or not reported):
                found.add(key)
        return found

    def _effect_between(self, key: Key, effects: Mapping[Key, float]) -> float:
        """Return the effect of rounding on an array of a step, from those of the first and the last step."""
        steps = "step 1", f"step {self.first.exam.steps}"
        return max(effects.get((key[0], step, key[2]), 0.0) for step in steps)

    def _unsteady(
        self, phase: Phase, once: Mapping[Key, Apart], again: Mapping[Key, Apart], effects: Mapping[Key, float]
    ) -> str:
        """Return which model differs from itself by more than rounding, and where; "" if none does."""
        exam = self.first.exam
        # A stored run is the same each time; whether a second run agreed is stored with it.
        written = not self.first.runs_beside(self.second.variables)
        for index, name in enumerate((self.first.name, self.second.name)):
            same = all(once[key].digests[index] == one.digests[index] for key, one in again.items() if key in once)
            if same and (index or not written):
                continue
            if index:
                own = Recording().add(kept(observe(self.second, exam, phase), exam.steps))
                apart: Mapping[Key, Apart] = compare(own, kept(observe(self.second, exam, phase), exam.steps))
                own.remove()
            else:
                apart = self.first.differs_from_itself(phase)
            if all(one.equal for one in apart.values()):
                continue
            for key, one in apart.items():
                # The effect of rounding is measured on the first model: if the model is noisy, so is this measure.
                early = phase in (Phase.INFERENCE, Phase.TRAINING)
                noise = early and one.difference > one.rounding**0.5 * one.scale
                if noise or judge_one(key, one, effects, self.allowed) == Outcome.DIFFERENT:
                    place = f"{key[0]}, at {place_of(key)}"
                    return f"{name} differs from itself in {place}; it may draw unseeded random numbers"
            self.notes.append(f"{name} differs from itself by no more than rounding")
        return ""

    def _draws_freely(self) -> bool:
        """Return whether a compiled step depends on a seed outside Keras's generators."""
        exam = replace(self.first.exam, steps=1, inputs=[])
        before = list(observe(self.second, exam, Phase.STEPS))
        self.second.global_seed = 1
        try:
            apart = compare(before, observe(self.second, exam, Phase.STEPS))
        finally:
            self.second.global_seed = 0
        return any(not one.equal for one in apart.values())

    def _without_broken(self, apart: Mapping[Key, Apart]) -> dict[Key, Apart]:
        """Return the arrays with numbers to compare; only on extreme inputs may both models lack numbers."""
        broken = [key for key, one in apart.items() if one.broken]
        extreme = [key for key in broken if key[0] in _ON_UNUSUAL and key[1]]
        for key in broken:
            if key not in extreme:
                self.unknown = f"in {key[0]}, {place_of(key)} is not a number in both models"
                return {}
        if extreme:
            places = sorted({f"{stage} on {where}" for stage, where, _ in extreme})
            self.not_compared.append(f"not a number in both models: {', '.join(places)}")
        # One may overflow where the other does not, although they are mathematically the same: note it, and go on.
        unstable = [key for key, one in apart.items() if one.unstable and key[1] in OVERFLOWING]
        for key in unstable:
            self.notes.append(f"on {key[1]}, only one of the models gives a value that is not a number")
        return {key: one for key, one in apart.items() if key not in extreme and key not in unstable}

    def _is_different(self, stage: Stage) -> bool:
        return stage in self.stages and self.stages[stage].outcome == Outcome.DIFFERENT

    def _differs(self, difference: Difference) -> None:
        self.differences.append(difference)
        stage, text = difference.stage, str(difference)
        if self._is_different(stage):
            known = self.stages[stage]
            self.stages[stage] = replace(known, detail=f"{known.detail}; {text}")
        else:
            self.stages[stage] = StageResult(stage, Outcome.DIFFERENT, len(self.matching.variables), detail=text)

    def _conclude(self) -> Proof:
        different = any(self._is_different(stage) for stage in self.stages)
        verdict = Verdict.NOT_ONE_NETWORK if different else Verdict.ONE_NETWORK
        if not different and not self.unknown and not (self.compared.outputs and self.compared.inputs):
            self.unknown = "nothing was compared"
        if not different and self.unknown:
            verdict = Verdict.CANNOT_TELL
        difference = self._chosen() if different else None
        if self.first.made_with != made_with():
            self.notes.append(f"the first model with {versions(self.first.made_with)}")
        stages = tuple(self.stages[stage] for stage in Stage if stage in self.stages)
        said = sentence(verdict, difference, stages, self.compared.steps, self.allowed, self.unknown)
        return Proof(
            self.first.name,
            self.second.name,
            verdict,
            said,
            stages,
            difference,
            self.compared,
            tuple(dict.fromkeys(self.notes)),
            tuple(dict.fromkeys(self.not_compared)),
            tuple(self.matching.labels.items()),
            tuple(self.layers),
            made_with(),
            script(self.scene, said, difference) if difference and self.scene else "",
            self.course,
            self._variables(),
        )

    def _variables(self) -> tuple[Shapes, Shapes]:
        """Return the shapes of both models' variables; matched ones have the label of the first model."""
        names = {other: label for label, other in self.matching.labels.items()}
        second: Shapes = {}
        for label, shape in shapes_of(self.second.model).items():
            # An unmatched variable may have the name of a matched one.
            own = label if label not in names.values() else f"{label} of the second model"
            second[names.get(label, own)] = shape
        return {label: tuple(value.shape) for label, value in self.first.values.items()}, second

    def _chosen(self) -> Difference | None:
        """Return the difference that the sentence names: the first in inference, otherwise one in the declarations."""
        ran = [one for one in self.differences if one.stage not in (Stage.STRUCTURE, Stage.START)]
        if ran and ran[0].stage == Stage.INFERENCE and self.layers:
            return ran[0]
        layers = [one for one in self.differences if one.stage == Stage.STRUCTURE and one.kind != Kind.COMPILED]
        return next(iter([*layers, *ran, *self.differences]), None)
