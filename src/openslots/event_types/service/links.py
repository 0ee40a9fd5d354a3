"""Private links of an event type: time-based until a moment, or good for a number of bookings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openslots.event_types import repository
from openslots.event_types.errors import (
    EventTypeNotFound,
    InvalidEventType,
    LinkNotFound,
    LinkSpent,
)
from openslots.event_types.types import CreateLink, UpdateLink, WantedLink
from openslots.kernel import ids
from openslots.kernel.uow import UnitOfWork
from openslots.models import EventType, PrivateLink

ONLY_ONE = "Provide only one of expiresAt or maxUsageCount"
MOST = 1000  # links of one event type in a list, which the contract does not page


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """A link with its address; `expired` is judged at the moment of the request."""

    row: PrivateLink
    url: str
    expired: bool


def _facts(uow: UnitOfWork, row: PrivateLink, slug: str) -> LinkFacts:
    if row.expires_at is not None:
        expired = row.expires_at < uow.now
    else:
        expired = row.usage_count >= row.max_usage_count
    return LinkFacts(row, f"{uow.settings.web.base}/d/{row.link}/{slug}", expired)


async def _own(uow: UnitOfWork, event_type_id: int, owner_id: int) -> EventType:
    row = await repository.own(uow.session, event_type_id, owner_id)
    if row is None:
        raise EventTypeNotFound(event_type_id)
    return row


async def create(uow: UnitOfWork, command: CreateLink) -> LinkFacts:
    """A new link, for one booking when nothing else is said. Raises EventTypeNotFound, or
    InvalidEventType when both kinds are asked for."""
    event_type = await _own(uow, command.event_type_id, command.owner_id)
    if command.expires_at is not None and command.max_usage_count is not None:
        raise InvalidEventType(ONLY_ONE)
    row = PrivateLink(
        event_type_id=event_type.id,
        link=ids.booking_uid(),
        expires_at=command.expires_at,
        max_usage_count=command.max_usage_count or 1,
        usage_count=0,
    )
    uow.session.add(row)
    await uow.session.flush()
    return _facts(uow, row, event_type.slug)


async def list_of(uow: UnitOfWork, event_type_id: int, owner_id: int) -> list[LinkFacts]:
    """All links, oldest first. Raises EventTypeNotFound."""
    event_type = await _own(uow, event_type_id, owner_id)
    rows = await repository.links(uow.session, event_type_id, limit=MOST)
    return [_facts(uow, row, event_type.slug) for row in rows]


async def update(uow: UnitOfWork, command: UpdateLink) -> LinkFacts:
    """Makes the link the kind that the body names; the uses so far stay counted. An empty body
    changes nothing. Raises EventTypeNotFound, LinkNotFound or InvalidEventType."""
    event_type = await _own(uow, command.event_type_id, command.owner_id)
    row = await repository.link(uow.session, event_type.id, command.link_id, to_change=True)
    if row is None:
        raise LinkNotFound("Updated link not found")
    if command.expires_at is not None and command.max_usage_count is not None:
        raise InvalidEventType(ONLY_ONE)
    if command.expires_at is not None:
        row.expires_at = command.expires_at
    elif command.max_usage_count is not None:
        row.expires_at, row.max_usage_count = None, command.max_usage_count
    await uow.session.flush()
    return _facts(uow, row, event_type.slug)


async def replace(uow: UnitOfWork, event_type_id: int, wanted: Sequence[WantedLink]) -> None:
    """Leaves exactly these links: others go, known ones take the limits, new ones are made.

    Raises InvalidEventType for a text that is some other event type's link.
    """
    there = {
        row.link: row for row in await repository.links(uow.session, event_type_id, limit=MOST)
    }
    names = {one.link for one in wanted}
    if await repository.links_elsewhere(uow.session, event_type_id, names):
        raise InvalidEventType("A private link is in use already")
    for row in there.values():
        if row.link not in names:
            await uow.session.delete(row)
    for one in wanted:
        row = there.get(one.link) or PrivateLink(
            event_type_id=event_type_id, link=one.link, max_usage_count=1, usage_count=0
        )
        row.expires_at = one.expires_at
        row.max_usage_count = one.max_usage_count or row.max_usage_count
        uow.session.add(row)
    await uow.session.flush()


async def delete(uow: UnitOfWork, event_type_id: int, owner_id: int, link_id: str) -> None:
    """Raises EventTypeNotFound or LinkNotFound."""
    await _own(uow, event_type_id, owner_id)
    row = await repository.link(uow.session, event_type_id, link_id, to_change=True)
    if row is None:
        raise LinkNotFound("Deleted link not found")
    await uow.session.delete(row)
    await uow.session.flush()


async def consume(uow: UnitOfWork, link: str, event_type_id: int) -> None:
    """Uses a link for one booking, before the booking is made.

    A usage-based link counts one use, never more than it has, also when many try at once; the
    count goes back when the transaction does. A time-based one must not have expired. Raises
    LinkSpent for a link that is unknown, of another event type, used up or expired.
    """
    if await repository.count_use(uow.session, link, event_type_id):
        return
    row = await repository.link(uow.session, event_type_id, link)
    if row is None or row.expires_at is None or row.expires_at < uow.now:
        raise LinkSpent
