"""What slots and holds refuse, in the words of the contract."""

from __future__ import annotations

from openslots.kernel.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    Unauthorized,
    Unprocessable,
)


class EventTypeNotFound(NotFound):
    message = "Event Type not found"


class UserNotFound(NotFound):
    def __init__(self, username: str) -> None:
        super().__init__(f"User with username {username} not found")


class TeamNotFound(NotFound):
    def __init__(self, slug: str) -> None:
        super().__init__(f"Team with slug {slug} not found")


class OrganizationNotFound(NotFound):
    def __init__(self, slug: str) -> None:
        super().__init__(f"slots-input.service.ts: Organization with slug {slug} not found")


# contract: what the engine refuses has this code and no details


class NothingThere(NotFound):
    code = "TRPCError"
    plain = True
    message = "The requested resource was not found"


class DynamicBookingOff(Unauthorized):
    code = "TRPCError"
    plain = True
    message = "Some of the users in this group do not allow dynamic booking"


# holds


class UnknownEventType(NotFound):
    def __init__(self, event_type_id: int) -> None:
        super().__init__(f"Event Type with ID={event_type_id} not found")


class HoldNotFound(NotFound):
    def __init__(self, uid: str) -> None:
        super().__init__(f"Slot with uid={uid} not found")


class DurationNeedsCaller(Unauthorized):
    message = (
        "reservationDuration can only be used for authenticated requests - use access token, "
        "api key or OAuth credentials"
    )


class DurationNotAllowed(Forbidden):
    message = (
        "authenticated user is not owner of event type, does not have memberships in common with "
        "owner of the event type, nor does belong to event type's team or org."
    )


class InvalidStart(BadRequest):
    message = "Invalid start date"


class FixedLength(BadRequest):
    message = "You passed 'slotDuration' but this event type is not a variable length event type."


class LengthNotOffered(BadRequest):
    def __init__(self, options: list[int]) -> None:
        listed = ", ".join(str(minutes) for minutes in options)
        super().__init__(
            "Provided 'slotDuration' is not one of the possible lengths for the event type. "
            f"The possible lengths for this variable length event type are: {listed}"
        )


class NoSeatsLeft(Unprocessable):
    def __init__(self, event_type_id: int, start: str) -> None:
        super().__init__(f"Booking with id={event_type_id} at {start} has no more seats left.")


class AlreadyBooked(Unprocessable):
    message = "Can't reserve a slot if the event is already booked."


class AlreadyReserved(Unprocessable):
    message = "This time slot is already reserved by another user. Please choose a different time."


class NoHostLeft(Unprocessable):
    message = (
        "Can't reserve the slot because the round robin event type has no available hosts left "
        "at this time slot."
    )


class NoHosts(BadRequest):
    message = "Cannot reserve a slot for a team event without any hosts"


class HeldByAnother(BadRequest):
    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Someone else reserved this slot before you. It will be freed up in {seconds} seconds."
        )
