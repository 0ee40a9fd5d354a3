"""Attendees and guests of bookings that exist (section 16)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from openslots import facts
from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import changes, reads
from openslots.bookings.repository.insert import NewPerson
from openslots.bookings.repository.reads import Found
from openslots.bookings.rules import states
from openslots.bookings.service import access, announce, drafts
from openslots.bookings.service.reads import snapshots_of, visible
from openslots.bookings.types import NewGuest, Snapshot
from openslots.event_types.rules.fields import guests_disabled
from openslots.events.bookings import AttendeeFacts, BookingGuestsAdded
from openslots.kernel.uow import UnitOfWork

MOST = drafts.MOST_PEOPLE
NO_ONE_NEW = "emails_must_be_unique_valid"
_PLUS = re.compile(r"\+[^@]*@")


async def list_all(uow: UnitOfWork, uid: str, caller: Caller) -> tuple[AttendeeFacts, ...]:
    """Everybody in the order they were added. Raises NoAccess."""
    found = await access.guarded(uow, uid, caller)
    return (await reads.people(uow.session, [found.booking.id])).get(found.booking.id, ())


async def get(uow: UnitOfWork, uid: str, attendee_id: int, caller: Caller) -> AttendeeFacts:
    found = await access.guarded(uow, uid, caller)
    person = await changes.attendee(uow.session, found.booking.id, attendee_id)
    if person is None:
        raise errors.AttendeeNotFound(f"Attendee with id {attendee_id} not found in booking {uid}")
    return person


async def add(
    uow: UnitOfWork, uid: str, guest: NewGuest, caller: Caller
) -> tuple[AttendeeFacts, int]:
    """Adds one attendee; gives it and the booking's id."""
    shown, added = await _add(uow, uid, [guest], caller, "add attendees to")
    return added[0], shown.booking.id


async def add_guests(
    uow: UnitOfWork, uid: str, guests: Sequence[NewGuest], caller: Caller
) -> Snapshot:
    """Adds guests; those who are there already are left out. Raises Invalid where nobody is left,
    or more than thirty would attend."""
    shown, _ = await _add(uow, uid, guests, caller, "add guests to")
    return await visible(uow, shown, caller)


async def _add(
    uow: UnitOfWork, uid: str, guests: Sequence[NewGuest], caller: Caller, what: str
) -> tuple[Snapshot, tuple[AttendeeFacts, ...]]:
    found = await _open(uow, uid, caller, what)
    shown = (await snapshots_of(uow, [found]))[0]
    kind = found.event_type
    if kind is not None and guests_disabled(kind.booking_fields):
        raise errors.Invalid(
            "Cannot add guests to this booking. The guests field is disabled for event type "
            f'"{kind.title}" (ID: {kind.id}). Please contact the event organizer to enable guest '
            "additions."
        )
    wanted = _new_ones(guests, shown.attendees, drafts.blocked_emails(uow.settings))
    there = len(shown.attendees)
    if there + len(guests) > MOST:
        raise errors.Invalid(
            f"Cannot add {len(guests)} guests. This booking already has {there} attendees. Maximum "
            f"total guests allowed is {MOST}. You can add up to {max(MOST - there, 0)} more guests."
        )
    if not wanted:
        raise errors.Invalid(NO_ONE_NEW)
    people = [_person(guest, shown) for guest in wanted]
    added = await changes.add_people(uow.session, found.booking.id, people)
    await _note(uow, found, added)
    after = replace(
        shown,
        booking=facts.of_booking(found.booking),
        attendees=(*shown.attendees, *added),
    )
    await uow.publish(announce.event(uow, BookingGuestsAdded, after, actor=caller, added=added))
    return after, added


async def _open(uow: UnitOfWork, uid: str, caller: Caller, what: str) -> Found:
    found = await reads.one(uow.session, uid, lock=True)
    if found is None:
        raise errors.BookingNotFound(uid)
    if not await access.participates(uow, found, caller):
        raise errors.MayNotChange(f"You do not have permission to {what} this booking")
    if states.move(found.booking.status, states.Act.ADD_PEOPLE) is None:
        raise errors.Invalid(
            f"Can't add people to booking with uid={uid} because it is {found.booking.status}."
        )
    return found


def _plain(email: str) -> str:
    return _PLUS.sub("@", email.lower())


def _new_ones(
    guests: Iterable[NewGuest], there: Iterable[AttendeeFacts], blocked: frozenset[str]
) -> list[NewGuest]:
    seen = {_plain(person.email) for person in there}
    out = []
    for guest in guests:
        plain = _plain(guest.email)
        if plain in seen or guest.email.lower() in blocked:
            continue
        seen.add(plain)
        out.append(guest)
    return out


def _person(guest: NewGuest, shown: Snapshot) -> NewPerson:
    host = shown.organizer
    return NewPerson(
        kind="guest",
        email=guest.email,
        name=guest.name or "",
        time_zone=guest.time_zone or (host.time_zone if host else "UTC"),
        locale=guest.language or (host.locale if host else "en"),
        phone_number=guest.phone_number,
    )


async def _note(uow: UnitOfWork, found: Found, added: Sequence[AttendeeFacts]) -> None:
    """Keeps the guests among the answers, where a regular booking has them."""
    booking = found.booking
    responses = dict(booking.responses)
    if not booking.seated:
        before = responses.get("guests")
        known = list(before) if isinstance(before, list) else []
        responses["guests"] = [*known, *(person.email for person in added)]
    await changes.write(uow.session, [booking], uow.now, responses=responses)


async def remove(
    uow: UnitOfWork, uid: str, attendee_id: int, caller: Caller
) -> tuple[AttendeeFacts, int]:
    """Removes somebody other than the booker and the hosts; gives who it was and the booking's
    id."""
    found = await _open(uow, uid, caller, "remove attendees from")
    shown = (await snapshots_of(uow, [found]))[0]
    person = next((p for p in shown.attendees if p.id == attendee_id), None)
    if person is None:
        raise errors.AttendeeNotFound("attendee_not_found")
    if person.kind != "guest":
        raise errors.Invalid("cannot_remove_primary_attendee")
    await changes.remove_attendee(uow.session, attendee_id)
    responses = dict(found.booking.responses)
    guests = responses.get("guests")
    if isinstance(guests, list):
        responses["guests"] = [guest for guest in guests if guest != person.email]
    await changes.write(uow.session, [found.booking], uow.now, responses=responses)
    return person, found.booking.id
