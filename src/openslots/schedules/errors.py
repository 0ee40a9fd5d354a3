"""What the schedules slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, Forbidden, NotFound


class ScheduleNotFound(NotFound):
    def __init__(self, schedule_id: int) -> None:
        super().__init__(f"Schedule with ID={schedule_id} does not exist.")


class ScheduleNotOwned(Forbidden):
    def __init__(self, user_id: int, schedule_id: int) -> None:
        super().__init__(f"User with ID={user_id} does not own schedule with ID={schedule_id}")


class TooManySchedules(BadRequest):
    def __init__(self, most: int) -> None:
        super().__init__(f"A user has at most {most} schedules.")


class InvalidDateText(BadRequest):
    """An instant of the 2024-04-15 contract that cannot be read."""

    def __init__(self, received: object) -> None:
        super().__init__(
            "Invalid datestring format. Expected format(ISO8061): 2025-04-12T13:17:56.324Z. "
            f"Received: {received}"
        )
