"""Who hears of what happened: event types and the functions that run in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openslots.kernel.uow import UnitOfWork

# Any: each subscriber takes the event class it is registered for
Subscriber = Callable[["UnitOfWork", Any], Awaitable[None]]


class Bus:
    """Subscribers by event class, called in the order of the table."""

    def __init__(self, subscribers: Iterable[tuple[type, Subscriber]] = ()) -> None:
        self._subscribers: dict[type, list[Subscriber]] = defaultdict(list)
        for event_type, subscriber in subscribers:
            self._subscribers[event_type].append(subscriber)

    def of(self, event: object) -> list[Subscriber]:
        return self._subscribers.get(type(event), [])
