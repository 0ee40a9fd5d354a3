"""The clock of a test: stands still where it was set, and moves only when told."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

from openslots.kernel import clock


class Clock:
    """Pins `kernel.clock.now()` for the whole process until the test ends."""

    def __init__(self, pins: ExitStack) -> None:
        self._pins = pins

    @property
    def now(self) -> datetime:
        return clock.now()

    def set(self, moment: datetime | str) -> datetime:
        """Stops the clock at `moment` (aware, or ISO 8601 with an offset) and returns it."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        self._pins.close()
        self._pins.enter_context(clock.pinned(moment))
        return moment

    def advance(self, step: timedelta) -> datetime:
        """Moves the (then pinned) clock on by `step` and returns the new instant."""
        return self.set(clock.now() + step)
