"""Rows to the engine's question; picklable, so that another process can do it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from typing import Any

from openslots.availability import civil
from openslots.availability.inputs import (
    NO_LIMITS,
    Assignment,
    Away,
    Booking,
    BookingFact,
    Busy,
    BusyUnknown,
    DaysWindow,
    EventRules,
    HostBooking,
    HostInput,
    Kind,
    Limits,
    Narrowing,
    Override,
    RangeWindow,
    Reservation,
    Schedule,
    SlotQuery,
    Travel,
    WeeklyHours,
)
from openslots.availability.limits import MAX_DAYS, ROLLING_DAYS
from openslots.availability.spans import DAY

Row = Mapping[str, Any]  # Any: columns of one statement, of several types

DYNAMIC_LENGTH = 30  # contract: minutes of a meeting of several people without an event type
DYNAMIC_NOTICE = 120


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, apart from what the rows say. Instants are UTC seconds."""

    now: int
    start: int
    end: int
    zone: str | None = None
    duration: int | None = None
    reschedule_uid: str | None = None
    own_reservation: str | None = None
    subset_ids: frozenset[int] | None = None
    routed_ids: frozenset[int] | None = None
    contact_owner_email: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Everything loaded for one question. `calendar` holds outside busy time by host."""

    rows: Sequence[Row]
    facts: Sequence[Row] = ()
    history: Sequence[Row] = ()
    original_host_ids: frozenset[int] | None = None
    calendar: Mapping[int, tuple[Busy, ...] | BusyUnknown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What the loader has to know of an event type beside the engine's rules."""

    rules: EventRules
    team_id: int | None = None  # whose limits bind the members
    managed_too: bool = False  # those limits count bookings of managed children, too
    same_host: bool = False  # a rescheduled booking keeps its host
    weights: bool = False


def event_of(rows: Sequence[Row]) -> EventFacts:
    """The event type of the first row; without one, a dynamic meeting."""
    text = rows[0]["event"] if rows else None
    if text is None:
        return EventFacts(
            EventRules(None, DYNAMIC_LENGTH, "dynamic", minimum_notice=DYNAMIC_NOTICE)
        )
    return _event(text, rows[0].get("schedule_zone"))


@lru_cache(maxsize=256)
def _event(text: str, schedule_zone: str | None) -> EventFacts:
    """Same text, same facts: an event type asked for again is not read again."""
    facts = json.loads(text)
    settings = facts["team_settings"] or {}
    return EventFacts(
        _rules(facts, schedule_zone if facts["own_schedule"] else None),
        team_id=facts["limits_team_id"],
        managed_too=bool(settings.get("includeManagedEventsInLimits")),
        same_host=facts["same_host"],
        weights=facts["weights"],
    )


# Any: JSON of the statement
def _rules(facts: Mapping[str, Any], own_zone: str | None) -> EventRules:
    settings = facts["team_settings"] or {}
    bound = facts["team_id"] is not None or settings.get("includeManagedEventsInLimits")
    return EventRules(
        id=facts["id"],
        length=facts["length"],
        kind=_kind(facts),
        slot_interval=facts["slot_interval"],
        offset_start=facts["offset_start"],
        minimum_notice=facts["minimum_notice"],
        before_buffer=facts["before_buffer"],
        after_buffer=facts["after_buffer"],
        seats_per_slot=facts["seats_per_slot"],
        window=_window(facts),
        count_limits=limits_of(facts["count_limits"]),
        minute_limits=limits_of(facts["minute_limits"]),
        team_limits=limits_of(settings.get("bookingLimits")) if bound else NO_LIMITS,
        only_first_slot=facts["only_first_slot"],
        show_optimized=facts["show_optimized"],
        pending_blocks=facts["pending_blocks"],
        own_schedule_zone=None if own_zone is None else _zone(own_zone),
    )


def _kind(facts: Mapping[str, Any]) -> Kind:  # Any: as above
    if facts["owner_id"] is not None:
        return "personal"
    kinds: dict[str, Kind] = {
        "collective": "collective",
        "roundRobin": "round_robin",
        "managed": "managed",
    }
    return kinds.get(facts["scheduling_type"], "collective")


