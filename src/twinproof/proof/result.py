"""A proof as data: what was compared, stage by stage, and where two models part."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from twinproof.base.words import Word

# A difference up to this many times the effect of one unit in the last place is rounding: in one environment, and
# between two, which may add up in other orders.
MULTIPLE, MULTIPLE_APART = 8.0, 32.0


# Of variables, by name.
Shapes = dict[str, tuple[int, ...]]


class Stage(Word):
    """What is compared, in this order."""

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
    OTHER_GRAPH = "other graph"  # of no weight: other operations may compute the same


class Verdict(Word):
    """What the proof says of two models."""

    ONE_NETWORK = "one network"
    NOT_ONE_NETWORK = "not one network"
    CANNOT_TELL = "cannot tell"


class Kind(Word):
    """What two models part at."""

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
        """The largest difference that counts as rounding, in what differences are measured in."""
        return self.multiple if self.tolerance is None else 1.0


@dataclass(frozen=True)
class StageResult:
    """One stage: how many arrays were compared, and the one that is farthest apart.

    `ratio` is that difference in units of what a change of one unit in the last place does there; None where both
    models are equal to the last bit.
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
    """Where two models part, by the names in the first and in the second, and why."""

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
        """Where it is, in words."""
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
        return f"from {both} on"

    def __str__(self) -> str:
        return f"{self.place}; {self.cause}" if self.cause else self.place


@dataclass(frozen=True)
class LayerPair:
    """A layer of the first model beside that of the second: their names, classes, and how far apart they are.

    The differences are those of what goes in and of what comes out, in inference; None where one has no partner.
    """

    first: str
    second: str
    first_class: str
    second_class: str
    inputs: float | None
    outputs: float | None


@dataclass(frozen=True)
class Compared:
    """How much a proof saw."""

    variables: int = 0
    layers: int = 0
    outputs: int = 0
    inputs: int = 0
    steps: int = 0


@dataclass(frozen=True)
class Step:
    """One training step of both models: their losses, digests of their weights, and how far these are apart."""

    losses: tuple[float, float]
    weights: tuple[str, str]
    weights_apart: float


@dataclass(frozen=True)
class Course:
    """What both models gave before training, as digests, how far that is apart, and every step that was taken."""

    outputs: tuple[str, str] = ("", "")
    outputs_apart: float = 0.0
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Proof:
    """Whether two models are one network, and how that was found."""

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
    variables: tuple[Shapes, Shapes] = ({}, {})  # of both models, by the names of the first where they belong together

    @property
    def one_network(self) -> bool:
        """Whether both are one network; False also where that cannot be told."""
        return self.verdict == Verdict.ONE_NETWORK

    @property
    def exit_status(self) -> int:
        """0 for one network, 1 for two, 2 where it cannot be told."""
        return [*Verdict].index(self.verdict)

    def as_json(self) -> dict[str, Any]:
        """Return the proof as JSON knows it."""
        return {**asdict(self), "one_network": self.one_network}

    def as_record(self) -> dict[str, Any]:
        """Return what a record of a study keeps of the proof: finite numbers, and no more than a reader needs."""
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
        """Return the proof of which `as_json` gave this."""
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
