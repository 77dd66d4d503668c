"""Snakemake's logger `twinproof`: shows how far a study is, and the whole of what went wrong (`snakemake --logger`).

Snakemake finds it by its name and imports it before it reads a workflow. So nothing of twinproof is imported here: the
workflow hands over its own view of a run (twinproof/pipeline/view.py), with a record that begins the run. Before that,
and for a workflow that hands over none, Snakemake's own text is shown.
"""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import Protocol

from snakemake.logging import ColorizingTextHandler, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

# The attribute of the record that hands over a view.
VIEW = "twinproof_view"
# What says nothing of this run that a person has to know; the log of the run has all of it.
HIDDEN_EVENTS = (LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.RUN_INFO)
HIDDEN = re.compile(
    "Assuming unrestricted shared filesystem usage|Using shell:|Singularity containers: ignored|Select jobs to execute"
    "|DAG of jobs will be updated|Updating checkpoint dependencies|Touching output file|Elapsed time:|SLURM run ID:"
    r"|Job \d+ has been submitted with SLURM|Submitted array job"
)


class View(Protocol):
    """Shows a run."""

    def begin(self, text: logging.Handler, terminal: bool) -> None:
        """Begin to show the run; `text` writes records as text, and `terminal` is whether somebody watches."""

    def handle(self, record: logging.LogRecord) -> None:
        """Show what a record says."""

    def close(self) -> None:
        """Show no more."""


class LogHandler(LogHandlerBase):
    """Shows records: by the view of the workflow, or as Snakemake itself does."""

    def __post_init__(self) -> None:
        """Choose how to show records, by Snakemake's own options."""
        settings = self.common_settings
        quiet = set(settings.quiet or ())
        # Who asks Snakemake itself for more, or for less, gets just that.
        self._as_asked = bool(
            settings.dryrun
            or settings.verbose
            or settings.debug_dag
            or settings.printshellcmds
            or quiet & {Quietness.ALL, Quietness.PROGRESS, Quietness.RULES}
        )
        self._view: View | None = None
        self._text = ColorizingTextHandler(
            nocolor=settings.nocolor,
            stream=sys.stdout if settings.stdout else sys.stderr,
            formatter=DefaultFormatter(settings.quiet, settings.show_failed_logs),
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record."""
        if self._as_asked:
            self._text.emit(record)
            return
        try:
            self._show(record)
        except Exception:
            # A fault of the view costs the view, and no message.
            self._as_asked = True
            with suppress(Exception):
                self._close()
            self.handleError(record)
            self._text.emit(record)

    def _show(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        if record.levelno < logging.WARNING and (
            event in HIDDEN_EVENTS or (event is None and HIDDEN.match(record.getMessage()))
        ):
            return
        if view := getattr(record, VIEW, None):
            self._text.emit(record)
            self._view = view
            view.begin(self._text, self._text.can_color_tty())
        elif self._view:
            self._view.handle(record)
        else:
            self._text.emit(record)

    def close(self) -> None:
        """Show no more; Snakemake calls this once all records are handled."""
        self._close()
        super().close()

    def _close(self) -> None:
        view, self._view = self._view, None
        if view:
            view.close()

    @property
    def writes_to_stream(self) -> bool:
        """Return that Snakemake's own output is not wanted beside this."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Return that Snakemake has to write the log of the run."""
        return False

    @property
    def has_filter(self) -> bool:
        """Return that Snakemake's own filter is wanted, which obeys `--quiet`."""
        return False

    @property
    def has_formatter(self) -> bool:
        """Return that no other formatter is wanted."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Return that the graph of rules is not wanted."""
        return False
