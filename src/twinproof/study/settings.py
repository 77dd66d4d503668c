"""The probes of a study, and the settings of each: its section of the parameters."""

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


# The quantities of timing, in the order of use: make, train, predict, save.
QUANTITIES = (
    "first_result", "make", "construct", "build", "first_step", "peak_memory", "device_memory", "train_step",
    "cold_predict", "predict", "predict_one", "call", "compiled_call", "save", "load",
)  # fmt: skip
# Compiled, and repeated many times on one warm instance; all others happen once per instance, or only in Python.
STEADY = ("train_step", "predict", "compiled_call")


def kind(quantity: str) -> str:
    """Return which of the two numbers of a `ByKind` a quantity has."""
    return "steady" if quantity in STEADY else "rough"


# Those that run compiled code.
COMPILED = ("train_step", "predict", "compiled_call")


@dataclass(frozen=True)
class Settings:
    """The settings of all probes: trials of each twin, and processor threads of each trial."""

    replicates: int
    threads: int


@dataclass(frozen=True)
class IdentitySettings(Settings):
    """Training steps that are compared, and images in each."""

    steps: int
    batch_size: int


@dataclass(frozen=True)
class LearningSettings(Settings):
    """How long each style is trained, on how many of the training images, and in batches of what size."""

    epochs: int
    batch_size: int
    steps_per_execution: int
    images: int | None = None  # all


@dataclass(frozen=True)
class ByKind:
    """One number for steady quantities, and one for rough ones."""

    steady: float
    rough: float

    def of(self, kind: str) -> float:
        """Return the number of one kind."""
        return self.steady if kind == "steady" else self.rough


@dataclass(frozen=True)
class Sampling:
    """How many processes are added at a time, how many there are at most, and which differences do not matter."""

    add: int
    most: int
    margin: ByKind

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Sampling:
        """Return the sampling settings in a mapping of the parameters."""
        return cls(content["add"], content["most"], ByKind(**content["margin"]))


@dataclass(frozen=True)
class TimingSettings(Settings):
    """What is timed, and how often.

    `added` is roughly the share of functional that the positive control adds. `busy` is the largest share of its cores'
    time that others may take from a process.
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
        """The number of times that the results are looked at to decide whether more processes are needed."""
        return 1 + max(0, math.ceil((self.sampling.most - self.replicates) / self.sampling.add))


@dataclass(frozen=True)
class GraphSettings(Settings):
    """Images in a batch of the compiled quantities."""

    batch_size: int


@dataclass(frozen=True)
class SerializationSettings(Settings):
    """Images to train on, repeats of saving and loading, and the time limit of one operation in seconds."""

    images: int
    repeats: int
    tolerance: float
    time_limit: float


@dataclass(frozen=True)
class ExchangeSettings(Settings):
    """Images to train on, and the time limit of one operation in seconds."""

    images: int
    tolerance: float
    time_limit: float


@dataclass(frozen=True)
class IntrospectionSettings(Settings):
    """Images in a batch, and the time limit of one check in seconds."""

    batch_size: int
    time_limit: float


@dataclass(frozen=True)
class PitfallsSettings(Settings):
    """Images to train on, and the time limit of one program in seconds."""

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
