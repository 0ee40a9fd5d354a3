"""What the event types slice refuses, in the words of its contract (event type notes, 21)."""

from __future__ import annotations

from collections.abc import Iterable

from openslots.kernel.errors import BadRequest, Forbidden, Gone, NotFound


class InvalidEventType(BadRequest):
    """Something about the wanted event type is wrong; the message is the contract's."""


class SlugTaken(BadRequest):
    message = "User already has an event type with this slug."


class SlugTakenOnUpdate(BadRequest):
    message = "error_event_type_url_duplicate"


class EventTypeNotFound(NotFound):
    def __init__(self, event_type_id: int) -> None:
        super().__init__(f"Event type with id {event_type_id} not found")


class NothingToDelete(NotFound):
    def __init__(self, event_type_id: int) -> None:
        super().__init__(f"Event type with ID={event_type_id} does not exist.")


class NotTheOwner(Forbidden):
    def __init__(self, user_id: int, event_type_id: int) -> None:
        super().__init__(f"User with ID={user_id} does not own event type with ID={event_type_id}")


class ForeignSchedule(NotFound):
    def __init__(self, user_id: int, schedule_id: int) -> None:
        super().__init__(f"User with ID={user_id} does not own schedule with ID={schedule_id}")


class AppNotConnected(BadRequest):
    def __init__(self, app: str) -> None:
        super().__init__(f"{app} not connected.")


class UnknownUser(NotFound):
    def __init__(self, username: str) -> None:
        super().__init__(f"User with username {username} not found")


class LinkNotFound(NotFound):
    """A private link that is not one of the event type's."""


class LinkSpent(Gone):
    """The link is unknown, expired or used up (event type notes, 16)."""

    message = "private_link_expired"


def failed(kind: str, what: str, messages: Iterable[str]) -> InvalidEventType:
    """`Validation failed for {kind} {what}: ...`; `what` is "location" or "booking field"."""
    return InvalidEventType(f"Validation failed for {kind} {what}: {', '.join(messages)}")
