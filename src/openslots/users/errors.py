"""What the users slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, Conflict, Forbidden, NotFound, UniqueViolation


class EmailTaken(Conflict):
    def __init__(self, email: str) -> None:
        super().__init__(f"A user with the e-mail address {email} already exists.")


class UsernameTaken(Conflict):
    def __init__(self, username: str) -> None:
        super().__init__(f"A user with the username {username} already exists.")


class NewEmailTaken(UniqueViolation):
    """The new address of a profile belongs to somebody else (auth notes, 12.2)."""


class InvalidUser(BadRequest):
    """A value that no user can have."""


class UserNotFound(NotFound):
    def __init__(self, what: object) -> None:
        super().__init__(f"User {what} does not exist.")


class ScheduleMissing(NotFound):
    def __init__(self, schedule_id: int) -> None:
        super().__init__(f"Schedule with ID={schedule_id} does not exist.")


class ScheduleNotOwned(Forbidden):
    def __init__(self, user_id: int, schedule_id: int) -> None:
        super().__init__(f"User with ID={user_id} does not own schedule with ID={schedule_id}")


class NotInOrganization(Forbidden):
    message = "Booking limits are only available to members of an organization."
