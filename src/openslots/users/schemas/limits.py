"""The caller's own booking limits."""

from __future__ import annotations

from typing import Annotated

from openslots.kernel.http.validation import Body, Int, at_least

Limit = Annotated[Int, at_least(1)] | None


class BookingLimitsIn(Body):
    """Most bookings of each calendar period; null removes a limit."""

    per_day: Limit = None
    per_week: Limit = None
    per_month: Limit = None
    per_year: Limit = None

    def to_command(self) -> dict[str, int | None]:
        return self.model_dump(by_alias=True, exclude_unset=True)
