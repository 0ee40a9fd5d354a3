"""Refusals of bookings; messages are the contract (bookings notes, 2, 3, 5.9 and 10 to 17).

`raw` is the code that the 2024-04-15 family shows instead of the sentence.
"""

from __future__ import annotations

from typing import ClassVar

from openslots.kernel.errors import (
    BadRequest,
    Conflict,
    DomainError,
    Forbidden,
    NotFound,
    Unauthorized,
    Unprocessable,
)

USER_BUSY = "User either already has booking at this time or is not available"
TEAM_BUSY = "One of the hosts either already has booking at this time or is not available"
OUT_OF_BOUNDS = (
    "The event type can't be booked at the \"start\" time provided. This could be because it's too "
    "soon (violating the minimum booking notice) or too far in the future (outside the event's "
    "scheduling window). Try fetching available slots first using the GET /v2/slots endpoint and "
    'then make a booking with "start" time equal to one of the available slots.'
)


class Invalid(BadRequest):
    """A request that breaks a rule of the event type or of the booking."""


class NotOffered(BadRequest):
    """A refusal that the old family names by `raw`."""

    raw: ClassVar[str] = ""


class HostBusy(NotOffered):
    message = USER_BUSY
    raw = "no_available_users_found_error"


class TeamBusy(NotOffered):
    message = TEAM_BUSY
    raw = "no_available_users_found_error"


class InThePast(NotOffered):
    message = "Attempting to book a meeting in the past."
    raw = "Attempting to book a meeting in the past."


class OutOfBounds(NotOffered):
    message = OUT_OF_BOUNDS
    raw = "booking_time_out_of_bounds_error"


class ActiveBookingsReached(NotOffered):
    raw = "booker_limit_exceeded_error"

    def __init__(self, offered_uid: str | None = None) -> None:
        text = (
            "Attendee with this email can't book because the maximum number of active bookings "
            "has been reached."
        )
        if offered_uid is not None:
            text += (
                f" You can reschedule your existing booking ({offered_uid}) to a new timeslot "
                "instead."
            )
        super().__init__(text)


class SeatsFull(Conflict):
    message = "No more seats left at this seated booking."
    raw: ClassVar[str] = "booking_seats_full_error"


class AlreadySignedUp(Conflict):
    doubled = True
    message = "already_signed_up_for_this_booking_error"


class NotEnoughSeats(Conflict):
    doubled = True
    message = "not_enough_available_seats_error"


class BookingConflict(Conflict):
    """The exclusion constraint stopped a booking that no check had seen."""

    doubled = True
    message = "booking_conflict_error"


class LimitReached(Unauthorized):
    doubled = True
    message = "booking_limit_reached"


class DurationLimitReached(Unauthorized):
    doubled = True
    message = "duration_limit_reached"


class RecurringSeats(BadRequest):
    doubled = True
    message = "recurring_event_seats_error"


class VerificationRequired(BadRequest):
    doubled = True
    message = "email_verification_required"


class VerificationWrong(BadRequest):
    doubled = True
    message = "invalid_verification_code"


class EmailBlocked(Forbidden):
    doubled = True
    message = "Cannot use this email to create the booking."


class BookingNotFound(NotFound):
    def __init__(self, uid: str) -> None:
        super().__init__(f"Booking with uid={uid} was not found in the database")


class SeatNotFound(NotFound):
    def __init__(self, uid: str) -> None:
        super().__init__(f"Booking with seatUid={uid} was not found in the database")


class BookingUnknown(NotFound):
    """The same miss, in the words of cancel, mark-absent, links and references."""


class EventTypeNotFound(NotFound):
    pass


class AuthenticationRequired(Unauthorized):
    message = (
        "checkBookingRequiresAuthentication - request must be authenticated by passing credentials "
        "belonging to event type owner, host or team or org admin or owner."
    )


class NotEntitled(Forbidden):
    message = (
        "checkBookingRequiresAuthentication - user is not authorized to access this event type. "
        "User has to be either event type owner, host, team admin or owner or org admin or owner."
    )


class NoHosts(Unprocessable):
    def __init__(self, event_type_id: int, team_id: int | None) -> None:
        super().__init__(
            "Can't book this team event type because it has no hosts. Please, add at least 1 host "
            f"to event type with id={event_type_id} belonging to team with id={team_id} and try "
            "again."
        )


class NoAccess(Forbidden):
    """Also for a booking that does not exist, so that existence does not leak."""

    def __init__(self, user_id: int, uid: str) -> None:
        super().__init__(
            f"BookingPbacGuard - user with id={user_id} does not have access to booking with "
            f"uid={uid}"
        )


class MayNotChange(Forbidden):
    pass


class AttendeeNotFound(NotFound):
    pass


class NotConfirmable(BadRequest):
    """The answer of the confirm and decline handlers: no details."""

    code = "TRPCError"
    plain = True


class MayNotConfirm(Unauthorized):
    code = "TRPCError"
    plain = True
    message = "User is not authorized to confirm this booking"


class ListRefused(BadRequest):
    code = "TRPCError"
    plain = True


class NotCancellable(BadRequest):
    doubled = True


class NotAHost(Unauthorized):
    doubled = True
    message = "User not a host of this event"


class RescheduleNotice(Forbidden):
    doubled = True
    message = "Rescheduling is not allowed within the minimum notice period before the event"


class NoVideo(NotFound):
    def __init__(self, uid: str) -> None:
        super().__init__(f"No Cal Video reference found with booking uid {uid}")


class KeyReused(Unprocessable):
    message = "This Idempotency-Key was used with another request body."


class LegacyRefusal(DomainError):
    """A refusal of the 2024-04-15 family: the raw code as message and as details."""

    status = 400
    code = "HttpException"
    plain = True

    def __init__(self, raw: str) -> None:
        super().__init__(raw)
        self.details = raw  # type: ignore[assignment]  # contract: a text, not an object


class LegacyAuthenticationRequired(Unauthorized):
    message = "This event type requires authentication. Please provide valid credentials."


class LegacyNotEntitled(Forbidden):
    message = (
        "You are not authorized to book this event type. You must be the event type owner, a host, "
        "or an admin of its team or organization."
    )
