"""Facts about the worker that the record of a trial cannot show."""

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


def test_what_others_take_is_everything_except_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = {"user": 5.0, "nice": 1.0, "system": 2.0, "irq": 0.5, "softirq": 0.25, "steal": 4.0, "idle": 90.0}
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu: [SimpleNamespace(user=1e6), SimpleNamespace(**busy)])
    monkeypatch.setattr(machine.time, "process_time", lambda: 6.0)
    assert machine.taken_by_others([1]) == pytest.approx(12.75 - 6.0)
