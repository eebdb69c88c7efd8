"""What a task says through Python's ``logging``, on its way to the run's log."""

from __future__ import annotations

import logging

from backline.runtime import messages as say
from backline.runtime.line import Line
from backline.sdk.context import Level


class RunLogHandler(logging.Handler):
    """Tells the records of one run, with their levels."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._line.tell(say.Said("log", self.format(record), level_of(record.levelno)))
        except Exception:  # noqa: BLE001 - logging's own way: a log line must not end a task
            self.handleError(record)


def level_of(number: int) -> Level:
    """Return the run log's word for a level of ``logging``."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    return "info" if number >= logging.INFO else "debug"


def tell_records(line: Line) -> None:
    """Let records of INFO and above, and warnings, go to the run's log.

    A task module that has set up ``logging`` by itself keeps its own way, which
    ends in the run's log too, as text.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    root.addHandler(RunLogHandler(line))
    if root.level in (logging.NOTSET, logging.WARNING):
        root.setLevel(logging.INFO)
    logging.captureWarnings(True)
