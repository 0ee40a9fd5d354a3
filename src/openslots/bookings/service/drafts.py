"""What a new booking is made of: answers, people, title and place, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from openslots import facts
from openslots.bookings.errors import EmailBlocked, Invalid
from openslots.bookings.repository.insert import Draft, NewPerson, Written
from openslots.bookings.repository.offers import Offer
from openslots.bookings.rules import fields as answer_rules
from openslots.bookings.rules import locations, titles
from openslots.bookings.service.offers import Hosts
from openslots.bookings.types import (
    Booker,
    LocationChoice,
    Snapshot,
    StoredLocation,
)
from openslots.event_types.rules.fields import PHONE, stored_or_default
from openslots.kernel import ids
from openslots.kernel.settings import Settings
from openslots.models import EventType, User

MOST_PEOPLE = 30  # of one booking, the booker included
APPLICATION = "Cal.com"  # contract: the host part of every iCalendar uid


@dataclass(frozen=True, slots=True)
class Order:
    """A validated wish: who, with which answers, where. `email` is never empty: a booker without
    one has an address made of the phone number."""

    booker: Booker
    email: str
    guests: tuple[str, ...]
    responses: Mapping[str, object]
    metadata: Mapping[str, object]
    location: LocationChoice | StoredLocation | None
    split_name: tuple[str, str] | None = None


def order(
    event_type: EventType,
    booker: Booker,
    answers: Mapping[str, object],
    guests: Sequence[str] | None,
    metadata: Mapping[str, object],
    location: LocationChoice | StoredLocation | None,
    settings: Settings,
    *,
    split_name: tuple[str, str] | None = None,
    offered: bool = True,
) -> Order:
    """Checks answers, guests and location (sections 5.4 and 5.6) in the order of the contract.

    `offered` false leaves out whether the event type still asks and offers the same, as when a
    booking is moved. Raises Invalid, SchemaError or EmailBlocked.
    """
    fields = stored_or_default(event_type.booking_fields)
    given = answer_rules.without_nulls(answers)
    if booker.phone_number is not None:
        given[PHONE] = booker.phone_number
        if any(field["name"] == answer_rules.SMS_REMINDER for field in fields):
            given[answer_rules.SMS_REMINDER] = booker.phone_number
    if offered:
        answer_rules.check_types(fields, given, event_type.id)
        default_app = None
        locations.choose(location, event_type.locations, event_type.id, default_app)
    invited = None if guests is None else list(guests)
    _require_few(invited or ())
    responses: dict[str, object] = {**given, "name": booker.name}
    if booker.email is not None:
        responses["email"] = booker.email
    else:
        responses.pop("email", None)
    if invited is not None:
        responses["guests"] = invited
    if offered:
        answer_rules.check_responses(fields, responses)
    email = booker.email or answer_rules.sms_email(booker.phone_number or "")
    blocked = blocked_emails(settings)
    if email.lower() in blocked:
        raise EmailBlocked
    return Order(
        booker=booker,
        email=email,
        guests=tuple(guest for guest in invited or () if guest.lower() not in blocked),
        responses={**responses, "email": email},
        metadata=metadata,
        location=location,
        split_name=split_name,
    )


def _require_few(guests: Sequence[str]) -> None:
    if len(guests) >= MOST_PEOPLE:
        raise Invalid(
            f"Cannot add {len(guests)} guests. Maximum total guests allowed is {MOST_PEOPLE - 1}."
        )


def blocked_emails(settings: Settings) -> frozenset[str]:
    """The addresses that this server never books for."""
    listed = settings.bookings.blacklisted_emails.split(",")
    return frozenset(item.strip().lower() for item in listed if item.strip())


def place(event_type: EventType, wish: Order, organizer: User) -> locations.Place:
    return locations.choose(
        wish.location, event_type.locations, event_type.id, organizer.default_conferencing_app
    )


def title(
    offer: Offer, wish: Order, organizer: User, host_ids: Sequence[int], where: str, minutes: int
) -> str:
    """The title that the event type's template gives (section 6.2)."""
    kind, team = offer.event_type, None
    if offer.team is not None and (kind.scheduling_type == "collective" or len(host_ids) > 1):
        team = offer.team.name
    first, last = wish.split_name or (None, None)
    names = titles.Names(
        event=kind.title,
        host=organizer.name or organizer.username or "",
        attendee=wish.booker.name,
        minutes=minutes,
        location=locations.label(where),
        team=team,
        attendee_first=first,
        attendee_last=last,
    )
    return titles.title(kind.custom_name, names, wish.responses)


