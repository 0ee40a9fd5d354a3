"""Who may look at or change one booking, beyond what its uid gives (section 2)."""

from __future__ import annotations

from openslots.access.caller import Caller
from openslots.bookings import errors
from openslots.bookings.repository import access, reads
from openslots.bookings.repository.reads import Found
from openslots.kernel.uow import UnitOfWork


async def has_access(uow: UnitOfWork, found: Found, caller: Caller) -> bool:
    """The organiser's side of a booking."""
    if caller.is_system_admin or found.booking.organizer_id == caller.user_id:
        return True
    return await access.has_access(uow.session, caller.user_id, found.booking.id)


async def guarded(uow: UnitOfWork, uid: str, caller: Caller) -> Found:
    """A booking that the caller has access to; raises NoAccess also where there is none."""
    found = await reads.one(uow.session, uid)
    if found is None or not await has_access(uow, found, caller):
        raise errors.NoAccess(caller.user_id, uid)
    return found


async def participates(uow: UnitOfWork, found: Found, caller: Caller) -> bool:
    """The organiser's side, or somebody who attends with the same e-mail address."""
    if await has_access(uow, found, caller):
        return True
    people = (await reads.people(uow.session, [found.booking.id])).get(found.booking.id, ())
    return any(person.email.lower() == caller.email.lower() for person in people)
