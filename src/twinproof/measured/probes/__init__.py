"""What is measured: one module a probe, each with a function `run`."""

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from twinproof.measured.twins import Twin
    from twinproof.study.dataset import Dataset


class Outcome(NamedTuple):
    """What a probe found: the order in which the styles were run, and for each its status with result or error.

    `measurement` tells how the measuring itself went, where there is something to tell.
    """

    order: list[str]
    styles: dict[str, dict[str, Any]]
    measurement: dict[str, Any] | None = None


class Probe(Protocol):
    """Measure all styles of `twin` on `data` under one seed.

    `settings` are the probe's own section of the parameters; `progress` is told the share that is done, 0 to 1, and
    what is being done. A style that fails is recorded as failed and the others still run.
    """

    def __call__(  # noqa: D102
        self,
        twin: "Twin",
        data: "Dataset",
        seed: int,
        settings: dict[str, Any],
        progress: Callable[[float, str], None],
    ) -> Outcome: ...


def load(name: str) -> Probe:
    """Return the probe of that name."""
    return cast(Probe, importlib.import_module(f"{__name__}.{name}").run)
