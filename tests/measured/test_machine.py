"""The facts of the worker, where they cannot be seen in the record of a trial."""

from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from twinproof.measured import machine


def test_stolen_time_is_that_of_the_cores_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def cpu_times(percpu: bool) -> list[Any]:
        assert percpu
        return [SimpleNamespace(steal=float(10**core)) for core in range(4)]

    monkeypatch.setattr(psutil, "cpu_times", cpu_times)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda process: {1, 3})
    assert machine.conditions()["stolen"] == 1010.0
