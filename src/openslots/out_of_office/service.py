"""Entering, changing and removing a user's absences."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from openslots.events.out_of_office import AbsentPerson, OutOfOfficeCreated
from openslots.kernel import locks
from openslots.kernel.uow import UnitOfWork
from openslots.models import OutOfOffice
from openslots.notifications import service as notifications
from openslots.out_of_office import repository, rules
from openslots.out_of_office.errors import (
    AbsenceExists,
    EndsBeforeStart,
    NoSharedTeam,
    NotYourAbsence,
    OneEndMissing,
    RedirectsInCircle,
    RedirectsToSelf,
)
from openslots.out_of_office.types import AbsenceChanges, AbsenceFacts, AbsencePage, NewAbsence


async def create(uow: UnitOfWork, user_id: int, new: NewAbsence) -> AbsenceFacts:
    """The new entry. Raises what `_check` raises."""
    await uow.lock(locks.USER, user_id, *([new.to_user_id] if new.to_user_id else []))
    start, end = rules.whole_days(new.start, new.end)
    row = OutOfOffice(
        user_id=user_id,
        to_user_id=new.to_user_id,
        start_at=start,
        end_at=end,
        reason=new.reason,
        notes=new.notes,
        created_at=uow.now,
        updated_at=uow.now,
    )
    await _check(uow, row)
    uow.session.add(row)
    await _flush(uow)
    people = await repository.people(uow.session, user_id, *filter(None, [row.to_user_id]))
    await uow.publish(_created(row, people))
    await _tell(uow, row, people, row.to_user_id, "{name} asked you to take over")
    return _facts(row)


def _facts(row: OutOfOffice) -> AbsenceFacts:
    return AbsenceFacts(
        id=row.id,
        uuid=row.uuid,
        user_id=row.user_id,
        to_user_id=row.to_user_id,
        start=row.start_at,
        end=row.end_at,
        reason=row.reason,
        notes=row.notes,
    )


def _created(row: OutOfOffice, people: dict[int, AbsentPerson]) -> OutOfOfficeCreated:
    return OutOfOfficeCreated(
        id=row.id,
        uuid=row.uuid,
        user=people[row.user_id],
        to_user=people.get(row.to_user_id) if row.to_user_id is not None else None,
        start=row.start_at,
        end=row.end_at,
        reason=row.reason,
        notes=row.notes,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _check(uow: UnitOfWork, row: OutOfOffice, *, redirects: bool = True) -> None:
    """The rules of section 15 of the auth notes from the second on, in their order.

    Raises EndsBeforeStart, RedirectsInCircle, AbsenceExists, RedirectsToSelf or NoSharedTeam.
    `redirects` is false where neither the days nor the redirect changed.
    """
    session, user_id, other = uow.session, row.user_id, row.to_user_id
    if row.start_at > row.end_at:
        raise EndsBeforeStart
    days = (row.start_at, row.end_at)
    if redirects and await repository.redirected_here(session, user_id, *days, by=other):
        raise RedirectsInCircle
    if await repository.same_days(session, user_id, *days, but=row.id):
        raise AbsenceExists
    if not redirects or other is None:
        return
    if other == user_id:
        raise RedirectsToSelf
    if not await repository.share_a_team(session, user_id, other):
        raise NoSharedTeam


async def _flush(uow: UnitOfWork) -> None:
    try:
        async with uow.session.begin_nested():
            await uow.session.flush()
    except IntegrityError as error:
        if "uq_out_of_office_user_id_start_at_end_at" in str(error.orig):
            raise AbsenceExists from None
        raise


async def update(
    uow: UnitOfWork, user_id: int, absence_id: int, changes: AbsenceChanges
) -> AbsenceFacts:
    """The entry after a partial update; both ends are given or neither.

    Raises NotYourAbsence, OneEndMissing and what `_check` raises.
    """
    await uow.lock(locks.USER, user_id, *([changes.to_user_id] if changes.to_user_id else []))
    row = await _owned(uow, user_id, absence_id)
    if (changes.start is None) != (changes.end is None):
        raise OneEndMissing
    before = (row.start_at, row.end_at, row.to_user_id)
    if changes.start is not None and changes.end is not None:
        row.start_at, row.end_at = rules.whole_days(changes.start, changes.end)
    for name in ("reason", "notes", "to_user_id"):
        value = getattr(changes, name)
        if value is not None or name in changes.clears:
            setattr(row, name, value)
    redirects = before != (row.start_at, row.end_at, row.to_user_id)
    await _check(uow, row, redirects=redirects)
    row.updated_at = uow.now
    await _flush(uow)
    await _tell_of_change(uow, row, before[2])
    return _facts(row)


async def _owned(uow: UnitOfWork, user_id: int, absence_id: int) -> OutOfOffice:
    row = await repository.owned(uow.session, user_id, absence_id)
    if row is None:
        raise NotYourAbsence
    return row


async def delete(uow: UnitOfWork, user_id: int, absence_id: int) -> AbsenceFacts:
    """The entry that is no more. Raises NotYourAbsence."""
    await uow.lock(locks.USER, user_id)
    row = await _owned(uow, user_id, absence_id)
    people = await repository.people(uow.session, user_id, *filter(None, [row.to_user_id]))
    await repository.remove(uow.session, row.id)
    await _tell(uow, row, people, row.to_user_id, "{name} no longer needs you to take over")
    return _facts(row)


async def list_of(uow: UnitOfWork, user_id: int, page: AbsencePage) -> list[AbsenceFacts]:
    return [_facts(row) for row in await repository.page_of(uow.session, user_id, page)]


async def _tell_of_change(uow: UnitOfWork, row: OutOfOffice, before: int | None) -> None:
    others = {other for other in (before, row.to_user_id) if other is not None}
    if not others:
        return
    people = await repository.people(uow.session, row.user_id, *others)
    await _tell(uow, row, people, row.to_user_id, "{name} asked you to take over")
    if before != row.to_user_id:
        await _tell(uow, row, people, before, "{name} no longer needs you to take over")


async def _tell(
    uow: UnitOfWork,
    row: OutOfOffice,
    people: dict[int, AbsentPerson],
    to: int | None,
    subject: str,
) -> None:
    """Mails the one who takes over."""
    receiver = people.get(to) if to is not None else None
    if receiver is None:
        return
    away = people[row.user_id]
    name = away.name or away.username or away.email
    days = f"{row.start_at:%Y-%m-%d} to {row.end_at:%Y-%m-%d}"
    what = subject.format(name=name)
    await notifications.send_notice(
        uow,
        receiver.email,
        f"{what}: {days}",
        [
            f"{what} from {days}, while they are out of office.",
            *([f"Their note: {row.notes}"] if row.notes else []),
        ],
        to_name=receiver.name or receiver.username,
    )
