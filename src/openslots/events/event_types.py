"""What happened to event types."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTypeDeleted:
    """An event type is about to go, and its row is still there."""

    id: int
