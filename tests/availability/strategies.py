"""Random but plausible questions, most of them near a change of clocks.

A question is built from one drawn seed: drawing each of its hundred parts apart would take far
longer than answering it. A failure names the seed, which is enough to build the question again.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from openslots.availability.inputs import (
    Away,
    Booking,
    BookingFact,
    Busy,
    BusyUnknown,
    DaysWindow,
    EventRules,
    HostInput,
    Kind,
    Limits,
    Override,
    RangeWindow,
    Reservation,
    Schedule,
    SlotQuery,
    Travel,
    WeeklyHours,
)

T = TypeVar("T")

# A zone and a day of 2030 on which its clocks change (some change at midnight).
CHANGES = (
    ("America/New_York", date(2030, 3, 10)),
    ("America/New_York", date(2030, 11, 3)),
    ("Europe/London", date(2030, 3, 31)),
    ("Europe/Rome", date(2030, 10, 27)),
    ("Australia/Lord_Howe", date(2030, 4, 7)),
    ("Australia/Lord_Howe", date(2030, 10, 6)),
    ("Pacific/Auckland", date(2030, 9, 29)),
    ("Pacific/Chatham", date(2030, 4, 7)),
    ("America/Havana", date(2030, 3, 10)),
    ("America/Havana", date(2030, 11, 3)),
    ("Asia/Beirut", date(2030, 3, 31)),
    ("Asia/Beirut", date(2030, 10, 27)),
    ("America/Santiago", date(2030, 9, 8)),
    ("Africa/Cairo", date(2030, 4, 26)),
    ("Asia/Kathmandu", date(2030, 1, 1)),
    ("Pacific/Kiritimati", date(2030, 12, 31)),
)
ZONES = tuple(sorted({zone for zone, _ in CHANGES} | {"UTC", "Asia/Kolkata", "Pacific/Pago_Pago"}))
KINDS: tuple[Kind, ...] = ("personal", "collective", "round_robin", "round_robin", "dynamic")
DAY = 86_400


class Maker:
    """Makes the parts of one question about the days around a change of clocks."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.zone, self.day = self.pick(CHANGES)
        midnight = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        self.start = int(midnight.timestamp()) + self.random.randint(-40, 20) * 3_600
        self.end = self.start + self.random.randint(1, 60) * 3_600

    def pick(self, options: Sequence[T]) -> T:
        return self.random.choice(options)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, make: Callable[[], T], most: int, least: int = 0) -> tuple[T, ...]:
        return tuple(make() for _ in range(self.random.randint(least, most)))

    def when(self, margin: int = 0, step: int = 300) -> int:
        low, high = self.start - margin, self.end + margin
        return low + self.random.randint(0, (high - low) // step) * step

    def any_zone(self) -> str:
        return self.pick(ZONES)

    def minute(self) -> int:
        quarter = self.random.randint(0, 95) * 15
        return self.pick([0, 540, 1020, 1439, quarter, quarter, self.random.randint(0, 1439)])

    def item(self) -> tuple[int, int]:
        """Hours of a day in minutes; now and then of no length or reversed."""
        if self.chance(0.4):
            return self.pick([(0, 1439), (540, 1020), (30, 1380)])
        start, end = self.minute(), self.minute()
        return (end, start) if start > end and self.chance(0.9) else (start, end)

    def weekly(self) -> WeeklyHours:
        some = tuple(day for day in range(7) if self.chance(0.7))
        return WeeklyHours(self.pick([tuple(range(7)), some]), *self.item())

    def override(self) -> Override:
        return Override(self.day + timedelta(days=self.random.randint(-2, 3)), *self.item())

    def schedule(self) -> Schedule:
        return Schedule(
            weekly=self.some(self.weekly, 3, 1),
            overrides=self.some(self.override, 3) if self.chance(0.5) else (),
            zone=self.pick([self.zone, self.zone, None]),
            id=self.random.randint(1, 3),
            is_default=self.chance(0.6),
        )

    def booking(self) -> Booking:
        start = self.when(DAY)
        return Booking(
            uid=f"b{start}",
            start=start,
            end=start + self.pick([15, 30, 60, 95]) * 60,
            event_type_id=self.pick([1, 1, 2, None]),
            before_buffer=self.pick([0, 0, 10, 45]),
            after_buffer=self.pick([0, 0, 5, 60]),
            seats_taken=self.pick([0, 0, 1, 2, 3]),
            status=self.pick(["accepted", "accepted", "accepted", "pending", "cancelled"]),
        )

    def limits(self, share: float, unit: int = 1) -> Limits:
        if not self.chance(share):
            return Limits()
        return Limits(*(self.pick([None, None, unit, 2 * unit, 3 * unit]) for _ in range(4)))

    def fact(self) -> BookingFact:
        start = self.when(5 * DAY)
        return BookingFact(f"b{start}", start, self.pick([30, 60]))

    def away(self) -> Away:
        start = self.when(DAY, 3_600)
        return Away(start, start + self.pick([0, 1, DAY - 1, DAY]), 5)

    def trip(self) -> Travel:
        start = self.when(DAY, 3_600)
        return Travel(self.any_zone(), start, self.pick([None, start + DAY, start + 3 * DAY]))

    def entry(self) -> Busy:
        start = self.when(DAY)
        return Busy(start, start + self.pick([20, 60, 400]) * 60, "work")

    def host(self, number: int) -> HostInput:
        bookings = {booking.uid: booking for booking in self.some(self.booking, 5)}
        return HostInput(
            id=number,
            email=f"h{number}@example.com",
            fixed=self.chance(0.3),
            group=self.pick([None, None, "a", "b"]),
            profile_zone=self.pick([self.zone, self.any_zone()]),
            schedule=None if self.chance(0.1) else self.schedule(),
            travel=self.some(self.trip, 2) if self.chance(0.2) else (),
            away=self.some(self.away, 1) if self.chance(0.5) else (),
            bookings=tuple(bookings.values()),
            calendar=BusyUnknown() if self.chance(0.05) else self.some(self.entry, 2),
            limits=self.limits(0.1),
            facts=self.some(self.fact, 3),
            team_facts=self.some(self.fact, 3),
        )

    def window(self) -> DaysWindow | RangeWindow:
        if self.chance(0.3):
            first = self.day + timedelta(days=self.random.randint(-2, 1))
            return RangeWindow(first, first + timedelta(days=self.random.randint(0, 2)))
        rolling = self.chance(0.6)
        return DaysWindow(self.random.randint(int(rolling), 3), self.chance(0.3), rolling)

    def event(self, kind: Kind) -> EventRules:
        return EventRules(
            id=self.pick([1, 1, 1, None]),
            length=self.pick([15, 25, 30, 45, 60, 90, 7]),
            kind=kind,
            slot_interval=self.pick([None, None, 15, 20, 50]),
            offset_start=self.pick([0, 0, 0, 5, 15]),
            minimum_notice=self.pick([0, 0, 0, 45, 600]),
            before_buffer=self.pick([0, 0, 10, 30]),
            after_buffer=self.pick([0, 0, 15, 60]),
            seats_per_slot=self.pick([None, None, 1, 3]),
            window=self.window() if self.chance(0.25) else None,
            count_limits=self.limits(0.15),
            minute_limits=self.limits(0.15, 60),
            team_limits=self.limits(0.1),
            only_first_slot=self.chance(0.1),
            show_optimized=self.chance(0.2),
            pending_blocks=self.chance(0.5),
            restriction=self.schedule() if self.chance(0.1) else None,
            own_schedule_zone=self.any_zone() if self.chance(0.2) else None,
            legacy_zone=self.any_zone() if self.chance(0.2) else None,
        )

    def reservation(self) -> Reservation:
        start = self.when(step=900)
        return Reservation(
            uid=self.pick("xyz"),
            start=start,
            end=start + 1_800,
            event_type_id=self.pick([1, 2]),
            host_id=self.random.randint(1, 3),
            is_seat=self.chance(0.3),
        )

    def query(self, most_hosts: int, kind: Kind | None) -> SlotQuery:
        asked = self.pick(KINDS) if kind is None else kind
        count = 1 if asked == "personal" else self.random.randint(2, most_hosts)
        hosts = tuple(self.host(number) for number in range(1, count + 1))
        uids = [booking.uid for host in hosts for booking in host.bookings]
        return SlotQuery(
            now=self.start - self.pick([-7_230, 0, 3_601, 40_000, 90_000]),
            start=self.start,
            end=self.end - self.pick([0, 0, 0, 1]),
            event=self.event(asked),
            hosts=hosts,
            viewer_zone=self.pick([None, self.zone, self.any_zone()]),
            duration=self.pick([None, None, None, 20, 60]),
            reschedule_uid=self.pick([None, *uids]),
            reservations=self.some(self.reservation, 3),
            own_reservation_uid=self.pick([None, "x"]),
            event_facts=self.some(self.fact, 4),
        )


seeds = st.integers(0, 2**64)


def queries(*, most_hosts: int = 3, kind: Kind | None = None) -> st.SearchStrategy[SlotQuery]:
    """Random questions; of the given kind, if any."""
    return seeds.map(lambda seed: Maker(seed).query(most_hosts, kind))
