"""A process that `openslots dev` keeps alive: started, watched, restarted with back-off."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psutil

from openslots import embedded
from openslots.cli.console import Console, follow

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0
STEADY_SECONDS = 30.0


class Runs(Protocol):
    """What can be kept alive: a process of ours, or a bundled server."""

    @property
    def running(self) -> bool: ...
    def start(self) -> None: ...


class Child:
    """One `openslots` command as a process of its own session."""

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: dict[str, str],
        console: Console,
        logs: Path,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "openslots", *arguments]
        self._environment = environment
        self._console = console
        self.log = logs / f"{name}.log"
        self._pass_fds = pass_fds
        self._process: subprocess.Popen[bytes] | None = None
        self._follower: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def identity(self) -> list[float]:
        """Process number and start time, by which a later run knows a leftover from a stranger."""
        if self._process is None:
            return []
        try:
            return [self._process.pid, psutil.Process(self._process.pid).create_time()]
        except psutil.Error:
            return []

    @property
    def ending(self) -> str:
        """How the last process ended, for a person."""
        code = self._process.poll() if self._process else None
        if code is not None and code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"status {code}"

    def start(self) -> None:
        """Must be called from the main thread: on Linux the child ends with its starter."""
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            self._command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=tuple(self._pass_fds),
            preexec_fn=embedded.dies_with_parent(signal.SIGTERM),
        )
        if self._process.stdout is not None:
            self._follower = follow(self.name, self._process.stdout, self.log, self._console)

    @property
    def last_line(self) -> str:
        """What the child said last, for a person who wonders why it ended."""
        if self._follower is not None:
            self._follower.join(1)
        return embedded.last_line(self.log)

    def wait(self) -> int:
        """Waits for the end of a command that ends by itself; its status."""
        return self._process.wait() if self._process else 0

    def stop(self, seconds: float) -> None:
        if self._process is not None:
            embedded.stop_process(self._process, (signal.SIGTERM,), seconds)


class Watch:
    """Restarts one thing when it ends; every failure in a row doubles the pause before it."""

    def __init__(self, name: str, thing: Runs, console: Console) -> None:
        self.name = name
        self.thing = thing
        self._console = console
        self._pause = FIRST_PAUSE
        self._since = time.monotonic()
        self._due: float | None = None

    def look(self) -> bool:
        """To be called often; True when it has just restarted the thing."""
        now = time.monotonic()
        if self.thing.running:
            if now - self._since > STEADY_SECONDS:
                self._pause = FIRST_PAUSE
            return False
        if self._due is None:
            how = getattr(self.thing, "ending", "") or "gone"
            self._console.say(
                f"openslots: {self.name} ended ({how}), restarting in {self._pause:g} s"
            )
            self._due = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        if now < self._due:
            return False
        self._due, self._since = None, now
        try:
            self.thing.start()
        except (OSError, embedded.ServerError) as error:
            self._console.say(f"openslots: {self.name} could not be restarted: {error}")
            return False
        self._console.say(f"openslots: {self.name} restarted")
        return True


def stop_leftovers(identities: Sequence[Sequence[float]], seconds: float = 5) -> int:
    """Stops processes of an earlier run that was killed; returns how many there were."""
    found = [
        process
        for identity in identities
        if len(identity) == 2 and (process := _still(int(identity[0]), identity[1]))
    ]
    embedded.stop_processes(found, signal.SIGTERM, seconds)
    return len(found)


def _still(pid: int, started: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < 0.02
        return process if same and "openslots" in process.cmdline() else None
    except psutil.Error:
        return None
