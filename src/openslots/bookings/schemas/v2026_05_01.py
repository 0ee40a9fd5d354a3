"""What 2026-05-01 changed: lists are walked with a cursor. The shapes are those of 2024-08-13."""

from __future__ import annotations

from openslots.bookings.schemas.v2024_08_13.answers import BookingOut
from openslots.bookings.types import Cursor
from openslots.kernel.http.envelope import CursorPage, CursorPagination


def page(found: Cursor) -> CursorPage[BookingOut]:
    """One page; the cursor of the last one is null."""
    return CursorPage(
        data=[BookingOut.of(item) for item in found.items],
        pagination=CursorPagination(
            next_cursor=found.next_cursor, has_more=found.next_cursor is not None
        ),
    )
