"""What the service logs: one JSON object a line, of fields that are never a person's.

No text of a library is among them: of an error its kind and place, of another
program's log record its level and whose it is.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import datetime

from riskscreen.disclosure.words import mask_content

_log = logging.getLogger("riskscreen.service")

Field = str | int | float | bool | Mapping[str, str] | None


class _Origin(logging.Handler):
    """Writes of a library's log record its level and whose it is, as an event."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(logging.WARNING)
        self._clock = clock

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != _log.name:
            level = record.levelname.lower()
            write_event(self._clock, "library", logger=record.name, level=level)


def write_event(clock: Callable[[], datetime], event: str, **fields: Field) -> None:
    """Log *event* with its moment and *fields*, in words that may leave."""
    at = clock().isoformat(timespec="milliseconds")
    line = mask_content({"at": at, "event": event, **fields})
    _log.info(json.dumps(line, ensure_ascii=False))


def log_as_json(clock: Callable[[], datetime]) -> None:
    """Let every log record of this process leave as an event on standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _log.handlers, _log.propagate = [handler], False
    _log.setLevel(logging.INFO)
    logging.getLogger().handlers = [_Origin(clock)]
