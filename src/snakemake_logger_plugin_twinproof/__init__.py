"""Snakemake's logger `twinproof`: shows the progress of a study, and complete errors (`snakemake --logger`).

Snakemake finds it by its name and imports it before it reads a workflow. So nothing of twinproof is imported here: the
workflow passes its own view of a run (twinproof/pipeline/view.py) with a record at the start of the run. Before that,
and for a workflow without such a view, Snakemake's own text is shown.
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

# The attribute of the record with the view.
VIEW = "twinproof_view"
# Messages that a person does not need to know; the log of the run has all of them.
HIDDEN_EVENTS = (LogEvent.WORKFLOW_STARTED, LogEvent.RESOURCES_INFO, LogEvent.RUN_INFO)
HIDDEN = re.compile(
    "Assuming unrestricted shared filesystem usage|Using shell:|Singularity containers: ignored|Select jobs to execute"
    "|DAG of jobs will be updated|Updating checkpoint dependencies|Touching output file|Elapsed time:|SLURM run ID:"
    r"|Job \d+ has been submitted with SLURM|Submitted array job"
)


class View(Protocol):
    """Shows a run."""

    def begin(self, text: logging.Handler, terminal: bool) -> None:
        """Start to show the run; `text` formats records, and `terminal` is whether the output is a terminal."""

    def handle(self, record: logging.LogRecord) -> None:
        """Show a record."""

    def close(self) -> None:
        """Show no more."""


class LogHandler(LogHandlerBase):
    """Shows records: with the view of the workflow, or as Snakemake itself does."""

    def __post_init__(self) -> None:
        """Choose how to show records, by Snakemake's own options."""
        settings = self.common_settings
        quiet = set(settings.quiet or ())
        # Options of Snakemake for more or for less output have priority.
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
            # An error in the view ends the view, but loses no message.
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
        """Stop; Snakemake calls this when all records are handled."""
        self._close()
        super().close()

    def _close(self) -> None:
        view, self._view = self._view, None
        if view:
            view.close()

    @property
    def writes_to_stream(self) -> bool:
        """Return that this replaces Snakemake's own output."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Return that Snakemake has to write the log of the run."""
        return False

    @property
    def has_filter(self) -> bool:
        """Return that Snakemake's own filter is needed, which obeys `--quiet`."""
        return False

    @property
    def has_formatter(self) -> bool:
        """Return that no other formatter is needed."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Return that the graph of rules is not needed."""
        return False
