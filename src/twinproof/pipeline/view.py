"""Shows a run to a person: a live view in a terminal, otherwise one line per finished job.

Snakemake's logger plugin (src/snakemake_logger_plugin_twinproof) passes the records of the run, in its own thread.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from snakemake_interface_logger_plugins.common import LogEvent

from twinproof.pipeline.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType
    from rich.live import Live

# The attributes of two records: the one with the view of a run, and the one with its summary.
VIEW = "twinproof_view"
END = "twinproof_end"
# The most jobs in the live view; a cluster has hundreds.
SHOWN = 8
# Seconds between two updates: drawing takes milliseconds, and must not affect timings that run in parallel.
PERIOD = 2.0


class View:
    """Shows the progress of a run; other messages are shown as Snakemake shows them."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._text: logging.Handler = logging.NullHandler()
        self._live: Live | None = None
        self._lock = threading.Lock()
        self._finished: str | None = None
        self._closed = False

    def begin(self, text: logging.Handler, terminal: bool) -> None:
        """Start to show the run; `text` formats records, and `terminal` is whether the output is a terminal."""
        self._text = text
        if terminal:
            self._live = _live(self._draw)
            self._resume()

    def handle(self, record: logging.LogRecord) -> None:
        """Show a record of the run."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_ERROR:
            # There may be hundreds of names; the log of the run has them.
            record.__dict__["input"] = []
        shown = event not in (LogEvent.JOB_INFO, LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.PROGRESS)
        with self._lock:
            line = self._note(event, record)
        if shown:
            self._above(record)
        elif line and not self._live:
            self._text.emit(_line(line))

    def close(self) -> None:
        """Stop, and repeat the names of failed jobs."""
        self._pause()
        self._live = None
        with self._lock:
            failures = self._progress.failures()
        for line in failures if not self._closed else ():
            self._text.emit(_line(line))
        self._closed = True

    def _note(self, event: LogEvent | None, record: logging.LogRecord) -> str | None:
        """Record what a record says about the jobs; return a line if one should be printed."""
        facts, now = record.__dict__, time.monotonic()
        if event == LogEvent.JOB_INFO and facts["output"]:
            self._progress.start(facts["jobid"], facts["rule_name"], facts["wildcards"], facts["log"], now)
        elif event == LogEvent.JOB_FINISHED:
            self._finished = self._progress.finish(facts["job_id"], now)
        elif event == LogEvent.JOB_ERROR:
            self._progress.fail(facts["jobid"])
        elif event == LogEvent.PROGRESS:
            self._progress.count(facts["done"], facts["total"])
            finished, self._finished = self._finished, None
            if finished:
                return f"{time.strftime('%H:%M:%S')}  {self._progress.describe(now)}: {finished}"
        return None

    def _above(self, record: logging.LogRecord) -> None:
        """Show a record as text, above the live view."""
        self._pause()
        self._text.emit(record)
        if hasattr(record, END):
            self.close()
        else:
            self._resume()

    def _pause(self) -> None:
        if self._live:
            self._live.stop()

    def _resume(self) -> None:
        if self._live:
            self._live.vertical_overflow = "ellipsis"
            self._live.start()
            # The cursor stays visible: a killed run could not restore it.
            self._live.console.show_cursor(True)

    def _draw(self) -> RenderableType:
        """Return the live view."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        with self._lock:
            self._progress.look()
            told, running = self._progress.describe(now), self._progress.running(now)
        jobs = Table.grid(padding=(0, 2))
        for row in running[:SHOWN]:
            jobs.add_row(*map(Text, ("  " + row[0], *row[1:])))
        if len(running) > SHOWN:
            jobs.add_row(Text(f"  and {len(running) - SHOWN} more"))
        doing = "running" if self._progress.local else "submitted"
        return Group(Text(f"{told}; {doing} {len(running)}:"), jobs) if running else Text(told)


def _live(draw: Callable[[], RenderableType]) -> Live:
    from rich.console import Console
    from rich.live import Live

    return Live(
        get_renderable=draw,
        console=Console(stderr=True, force_terminal=True),
        refresh_per_second=1 / PERIOD,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _line(text: str) -> logging.LogRecord:
    return logging.LogRecord(__name__, logging.INFO, __file__, 0, text, None, None)
