"""Who did not come to a call that was watched."""

from __future__ import annotations

from collections.abc import Collection

from openslots.bookings.repository import changes, reads
from openslots.bookings.rules import states
from openslots.kernel.uow import UnitOfWork


async def note_missing(
    uow: UnitOfWork, uid: str, *, organizer: bool, emails: Collection[str]
) -> bool:
    """Marks the organiser, and attendees and further hosts by address, as absent; tells nobody.

    False, with nothing noted, for a booking that does not stand any more.
    """
    found = await reads.one(uow.session, uid, lock=True)
    if found is None or found.booking.status != states.ACCEPTED:
        return False
    if emails:
        absences = dict.fromkeys(emails, True)
        await changes.mark_absent(uow.session, found.booking.id, absences)
    if organizer or emails:
        values = {"no_show_host": True} if organizer else {}
        await changes.write(uow.session, [found.booking], uow.now, **values)
    return True
