"""The probes of a study, and what each is asked to do: its section of the parameters."""

from __future__ import annotations

import math
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
    "first_result", "make", "construct", "build", "first_step", "peak_memory", "device_memory", "train_step",
    "cold_predict", "predict", "predict_one", "call", "compiled_call", "save", "load",
)  # fmt: skip
# Compiled, and repeated many times on one warm instance; all others are done once an instance or by Python alone.
STEADY = ("train_step", "predict", "compiled_call")


def kind(quantity: str) -> str:
    """Return which of the two numbers of a `ByKind` a quantity has."""
    return "steady" if quantity in STEADY else "rough"


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
    """How long, on how many of the training images, and in batches of what size, each style is trained."""

    epochs: int
    batch_size: int
    steps_per_execution: int
    images: int | None = None  # all


@dataclass(frozen=True)
class ByKind:
    """A number for quantities that are steady, and one for those that are rough."""

    steady: float
    rough: float

    def of(self, kind: str) -> float:
        """Return that of one kind."""
        return self.steady if kind == "steady" else self.rough


@dataclass(frozen=True)
class Sampling:
    """How many processes are added at a time, and at most, and which differences do not matter."""

    add: int
    most: int
    margin: ByKind

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Sampling:
        """Return what a mapping of the parameters holds."""
        return cls(content["add"], content["most"], ByKind(**content["margin"]))


@dataclass(frozen=True)
class TimingSettings(Settings):
    """What is timed, and how often.

    `added` is about the share of functional that the positive control adds, `busy` the largest share of its cores' time
    that others may take from a process.
    """

    quantities: tuple[str, ...]
    generations: int
    rounds: ByKind
    batch_size: int
    added: ByKind
    busy: float
    sampling: Sampling

    @property
    def looks(self) -> int:
        """After how many numbers of processes it may be decided that more are wanted, or that they are enough."""
        return 1 + max(0, math.ceil((self.sampling.most - self.replicates) / self.sampling.add))


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
        given |= {name: ByKind(**given[name]) for name in ("rounds", "added")}
    return SETTINGS[probe](**given)
