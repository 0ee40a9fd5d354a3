"""What `openslots dev` says: one readable line a request, JSON lines in the data folder's log."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from openslots import embedded

# The frame of a log line, which a reader of the terminal does not need.
QUIET = {"at", "level", "event", "request_id", "logger"}
PROBES = ("/health", "/ready", "/metrics")
WAITING_LINES = 10_000


class Console:
    """Writes lines without ever holding up who says them.

    A terminal that is paused, or a pipe that nobody reads, must not stop the API: lines wait in
    a queue that a thread writes out, and those that find it full are dropped.
    """

    def __init__(self, out: int = 1) -> None:
        self._out = out
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING_LINES)
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._writer.start()

    def say(self, text: str) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(text)

    def close(self, seconds: float = 1) -> None:
        """Gives what waits a moment to be written."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._writer.join(seconds)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            left = (line + "\n").encode(errors="replace")
            with contextlib.suppress(OSError):  # nobody listens any more
                while left:
                    left = left[os.write(self._out, left) :]


def follow(name: str, pipe: IO[bytes], log: Path, console: Console) -> threading.Thread:
    """Copies a child's lines into `log` as they are and onto the console as a person reads them."""

    def copy() -> None:
        target = embedded.open_log(log)
        with os.fdopen(target, "ab", buffering=0) as file, pipe:
            for line in pipe:
                with contextlib.suppress(OSError):  # a full disk must not stop the child
                    file.write(line)
                if text := readable(name, line.decode(errors="replace").rstrip()):
                    console.say(text)

    thread = threading.Thread(target=copy, daemon=True)
    thread.start()
    return thread


def readable(name: str, line: str) -> str:
    """One line for a person; empty for what only the log keeps."""
    try:
        fields: dict[str, Any] = json.loads(line)  # Any: the values of a log line
        event = fields["event"]
    except (ValueError, KeyError, TypeError):
        return f"{name}: {line}" if line else ""
    at = _local_time(str(fields.get("at", "")))
    if event == "request":
        probe = fields.get("route") in PROBES and fields.get("status") == 200
        return "" if probe else f"{at} {_request(fields)}"
    details = " ".join(f"{key}={value}" for key, value in fields.items() if key not in QUIET)
    return f"{at} {name}: {event} {details}".rstrip()


def _request(fields: dict[str, Any]) -> str:
    where = fields.get("route") or fields.get("path")
    return f"{fields.get('status')} {fields.get('method')} {where} {fields.get('ms', 0):.0f} ms"


def _local_time(at: str) -> str:
    with contextlib.suppress(ValueError):
        return f"{datetime.fromisoformat(at).astimezone():%H:%M:%S}"
    return time.strftime("%H:%M:%S")
