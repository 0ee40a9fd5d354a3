"""The rules of the notes done the slow, plain way: minute by minute, pair by pair, no cleverness.

Written apart from the engine, from the notes alone: it shares the input types, nothing else, and
all local time goes through `datetime`. Times other than `now` must be whole minutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from openslots.availability.inputs import (
    Booking,
    BookingFact,
    BusyUnknown,
    DaysWindow,
    HostInput,
    Limits,
    RangeWindow,
    Schedule,
    SlotQuery,
    WeeklyHours,
)

Run = tuple[int, int]
NINE_TO_FIVE = Schedule((WeeklyHours((1, 2, 3, 4, 5), 540, 1020),))


def local(instant: int, zone: str) -> datetime:
    return datetime.fromtimestamp(instant, ZoneInfo(zone))


def instant(day: date, minutes: int, zone: str) -> int:
    """Wall-clock minutes of a date as an instant; `fold=0` is the rule of the notes (9.2.4)."""
    return round(
        datetime(
            day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=ZoneInfo(zone)
        ).timestamp()
    )


def sunday_first(day: date) -> int:
    return day.isoweekday() % 7


def dates(start: int, end: int) -> Iterable[date]:
    day = datetime.fromtimestamp(start, UTC).date() - timedelta(days=3)
    last = datetime.fromtimestamp(end, UTC).date() + timedelta(days=3)
    while day <= last:
        yield day
        day += timedelta(days=1)


def minutes(start: int, end: int) -> set[int]:
    return set(range(start // 60, -(-end // 60)))


def runs(open_minutes: set[int]) -> list[Run]:
    """Consecutive minutes as [start, end) in seconds."""
    found: list[Run] = []
    for minute in sorted(open_minutes):
        if found and found[-1][1] == minute * 60:
            found[-1] = (found[-1][0], minute * 60 + 60)
        else:
            found.append((minute * 60, minute * 60 + 60))
    return found


@dataclass
class Model:
    """One query's answer. `start` and `end` are the window of rule 7."""

    query: SlotQuery

    def __post_init__(self) -> None:
        query = self.query
        self.viewer = query.viewer_zone or "UTC"
        self.length = (query.duration or query.event.length) * 60
        self.rolling = isinstance(query.event.window, DaysWindow) and query.event.window.rolling
        earliest = query.now + max(query.event.minimum_notice, 1) * 60
        self.start = earliest if self.rolling else max(earliest, query.start)
        self.end = query.end + 1 if query.end % 60 == 59 else query.end

    # Working time

    def working(self, host: HostInput) -> set[int]:
        schedule = host.schedule or NINE_TO_FIVE
        home = schedule.zone or self.query.event.legacy_zone or host.profile_zone
        found: set[int] = set()
        for day in dates(self.start, self.end):
            if any(
                datetime.fromtimestamp(away.start, UTC).date()
                <= day
                <= datetime.fromtimestamp(away.end, UTC).date()
                for away in host.away
            ):
                continue
            zone, midnight = home, instant(day, 0, home)
            for trip in host.travel if schedule.is_default else ():
                if trip.start <= midnight and (trip.end is None or midnight <= trip.end):
                    zone = trip.zone
                    break
            found |= self.open_on(schedule, day, zone)
        return found

    def open_on(self, schedule: Schedule, day: date, zone: str) -> set[int]:
        items = [(o.start, o.end) for o in schedule.overrides if o.day == day]
        if not items:
            items = [(w.start, w.end) for w in schedule.weekly if sunday_first(day) in w.days]
        found: set[int] = set()
        for start, end in items:
            closes = instant(day + timedelta(days=1), 0, zone)
            if end != 1439:
                closes = instant(day, end, zone)
            found |= minutes(instant(day, start, zone), closes)
        return found

    # Busy time

    def seated(self, booking: Booking) -> bool:
        event = self.query.event
        return (
            (event.seats_per_slot or 0) > 1
            and booking.seats_taken > 0
            and event.id is not None
            and booking.event_type_id == event.id
        )

    def busy(self, host: HostInput) -> set[int]:
        event = self.query.event
        found: set[int] = set()
        before, after = event.before_buffer * 60, event.after_buffer * 60
        for booking in host.bookings:
            same = event.id is not None and booking.event_type_id == event.id
            counts = booking.status == "accepted" or (
                booking.status == "pending" and event.pending_blocks and same
            )
            if not counts or booking.uid == self.query.reschedule_uid:
                continue
            low = booking.start - booking.before_buffer * 60 - after
            high = booking.end + booking.after_buffer * 60 + before
            taken = minutes(low, high)
            if self.seated(booking):
                taken -= minutes(booking.start, booking.end)
            found |= taken
        if isinstance(host.calendar, BusyUnknown):
            return minutes(self.start, self.end)
        entries: set[int] = set()
        for entry in host.calendar:
            entries |= minutes(entry.start, entry.end)
        for booking in host.bookings:
            if booking.uid == self.query.reschedule_uid or self.seated(booking):
                entries -= minutes(booking.start, booking.end)
        for minute in entries:
            found |= minutes(minute * 60 - after, minute * 60 + 60 + before)
        return found

    # Limits

    def limited(
        self, limits: Limits, facts: Iterable[BookingFact], zone: str, new: int
    ) -> set[int]:
        """Minutes in periods that are full; `new` minutes on top make it a limit of minutes."""
        once = {fact.uid: fact for fact in facts if fact.uid != self.query.reschedule_uid}
        found: set[int] = set()
        for unit in ("day", "week", "month", "year"):
            limit = getattr(limits, unit)
            if limit is None:
                continue
            used: dict[object, int] = {}
            for fact in once.values():
                period = self.period(unit, local(fact.start, zone).date())
                used[period] = used.get(period, 0) + (fact.minutes if new else 1)
            for minute in minutes(self.start, self.end):
                total = used.get(self.period(unit, local(minute * 60, zone).date()), 0)
                if total + new > limit if new else total >= limit:
                    found.add(minute)
        return found

    @staticmethod
    def period(unit: str, day: date) -> object:
        return {
            "day": day,
            "week": day - timedelta(days=sunday_first(day)),
            "month": (day.year, day.month),
            "year": day.year,
        }[unit]

    # Hosts

    def free(self, host: HostInput) -> set[int]:
        query, event = self.query, self.query.event
        zone = event.own_schedule_zone or query.hosts[0].profile_zone
        free = self.working(host) - self.busy(host)
        free -= self.limited(event.count_limits, query.event_facts, zone, 0)
        free -= self.limited(event.minute_limits, query.event_facts, zone, self.length // 60)
        free -= self.limited(host.limits, host.facts, host.profile_zone, 0)
        return free - self.limited(event.team_limits, host.team_facts, zone, 0)

    def parts(self) -> tuple[list[HostInput], dict[str | None, list[HostInput]]]:
        """Fixed hosts, and the others by group."""
        fixed: list[HostInput] = []
        groups: dict[str | None, list[HostInput]] = {}
        for host in self.query.hosts:
            if self.query.event.kind != "round_robin" or host.fixed:
                fixed.append(host)
            else:
                groups.setdefault(host.group, []).append(host)
        return fixed, groups

    def ranges(self) -> list[Run]:
        """Step F, literally: all pairwise intersections, none that another contains."""
        fixed, groups = self.parts()
        lists: list[list[Run]] = []
        if fixed:
            shared = self.free(fixed[0])
            for host in fixed[1:]:
                shared &= self.free(host)
            lists.append(runs(shared))
        lists += [[run for h in group for run in runs(self.free(h))] for group in groups.values()]
        if not lists:
            return []
        found = lists[0]
        for other in lists[1:]:
            found = [(max(a, c), min(b, d)) for a, b in found for c, d in other]
        found = [(max(a, self.start), min(b, self.end)) for a, b in found]
        distinct = {(a, b) for a, b in found if a < b}
        return sorted(
            (a, b)
            for a, b in distinct
            if not any((c, d) != (a, b) and c <= a and b <= d for c, d in distinct)
        )

    # Starts

    def starts(self) -> list[int]:
        """Step G, literally."""
        event = self.query.event
        every = event.slot_interval or self.length // 60
        step = next((step for step in (60, 30, 20, 15, 10, 5) if every % step == 0), 1)
        gap = (every + event.offset_start) * 60
        taken: set[int] = set()
        for low, high in self.ranges():
            start = max(low, self.query.now + event.minimum_notice * 60)
            while start % 60:
                start += 1
            past = local(start, self.viewer).minute
            if past % step and event.show_optimized:
                spare = (high - start) // 60 % step
                for rounder in (step, 15, 5):
                    need = rounder - past % rounder
                    if need <= spare:
                        start += need * 60
                        break
            elif past % step:
                start += (step - past % step) * 60
            start += event.offset_start * 60
            before = max((t for t in taken if t < start), default=None)
            if before is not None and before + gap > start:
                start = before if before >= low else before + gap
            while start + self.length <= high:
                taken.add(start)
                start += gap
        return sorted(taken)

    def answer(self) -> list[int]:
        """Step H: what `compute_slots` must list."""
        if self.start >= self.end or self.query.event.kind == "managed" or not self.query.hosts:
            return []
        starts = [s for s in self.starts() if self.allowed(s) and not self.reserved(s)]
        last = self.last_day(starts)
        if last is not None:
            starts = [s for s in starts if local(s, self.viewer).date() <= last]
        starts = [s for s in starts if self.in_range_window(s)]
        if self.query.event.only_first_slot:
            firsts: dict[date, int] = {}
            for start in starts:
                firsts.setdefault(local(start, self.viewer).date(), start)
            starts = sorted(firsts.values())
        return [s for s in starts if self.query.start <= s < self.end]

    def allowed(self, start: int) -> bool:
        """Restriction schedule: the slot is wholly inside it."""
        schedule = self.query.event.restriction
        if schedule is None:
            return True
        zone = schedule.zone or self.viewer
        inside: set[int] = set()
        for day in dates(start, start + self.length):
            inside |= self.open_on(schedule, day, zone)
        return minutes(start, start + self.length) <= inside

    def reserved(self, start: int) -> bool:
        query = self.query
        ids = {host.id for host in query.hosts}
        count = sum(
            held.host_id in ids
            and not held.is_seat
            and held.uid != query.own_reservation_uid
            and held.start < start + self.length
            and held.end > start
            for held in query.reservations
        )
        if not count or start in self.seats_taken():
            return False
        fixed, groups = self.parts()
        if fixed:
            return True
        wanted = minutes(start, start + self.length)
        room = min(sum(wanted <= self.free(host) for host in group) for group in groups.values())
        return count >= room

    def seats_taken(self) -> dict[int, int]:
        """Seats booked at each start, of the booking with most room."""
        event = self.query.event
        found: dict[int, int] = {}
        if not event.seats_per_slot or event.id is None:
            return found
        for host in self.query.hosts:
            for booking in host.bookings:
                if (
                    booking.event_type_id == event.id
                    and booking.seats_taken
                    and booking.status == "accepted"
                ):
                    least = found.get(booking.start, booking.seats_taken)
                    found[booking.start] = min(least, booking.seats_taken)
        return found

    def last_day(self, starts: list[int]) -> date | None:
        """The last date of a window counted in days, on the viewer's clock."""
        window = self.query.event.window
        if not isinstance(window, DaysWindow):
            return None
        day = local(self.query.now, self.viewer).date()
        if not window.rolling:
            left = window.days
            while left:
                day += timedelta(days=1)
                left -= not window.business or day.isoweekday() < 6
            return day
        with_slots = {local(start, self.viewer).date() for start in starts}
        left, looked = window.days, 0
        while True:
            looked += 1
            left -= day in with_slots
            if not left or looked == 61:
                return day
            day += timedelta(days=1)
            while window.business and day.isoweekday() > 5:
                day += timedelta(days=1)

    def in_range_window(self, start: int) -> bool:
        window = self.query.event.window
        if not isinstance(window, RangeWindow):
            return True
        first = self.query.hosts[0]
        schedule = first.schedule or NINE_TO_FIVE
        zone = schedule.zone or self.query.event.legacy_zone or first.profile_zone
        return window.first <= local(start, zone).date() <= window.last

    def takes(self, start: int) -> bool:
        """Whether hosts are free for a booking at `start`, on the grid or not."""
        wanted = minutes(start, start + self.length)
        fixed, groups = self.parts()
        return all(wanted <= self.free(host) for host in fixed) and all(
            any(wanted <= self.free(host) for host in group) for group in groups.values()
        )