def _window(facts: Mapping[str, Any]) -> DaysWindow | RangeWindow | None:  # Any: as above
    kind, days = facts["period_type"], facts["period_days"]
    if kind == "range" and facts["period_start"] and facts["period_end"]:
        first, last = facts["period_start"], facts["period_end"]
        return RangeWindow(_day(first), _day(last))
    if kind in ("rolling", "rolling_window") and days is not None:
        business = not facts["period_calendar_days"]
        return DaysWindow(days, business=business, rolling=kind == "rolling_window")
    return None


def _day(text: str) -> date:
    """A day as Postgres writes it; the last one there is, is `infinity` to the driver."""
    return date.max if text == "infinity" else date.fromisoformat(text)


def limits_of(stored: object) -> Limits:
    """`{"day": 1}`, `{"perDay": 1}` and `{"PER_DAY": 1}` alike; whatever is no number binds
    nothing."""
    if not isinstance(stored, Mapping):
        return NO_LIMITS
    found: dict[str, int] = {}
    for name, limit in stored.items():
        unit = str(name).lower().removeprefix("per").strip("_")
        if unit in ("day", "week", "month", "year") and type(limit) is int:
            found[unit] = limit
    return Limits(**found)


def _zone(name: str | None) -> str:
    """A stored zone in the tz database's spelling; UTC for one that is gone from it."""
    return civil.canonical_zone(name or "") or "UTC"


@lru_cache(maxsize=256)
def _schedule(items: str | None, zone: str | None, number: int, is_default: bool) -> Schedule:
    """Same text, same object: hosts of one schedule share what the engine works out for it."""
    weekly: list[WeeklyHours] = []
    overrides: list[Override] = []
    for days, day, start, end in json.loads(items or "[]"):
        if day is None:
            weekly.append(WeeklyHours(tuple(days), start, end))
        else:
            overrides.append(Override(_day(day), start, end))
    return Schedule(tuple(weekly), tuple(overrides), _zone(zone), number, is_default)


def host_of(row: Row, first: Row, *, busy: bool = True) -> HostInput:
    """One host; `busy` is false where only schedule and limits matter. The items of an event type's
    own schedule are in the first row alone."""
    schedule = None
    if row["schedule_id"] is not None:
        items = row["items"]
        if items is None and row["schedule_id"] == first["schedule_id"]:
            items = first["items"]
        schedule = _schedule(
            items, row["schedule_zone"], row["schedule_id"], bool(row["is_default"])
        )
    return HostInput(
        id=row["id"],
        email=row["email"],
        fixed=row["fixed"],
        group=row["group"],
        profile_zone=_zone(row["zone"]),
        schedule=schedule,
        travel=_travel(row["trips"]) if row["trips"] else (),
        away=tuple(map(Away._make, row["away"])) if row["away"] else (),
        bookings=_bookings(row["bookings"]) if busy and row["bookings"] else (),
        limits=limits_of(row["limits"]) if row["limits"] else NO_LIMITS,
        priority=row["priority"],
        weight=row["weight"],
        added_at=row["added_at"],
    )


def _travel(trips: Sequence[Any]) -> tuple[Travel, ...]:  # Any: JSON
    return tuple(Travel(_zone(zone), start, end) for zone, start, end in trips)


# Hundreds at a time, and a third of what `Booking._make` costs: the rows have its fields in order.
_booking = partial(tuple.__new__, Booking)


def _bookings(text: str) -> tuple[Booking, ...]:
    return tuple(map(_booking, json.loads(f"[{text}]")))


def _reservations(rows: Sequence[Row]) -> tuple[Reservation, ...]:
    """The holds of all hosts; a seat held with several of them counts once."""
    found: dict[tuple[object, ...], Reservation] = {}
    for row in rows:
        for uid, start, end, event_type_id, seat in row["held"] or ():
            key = (uid, start, end, None if seat else row["id"])
            found[key] = Reservation(uid, start, end, event_type_id, row["id"], seat)
    return tuple(found.values())


def limited(row: Row) -> bool:
    """Whether a host has booking limits of their own."""
    return bool(row.get("limits")) and bool(limits_of(row["limits"]))


