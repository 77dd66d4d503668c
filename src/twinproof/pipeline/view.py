"""Shows a run to a person: one live view in a terminal, else a line for each job that is done.

Snakemake's logger plugin (src/snakemake_logger_plugin_twinproof) hands over the records of the run, in its own thread.
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

# The attributes of two records: of that which hands over the view of a run, and of that which says what the run did.
VIEW = "twinproof_view"
END = "twinproof_end"
# The most jobs in the live view; a cluster has hundreds.
SHOWN = 8
# Seconds between two looks: to draw takes milliseconds, which what is timed beside must not feel.
PERIOD = 2.0


class View:
    """Shows how far a run is; what is not about that is shown as Snakemake shows it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._text: logging.Handler = logging.NullHandler()
        self._live: Live | None = None
        self._lock = threading.Lock()
        self._finished: str | None = None
        self._closed = False

    def begin(self, text: logging.Handler, terminal: bool) -> None:
        """Begin to show the run; `text` writes records as text, and `terminal` is whether somebody watches."""
        self._text = text
        if terminal:
            self._live = _live(self._draw)
            self._resume()

    def handle(self, record: logging.LogRecord) -> None:
        """Show what a record of the run says."""
        event = getattr(record, "event", None)
        if event == LogEvent.JOB_ERROR:
            # May be hundreds of names, which the log of the run has.
            record.__dict__["input"] = []
        shown = event not in (LogEvent.JOB_INFO, LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.PROGRESS)
        with self._lock:
            line = self._note(event, record)
        if shown:
            self._above(record)
        elif line and not self._live:
            self._text.emit(_line(line))

    def close(self) -> None:
        """Show no more, and name what failed once more."""
        self._pause()
        self._live = None
        with self._lock:
            failures = self._progress.failures()
        for line in failures if not self._closed else ():
            self._text.emit(_line(line))
        self._closed = True

    def _note(self, event: LogEvent | None, record: logging.LogRecord) -> str | None:
        """Note what a record says of the jobs; return a line if it is worth one."""
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
            # It stays in sight: a run that is killed could not bring it back.
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
