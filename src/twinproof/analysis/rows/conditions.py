"""The state of the machine while a trial ran."""

from twinproof.study.record import Record


def stolen(record: Record) -> float:
    """Return the processor time in seconds that the host took from the cores of a process while its probe ran."""
    before, after = (record["conditions"][when]["stolen"] for when in ("before", "after"))
    # A machine that was moved to another host may count from 0 again.
    return max(0.0, float(after - before))


def pinned(record: Record) -> str | None:
    """Return the cores that a process was pinned to, or None."""
    cores = record["machine"]["pinned"]
    return " ".join(map(str, cores)) if cores else None
