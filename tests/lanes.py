"""Which tests run in parallel: each lane takes the next group, the longest first.

Tests of one file stay together, because they share module fixtures. So do files that share a cluster or a study that
they change. What several lanes need is made once (`made_once` in conftest.py).
"""

from typing import Any

from xdist.scheduler.loadscope import LoadScopeScheduling

# Longest first: a long one that starts last would keep one lane busy and the others idle.
TOGETHER = {
    # Slurm reads one configuration per machine, so there is only one cluster at a time.
    "cluster": ("tests/slurm/", "tests/faults/test_cluster.py"),
    "quick study": (
        "tests/e2e/test_quick_study.py",
        "tests/e2e/test_changes.py",
        "tests/e2e/test_crate.py",
        "tests/e2e/test_snakemake_report.py",
    ),
    "guides": ("tests/e2e/test_guides.py",),
    "outcomes": ("tests/e2e/test_outcomes.py",),
    "processes": ("tests/faults/test_processes.py",),
    "image": ("tests/containers/test_study.py",),
    "builds": ("tests/containers/test_build.py", "tests/containers/test_install_tools.py"),
    "versions": ("tests/e2e/test_versions.py",),
}


def group_of(nodeid: str) -> str:
    """Return the name of a test's group: its file, if it is in no other group."""
    for name, places in TOGETHER.items():
        if nodeid.startswith(places):
            return name
    return nodeid.partition("::")[0]


def place_of(nodeid: str) -> int:
    """Return the rank of a test's group: those of `TOGETHER` in order, then all others as they were collected."""
    names = list(TOGETHER)
    group = group_of(nodeid)
    return names.index(group) if group in names else len(names)


class Lanes(LoadScopeScheduling):
    """Hands out whole groups."""

    def __init__(self, config: Any, log: Any) -> None:
        """Keep the order in which the tests were collected."""
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
