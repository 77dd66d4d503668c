"""A proof as data: what was compared, stage by stage, and where two models differ."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from twinproof.base.words import Word

# A difference up to this many times the effect of one unit in the last place is rounding: in one environment, and
# between two environments, which may add in different orders.
MULTIPLE, MULTIPLE_APART = 8.0, 32.0


# The shapes of variables, by name.
Shapes = dict[str, tuple[int, ...]]


class Stage(Word):
    """The stages of the comparison, in this order."""

    STRUCTURE = "structure"
    START = "initial values"
    INFERENCE = "inference"
    TRAINING_MODE = "training mode"
    LOSS = "loss"
    GRADIENTS = "gradients"
    STEPS = "training steps"
    AFTERWARDS = "inference after training"
    GRAPHS = "compiled graphs"


class Outcome(Word):
    """How two models compare in a stage."""

    EQUAL = "equal"
    ROUNDING = "within rounding"
    DIFFERENT = "different"
    OTHER_GRAPH = "other graph"  # does not count: different operations may compute the same


class Verdict(Word):
    """The verdict of the proof on two models."""

    ONE_NETWORK = "one network"
    NOT_ONE_NETWORK = "not one network"
    CANNOT_TELL = "cannot tell"


class Kind(Word):
    """The kind of place where two models differ."""

    LAYER = "layer"
    OPERATION = "operation"
    VARIABLE = "variable"
    MISSING = "missing layer"
    EXTRA = "extra layer"
    SWAPPED = "swapped layers"
    COMPILED = "optimizer or loss"
    SIGNATURE = "inputs or outputs"


@dataclass(frozen=True)
class Allowed:
    """What counts as rounding: a multiple of the effect of one unit in the last place, or an absolute difference."""

    multiple: float = MULTIPLE
    tolerance: float | None = None

    @property
    def limit(self) -> float:
        """The largest difference that counts as rounding, in the unit of the differences."""
        return self.multiple if self.tolerance is None else 1.0


@dataclass(frozen=True)
class StageResult:
    """One stage: how many arrays were compared, and the one with the largest difference.

    `ratio` is that difference divided by the effect of one unit in the last place; None if both models are equal to the
    last bit.
    """

    stage: Stage
    outcome: Outcome
    compared: int = 0
    worst: str = ""
    difference: float = 0.0
    ratio: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Difference:
    """Where two models differ, by the names in the first and in the second, and why."""

    kind: Kind
    stage: Stage
    first: str = ""
    second: str = ""
    variable: str = ""
    cause: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of a layer or variable that this difference names."""
        return tuple(name for name in (self.first, self.second, self.variable) if name)

    @property
    def place(self) -> str:
        """The place, in words."""
        both = f"`{self.first}`" if self.first == self.second or not self.second else ""
        both = both or (f"`{self.first}` (second model: `{self.second}`)" if self.first else f"`{self.second}`")
        if self.kind == Kind.MISSING:
            return f"`{self.first}` is missing from the second model"
        if self.kind == Kind.EXTRA:
            return f"only the second model has `{self.second}`"
        if self.kind == Kind.SWAPPED:
            return f"`{self.first}` and `{self.second}` are swapped"
        if self.kind == Kind.OPERATION:
            return f"between `{self.first}` and `{self.second}`"
        if self.kind == Kind.VARIABLE:
            return f"`{self.variable}`"
        if self.kind in (Kind.COMPILED, Kind.SIGNATURE):
            return str(self.first or self.kind)
        return f"starting at {both}"

    def __str__(self) -> str:
        return f"{self.place}; {self.cause}" if self.cause else self.place


@dataclass(frozen=True)
class LayerPair:
    """A layer of the first model and that of the second: their names, classes and differences.

    The differences are those of their inputs and of their outputs, in inference; None if one has no partner.
    """

    first: str
    second: str
    first_class: str
    second_class: str
    inputs: float | None
    outputs: float | None


@dataclass(frozen=True)
class Compared:
    """How much a proof compared."""

    variables: int = 0
    layers: int = 0
    outputs: int = 0
    inputs: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Step:
    """One training step of both models: their losses, digests of their weights, and the difference of the weights."""

    losses: tuple[float, float]
    weights: tuple[str, str]
    weights_apart: float


@dataclass(frozen=True)
class Course:
    """Digests of the outputs of both models before training, the difference of the outputs, and every training step."""

    outputs: tuple[str, str] = ("", "")
    outputs_apart: float = 0.0
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Proof:
    """Whether two models are one network, and the evidence."""

    first: str
    second: str
    verdict: Verdict
    sentence: str
    stages: tuple[StageResult, ...] = ()
    difference: Difference | None = None
    compared: Compared = Compared()
    notes: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    matches: tuple[tuple[str, str], ...] = ()
    layers: tuple[LayerPair, ...] = ()
    made_with: dict[str, str] = field(default_factory=dict)
    script: str = ""  # shows the difference by itself
    course: Course = Course()
    variables: tuple[Shapes, Shapes] = ({}, {})  # of both models; matched ones have the names of the first

    @property
    def one_network(self) -> bool:
        """Whether both are one network; also False if that cannot be decided."""
        return self.verdict == Verdict.ONE_NETWORK

    @property
    def exit_status(self) -> int:
        """0 for one network, 1 for two, 2 if it cannot be decided."""
        return [*Verdict].index(self.verdict)

    def as_json(self) -> dict[str, Any]:
        """Return the proof as plain values for JSON."""
        return {**asdict(self), "one_network": self.one_network}

    def as_record(self) -> dict[str, Any]:
        """Return the part of the proof that a study's record stores: finite numbers, and only what readers need."""
        return {
            "verdict": str(self.verdict),
            "sentence": self.sentence,
            "stages": [
                {"stage": str(one.stage), "outcome": str(one.outcome), "worst": one.worst, "detail": one.detail}
                for one in self.stages
            ],
            "culprit": str(self.difference) if self.difference else None,
            "compared": asdict(self.compared),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Proof:
        """Return the proof from which `as_json` made these values."""
        difference = data["difference"]
        return cls(
            data["first"],
            data["second"],
            Verdict(data["verdict"]),
            data["sentence"],
            tuple(
                StageResult(**{**one, "stage": Stage(one["stage"]), "outcome": Outcome(one["outcome"])})
                for one in data["stages"]
            ),
            Difference(**{**difference, "kind": Kind(difference["kind"]), "stage": Stage(difference["stage"])})
            if difference
            else None,
            Compared(**data["compared"]),
            tuple(data["notes"]),
            tuple(data["not_compared"]),
            tuple((one, other) for one, other in data["matches"]),
            tuple(LayerPair(**one) for one in data["layers"]),
            data["made_with"],
            data["script"],
            _read_course(data["course"]),
            (_read_shapes(data["variables"][0]), _read_shapes(data["variables"][1])),
        )


def _read_shapes(data: dict[str, list[int]]) -> Shapes:
    return {name: tuple(shape) for name, shape in data.items()}


def _read_course(data: dict[str, Any]) -> Course:
    steps = (
        Step((one["losses"][0], one["losses"][1]), (one["weights"][0], one["weights"][1]), one["weights_apart"])
        for one in data["steps"]
    )
    return Course((data["outputs"][0], data["outputs"][1]), data["outputs_apart"], tuple(steps))
