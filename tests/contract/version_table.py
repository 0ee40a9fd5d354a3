"""Which dates each family of paths answers, and in which shape: the whole table, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.contract.rows import DATES


@dataclass(frozen=True)
class Family:
    """`marks` has one character per date: a letter names the shape, a capital one where the shape
    is declared and a small one where it is filled in; `-` is a 404."""

    name: str
    marks: str
    operations: tuple[tuple[str, str], ...]

    def declared(self) -> dict[str, tuple[str, ...]]:
        """Shape (a capital letter) -> the dates that declare it."""
        return {
            shape: tuple(date for date, mark in self.by_date() if mark == shape)
            for shape in sorted({mark for mark in self.marks if mark.isupper()})
        }

    def by_date(self) -> Iterator[tuple[str, str]]:
        """(date, mark), oldest first."""
        return zip(DATES, self.marks, strict=True)


def _of(prefix: str, text: str) -> tuple[tuple[str, str], ...]:
    """`GET /a` lines, one operation each, under a prefix."""
    pairs = (line.split() for line in text.strip().splitlines())
    return tuple((pair[0], prefix + (pair[1] if len(pair) > 1 else "")) for pair in pairs)


SCHEDULES = "POST\nGET\nGET /default\nGET /{}\nPATCH /{}\nDELETE /{}"
EVENT_TYPES = "POST\nGET\nGET /{}\nPATCH /{}\nDELETE /{}"

FAMILIES = (
    Family("schedules", "LCCcccc", _of("/v2/schedules", SCHEDULES)),
    Family("event types", "LLCcccc", _of("/v2/event-types", EVENT_TYPES)),
    Family(
        "public event types of the oldest shape",
        "LL-----",
        _of("/v2/event-types", "GET /{}/public\nGET /{}/{}/public"),
    ),
    Family("slots", "LLLLCcc", _of("/v2/slots", "GET")),
    Family(
        "slots of the oldest shape",
        "LLLL---",
        _of("/v2/slots", "GET /available\nPOST /reserve\nDELETE /selected-slot"),
    ),
    Family(
        "reservations",
        "----Ccc",
        _of("/v2/slots/reservations", "POST\nGET /{}\nPATCH /{}\nDELETE /{}"),
    ),
    Family(
        "bookings in both shapes",
        "LLLCccc",
        _of("/v2/bookings", "POST\nGET /{}\nPOST /{}/cancel"),
    ),
    Family("the list of bookings", "LLLCcCP", _of("/v2/bookings", "GET")),
    Family(
        "bookings of the oldest shape only",
        "LLL----",
        _of(
            "/v2/bookings",
            "POST /recurring\nPOST /instant\nGET /{}/reschedule\nPOST /{}/mark-no-show",
        ),
    ),
    Family(
        "bookings of the newer shape only",
        "---Cccc",
        _of(
            "/v2/bookings",
            """
            GET /by-seat/{}
            POST /{}/reschedule
            POST /{}/confirm
            POST /{}/decline
            POST /{}/mark-absent
            POST /{}/reassign
            POST /{}/reassign/{}
            POST /{}/request-reschedule
            GET /{}/references
            GET /{}/calendar-links
            GET /{}/transcripts
            GET /{}/attendees
            POST /{}/attendees
            GET /{}/attendees/{}
            DELETE /{}/attendees/{}
            POST /{}/guests
            PATCH /{}/location
            GET /{}/routing-trace
            """,
        ),
    ),
    Family(
        "recordings and sessions",
        "---CcCc",
        _of("/v2/bookings", "GET /{}/recordings\nGET /{}/conferencing-sessions"),
    ),
    Family("bookings of an organization", "SSSSSSP", (("GET", "/v2/organizations/{}/bookings"),)),
)

# What a header counts as; the first column of the table is the missing header.
HEADERS: tuple[tuple[str | None, str], ...] = (
    (None, DATES[0]),
    ("", DATES[0]),
    ("latest", DATES[0]),
    ("2023-01-01", DATES[0]),
    ("2024-06-12", "2024-06-11"),
    ("2025-12-31", "2024-09-04"),
    ("2026-03-01", "2026-02-25"),
    ("2026-06-12", "2026-05-01"),
    ("2099-01-01", "2026-05-01"),
    *((date, date) for date in DATES),
)