def people(
    wish: Order, hosts: Hosts, host_ids: Sequence[int], *, seated: bool
) -> tuple[NewPerson, ...]:
    """Booker, guests, then the other hosts; a seat has no guests."""
    booker = seat_taker(wish) if seated else _booker(wish)
    guests = () if seated else wish.guests
    return (
        booker,
        *(
            NewPerson(
                kind="guest",
                email=guest,
                name="",
                time_zone=wish.booker.time_zone,
                locale="en",
            )
            for guest in guests
        ),
        *(_host(hosts.by_id(host_id)) for host_id in host_ids[1:]),
    )


def _booker(wish: Order) -> NewPerson:
    return NewPerson(
        kind="booker",
        email=wish.email,
        name=wish.booker.name,
        time_zone=wish.booker.time_zone,
        locale=wish.booker.language,
        phone_number=wish.booker.phone_number,
    )


def seat_taker(wish: Order) -> NewPerson:
    """The booker with a new seat, to which answers and metadata belong."""
    own = {key: value for key, value in wish.responses.items() if key != "guests"}
    return replace(
        _booker(wish),
        seat_uid=ids.uuid4(),
        seat_responses=own,
        seat_metadata=dict(wish.metadata),
    )


def _host(user: User) -> NewPerson:
    return NewPerson(
        kind="host",
        email=user.email,
        name=user.name or user.username or "",
        time_zone=user.home_tz,
        locale=user.locale,
    )


@dataclass(frozen=True, slots=True)
class Timing:
    """When one booking is and how it stands."""

    start: datetime
    minutes: int
    status: str
    blocks: bool
    recurring_uid: str | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


def draft(offer: Offer, wish: Order, hosts: Hosts, host_ids: Sequence[int], when: Timing) -> Draft:
    """A new booking, ready to write."""
    kind = offer.event_type
    organizer = hosts.by_id(host_ids[0])
    seated = kind.seats_per_slot is not None
    where = place(kind, wish, organizer)
    responses = dict(wish.responses)
    if where.response is not None:
        responses["location"] = dict(where.response)
    uid = ids.booking_uid()
    notes = wish.responses.get("notes")
    sms = wish.responses.get(answer_rules.SMS_REMINDER)
    return Draft(
        uid=uid,
        title=title(offer, wish, organizer, host_ids, where.location, when.minutes),
        description=None if seated else str(notes) if notes else "",
        status=when.status,
        start=when.start,
        end=when.end,
        event_type_id=kind.id,
        organizer_id=organizer.id,
        organizer_email=organizer.email,
        host_ids=tuple(host_ids),
        blocks=when.blocks and when.status == "accepted",
        people=people(wish, hosts, host_ids, seated=seated),
        location=where.location,
        responses={} if seated else responses,
        metadata={} if seated else wish.metadata,
        ics_uid=f"{ids.booking_uid() if seated else uid}@{APPLICATION}",
        seated=seated,
        recurring_uid=when.recurring_uid,
        sms_reminder_number=str(sms) if sms else None,
    )


def snapshot(offer: Offer, hosts: Hosts, written: Written) -> Snapshot:
    """A booking just written, as it is shown and announced."""
    organizer_id = written.booking.organizer_id
    organizer = None if organizer_id is None else hosts.by_id(organizer_id)
    seats = [person.seat_uid for person in written.people if person.seat_uid is not None]
    return Snapshot(
        booking=written.booking,
        event_type=facts.of_event_type(offer.event_type),
        organizer=facts.of_user(organizer),
        attendees=written.people,
        seat_uid=seats[0] if seats else None,
        organization_id=offer.organization_id,
        team_ids=offer.team_ids,
    )