def skeleton(rows: Sequence[Row], question: Question) -> SlotQuery:
    """The question without busy time: enough to ask the engine which spans it needs."""
    event = event_of(rows)
    hosts = tuple(
        host_of(row, rows[0], busy=False)
        for n, row in enumerate(rows)
        if row["id"] is not None and (n == 0 or limited(row))
    )
    return _query(event, question, hosts, None)


def assemble(material: Material, question: Question) -> SlotQuery:
    """The engine's question, complete."""
    rows = [row for row in material.rows if row["id"] is not None]
    event = event_of(material.rows)
    facts, team = _facts_by_host(material.facts)
    history = {row["host_id"]: row for row in material.history}
    hosts = []
    for row in rows:
        host = host_of(row, rows[0])
        extra: dict[str, Any] = {}  # Any: fields of HostInput
        if host.id in facts:
            extra["facts"] = facts[host.id]
        if host.id in team:
            extra["team_facts"] = team[host.id]
        if host.id in material.calendar:
            extra["calendar"] = material.calendar[host.id]
        if host.id in history:
            extra |= _history(history[host.id])
        hosts.append(replace(host, **extra) if extra else host)
    query = _query(event, question, tuple(hosts), material.original_host_ids)
    return replace(query, reservations=_reservations(rows), event_facts=facts.get(None, ()))


def _query(
    event: EventFacts,
    question: Question,
    hosts: tuple[HostInput, ...],
    original_host_ids: frozenset[int] | None,
) -> SlotQuery:
    return SlotQuery(
        now=question.now,
        start=question.start,
        end=question.end,
        event=event.rules,
        hosts=hosts,
        viewer_zone=question.zone,
        duration=question.duration,
        reschedule_uid=question.reschedule_uid,
        own_reservation_uid=question.own_reservation,
        narrowing=Narrowing(
            subset_ids=question.subset_ids,
            original_host_ids=original_host_ids,
            routed_ids=question.routed_ids,
            contact_owner_email=question.contact_owner_email,
        ),
        assignment=assignment_of(event),
    )


def assignment_of(event: EventFacts) -> Assignment:
    """How a round robin chooses: what the API can set is only whether weights count."""
    return Assignment(weights=event.weights)


Facts = dict[int | None, tuple[BookingFact, ...]]


def _facts_by_host(rows: Sequence[Row]) -> tuple[Facts, Facts]:
    """Facts of the event type (under None) and of each host, and those of the team per host."""
    own: Facts = {}
    team: Facts = {}
    for row in rows:
        if row["bookings"]:
            found = json.loads(f"[{row['bookings']}]")
            into = team if row["scope"] == "team" else own
            into[row["host_id"]] = tuple(map(BookingFact._make, found))
    return own, team


def _history(row: Row) -> dict[str, Any]:  # Any: fields of HostInput
    found: dict[str, Any] = {"last_booked": row["last_booked"]}
    if row["bookings"]:
        found["history"] = tuple(map(HostBooking._make, json.loads(row["bookings"])))
    if row["absences"]:
        found["absences"] = tuple(map(tuple, json.loads(row["absences"])))
    return found


# Microseconds that a computation may take on the event loop, by the estimate of `load_of`.
INLINE = 12_000


def load_of(material: Material, question: Question) -> int:
    """A rough estimate of the engine's work for a listing, in microseconds."""
    days = min(max(question.end - question.start, 0), MAX_DAYS * DAY) // DAY + 1
    return len(material.rows) * (30 + 3 * days) + 40 * days + _reading(material)


def load_of_check(material: Material, starts: int) -> int:
    """The same for the check of so many starts: a listing of each, where the window is rolling."""
    window = event_of(material.rows).rules.window
    days = ROLLING_DAYS if isinstance(window, DaysWindow) and window.rolling else 2
    return starts * len(material.rows) * (10 + 3 * days) + _reading(material)


def spans_of(material: Material) -> int:
    """How many bookings the engine looks at; each is a JSON array in the text of its row."""
    rows = (*material.rows, *material.facts)
    return sum((row["bookings"] or "").count("[") for row in rows)


def _reading(material: Material) -> int:
    rows = (*material.rows, *material.facts, *material.history)
    return sum(len(row["bookings"] or "") for row in rows) // 20
