"""JSON log lines from the standard library: an event name and its fields."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar

from openslots.kernel import clock

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
more_fields: Callable[[], dict[str, str]] | None = None  # of the moment; set by kernel.tracing


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": clock.iso(clock.now()),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        if more_fields is not None:
            line.update(more_fields())
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Log:
    """`log.info("request", status=200)`: event names are constants, values are fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"openslots.{name}")

    @property
    def says_info(self) -> bool:
        """Whether an `info` would be written, for callers whose fields cost something."""
        return self._logger.isEnabledFor(logging.INFO)

    def _write(self, level: int, event: str, fields: dict[str, object], *, trace: bool) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields}, exc_info=trace)

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields, trace=False)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields, trace=False)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields, trace=False)

    def error(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields, trace=False)

    def exception(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields, trace=True)


def configure(level: str = "INFO") -> None:
    """JSON on stdout; replaces what was configured before."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("openslots").setLevel(level)
