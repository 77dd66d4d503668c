"""The probes of a study, and what each is asked to do: its section of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twinproof.base.words import Word


class Probe(Word):
    """One kind of measurement."""

    IDENTITY = "identity"
    LEARNING = "learning"
    TIMING = "timing"
    GRAPH = "graph"
    SERIALIZATION = "serialization"
    EXCHANGE = "exchange"
    INTROSPECTION = "introspection"
    PITFALLS = "pitfalls"


# Of timing, as one goes along: made, trained, asked, kept.
QUANTITIES = (
    "make", "construct", "build", "first_step", "peak_memory", "device_memory", "train_step", "predict", "predict_one",
    "call", "compiled_call", "save", "load",
)  # fmt: skip


# Of these, what runs once it is compiled.
COMPILED = ("train_step", "predict", "compiled_call")


@dataclass(frozen=True)
class Settings:
    """What all probes have: trials of each twin, and processor threads of each trial."""

    replicates: int
    threads: int


@dataclass(frozen=True)
class IdentitySettings(Settings):
    """Training steps that are compared, and images in each."""

    steps: int
    batch_size: int


@dataclass(frozen=True)
class LearningSettings(Settings):
    """How long, and in batches of what size, each style is trained."""

    epochs: int
    batch_size: int
    steps_per_execution: int


@dataclass(frozen=True)
class ByKind:
    """A share of the ratio, for quantities that are steady and for those that are rough."""

    steady: float
    rough: float

    def of(self, kind: str) -> float:
        """Return the share of one kind."""
        return self.steady if kind == "steady" else self.rough


@dataclass(frozen=True)
class Sampling:
    """When enough processes were timed."""

    add: int
    most: int
    half_width: ByKind
    margin: ByKind

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Sampling:
        """Return what a mapping of the parameters holds."""
        kinds = {name: ByKind(**content[name]) for name in ("half_width", "margin")}
        return cls(content["add"], content["most"], **kinds)


@dataclass(frozen=True)
class TimingSettings(Settings):
    """What is timed, and how often; `added` is the share of its own time that the positive control adds."""

    quantities: tuple[str, ...]
    generations: int
    rounds: int
    steps: int
    batch_size: int
    added: float
    sampling: Sampling


@dataclass(frozen=True)
class GraphSettings(Settings):
    """Images in a batch of what is compiled."""

    batch_size: int


@dataclass(frozen=True)
class SerializationSettings(Settings):
    """Images to train on, repeats of saving and loading, and the seconds that one operation may take."""

    images: int
    repeats: int
    tolerance: float
    time_limit: float


@dataclass(frozen=True)
class ExchangeSettings(Settings):
    """Images to train on, and the seconds that one operation may take."""

    images: int
    tolerance: float
    time_limit: float


@dataclass(frozen=True)
class IntrospectionSettings(Settings):
    """Images in a batch, and the seconds that one check may take."""

    batch_size: int
    time_limit: float


@dataclass(frozen=True)
class PitfallsSettings(Settings):
    """Images to train on, and the seconds that one program may take."""

    images: int
    time_limit: float


SETTINGS: dict[Probe, type[Settings]] = {
    Probe.IDENTITY: IdentitySettings,
    Probe.LEARNING: LearningSettings,
    Probe.TIMING: TimingSettings,
    Probe.GRAPH: GraphSettings,
    Probe.SERIALIZATION: SerializationSettings,
    Probe.EXCHANGE: ExchangeSettings,
    Probe.INTROSPECTION: IntrospectionSettings,
    Probe.PITFALLS: PitfallsSettings,
}


def parse_settings(probe: Probe, content: Mapping[str, Any]) -> Settings:
    """Return the settings of a probe from its section of the parameters."""
    given = dict(content)
    if "sampling" in given:
        given["sampling"] = Sampling.parse(given["sampling"])
        given["quantities"] = tuple(given["quantities"])
    return SETTINGS[probe](**given)
