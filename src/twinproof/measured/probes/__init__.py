"""The measurements: one module per probe, each with a function `run`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict, cast

from twinproof.base.errors import Described
from twinproof.study.settings import Probe

if TYPE_CHECKING:
    from twinproof.measured.twins import Twin
    from twinproof.study.examples import Dataset


class StyleResult(TypedDict, total=False):
    """The outcome of one style: its status, `ok` or `failed`, with its result or its error."""

    status: str
    result: Mapping[str, Any]
    error: Described


class Outcome(NamedTuple):
    """What a probe found: the order in which the styles were run, and for each its status with result or error.

    `measurement` describes the quality of the measurement, for probes that have such data.
    """

    order: list[str]
    styles: Mapping[str, StyleResult]
    measurement: Mapping[str, Any] | None = None


class RunProbe(Protocol):
    """Measure all styles of `twin` on `data` under one seed.

    `settings` are the probe's section of the parameters, `inputs` the files that were made for it before: the models
    that the probe `exchange` reads. A style that fails is recorded as failed, and the others still run.
    """

    def __call__(  # noqa: D102
        self,
        twin: Twin,
        data: Dataset,
        seed: int,
        settings: Any,
        **inputs: Any,
    ) -> Outcome: ...


def load(probe: Probe) -> RunProbe:
    """Return the function that runs a probe."""
    return cast(RunProbe, importlib.import_module(f"{__name__}.{probe}").run)
