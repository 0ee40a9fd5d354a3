"""Queries on webhooks: by owner, and those that match an event."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Select,
    any_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from openslots.models import EventType, Membership, User, Webhook, WebhookDelivery
from openslots.webhooks.errors import UrlTaken
from openslots.webhooks.types import Scope, WebhookOwner

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COLUMNS = {
    "user": Webhook.user_id,
    "event_type": Webhook.event_type_id,
    "team": Webhook.team_id,
    "oauth_client": Webhook.oauth_client_id,
}
# Before its id: the owner of a deleted subscription, whose log is still to be removed.
NOBODY = "deleted:"


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _owned_by(owner: WebhookOwner) -> ColumnElement[bool]:
    return _COLUMNS[owner.kind] == owner.id


def column_of(owner: WebhookOwner) -> str:
    """The name of the column that holds the owner."""
    return str(_COLUMNS[owner.kind].key)


def owns(owner: WebhookOwner, row: Webhook) -> bool:
    return bool(getattr(row, column_of(owner)) == owner.id)


async def get(session: AsyncSession, webhook_id: str, *, to_change: bool = False) -> Webhook | None:
    """One webhook, whoever owns it; None also for what is no UUID. `to_change` locks the row, and
    nobody waits for that who only writes a delivery."""
    if not is_uuid(webhook_id):
        return None
    lock = {"key_share": True} if to_change else None
    row = await session.get(Webhook, webhook_id.lower(), with_for_update=lock)
    return None if row is None or (row.oauth_client_id or "").startswith(NOBODY) else row


async def list_of(
    session: AsyncSession, owner: WebhookOwner, *, skip: int, take: int
) -> Sequence[Webhook]:
    """In the order they were made."""
    rows = await session.scalars(
        select(Webhook)
        .where(_owned_by(owner))
        .order_by(Webhook.created_at, Webhook.id)
        .offset(skip)
        .limit(take)
    )
    return rows.all()


async def count(session: AsyncSession, owner: WebhookOwner) -> int:
    return await session.scalar(select(func.count()).where(_owned_by(owner))) or 0


async def save(session: AsyncSession, owner: WebhookOwner, row: Webhook) -> None:
    """Writes a new or changed row; raises UrlTaken where the owner has another one of its URL."""
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        if "subscriber_url" in str(error.orig) or "_url" in str(error.orig):
            raise UrlTaken(owner.kind) from None
        raise


async def disown(session: AsyncSession, row: Webhook) -> None:
    """Takes a subscription from its owner; the row in memory stays as it was."""
    await _disown(session, [row.id])


async def disown_all(session: AsyncSession, owner: WebhookOwner) -> Sequence[str]:
    """Takes every subscription from an owner; returns their ids. Rows are locked in order of id,
    as by those who write deliveries."""
    locked = select(Webhook.id).where(_owned_by(owner)).order_by(Webhook.id).with_for_update()
    gone = (await session.scalars(locked)).all()
    await _disown(session, gone)
    return gone


async def _disown(session: AsyncSession, webhook_ids: Sequence[str]) -> None:
    nobody = literal(NOBODY).concat(Webhook.id)
    await session.execute(
        update(Webhook)
        .where(Webhook.id.in_(webhook_ids))
        .values(user_id=None, event_type_id=None, team_id=None, oauth_client_id=nobody)
        .values(active=False, sealed_secret=None, payload_template=None)
        .execution_options(synchronize_session=False)
    )


async def remove(session: AsyncSession, webhook_id: str) -> None:
    """Deletes a subscription that belongs to nobody, with what is left of its log. That is held
    first, as by those who record an attempt and then count it."""
    left = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook_id)
    await session.execute(left.order_by(WebhookDelivery.id).with_for_update())
    await session.execute(
        delete(Webhook)
        .where(Webhook.id == webhook_id, Webhook.oauth_client_id == NOBODY + webhook_id)
        .execution_options(synchronize_session=False)
    )


class Matches:
    """Active subscriptions by their owners, in creation order."""

    def __init__(self, hooks: Iterable[Webhook]) -> None:
        self._owned: dict[tuple[str, int | str | None], list[tuple[int, Webhook]]] = {}
        for place, hook in enumerate(hooks):
            for kind, column in _COLUMNS.items():
                if (owner := getattr(hook, column.key)) is not None:
                    self._owned.setdefault((kind, owner), []).append((place, hook))

    def of(self, scope: Scope, *triggers: str) -> list[Webhook]:
        """Those within a scope to one of the triggers: each once, in creation order."""
        wanted = set(triggers)
        heard = {
            place: hook
            for kind, owners in _owners(scope).items()
            for owner in owners
            for place, hook in self._owned.get((kind, owner), ())
            if not wanted.isdisjoint(hook.triggers)
        }
        return [heard[place] for place in sorted(heard)]


def _owners(scope: Scope) -> dict[str, Sequence[int | str]]:
    return {
        "user": () if scope.user_id is None else (scope.user_id,),
        "event_type": scope.event_type_ids,
        "team": scope.team_ids,
        "oauth_client": () if scope.oauth_client_id is None else (scope.oauth_client_id,),
    }


async def matching(
    session: AsyncSession, triggers: Collection[str], scopes: Iterable[Scope]
) -> Matches:
    """The active subscriptions to any of the triggers within any of the scopes, in one query."""
    wanted: dict[str, set[int | str]] = {}
    for scope in scopes:
        for kind, owners in _owners(scope).items():
            if owners:
                wanted.setdefault(kind, set()).update(owners)
    if not wanted or not triggers:
        return Matches(())
    parameters = {kind: list(ids) for kind, ids in wanted.items()}
    statement = _matching(frozenset(wanted))
    return Matches(await session.scalars(statement, {**parameters, "triggers": list(triggers)}))


@lru_cache
def _matching(kinds: frozenset[str]) -> Select[Webhook]:
    """Made once for each set of kinds of owners: it is a part of every booking."""
    owned = [
        column == any_(bindparam(kind, type_=ARRAY(column.type)))
        for kind, column in _COLUMNS.items()
        if kind in kinds
    ]
    heard = Webhook.triggers.overlap(bindparam("triggers", type_=Webhook.triggers.type))
    return (
        select(Webhook)
        .where(Webhook.active, heard, or_(*owned))
        .order_by(Webhook.created_at, Webhook.id)
    )


async def matching_one(session: AsyncSession, trigger: str, scope: Scope) -> Sequence[Webhook]:
    """The active subscriptions to a trigger within a scope: each once, in creation order."""
    return (await matching(session, [trigger], [scope])).of(scope, trigger)


async def owner_of_event_type(
    session: AsyncSession, event_type_id: int
) -> tuple[int | None, int | None] | None:
    """(owner, team) of an event type; None if there is no such."""
    row = (
        await session.execute(
            select(EventType.owner_id, EventType.team_id).where(EventType.id == event_type_id)
        )
    ).one_or_none()
    return None if row is None else (row.owner_id, row.team_id)


MOST_PEOPLE = 10


async def people_behind(session: AsyncSession, hook: Webhook) -> Sequence[tuple[str, str | None]]:
    """(e-mail, name) of who answers for a subscription: its user, the owner of its event type, or
    some administrators of its team."""
    direct = select(User.email, User.name).limit(MOST_PEOPLE)
    if hook.user_id is not None:
        statement = direct.where(User.id == hook.user_id)
    elif hook.event_type_id is not None:
        row = await owner_of_event_type(session, hook.event_type_id)
        owner_id, team_id = row or (None, None)
        statement = direct.where(User.id == owner_id)
        if owner_id is None:
            statement = _admins(team_id)
    else:
        statement = _admins(hook.team_id)
    return [(email, name) for email, name in await session.execute(statement)]


def _admins(team_id: int | None) -> Select[str, str | None]:
    return (
        select(User.email, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.team_id == team_id,
            Membership.accepted,
            Membership.role.in_(["OWNER", "ADMIN"]),
        )
        .order_by(Membership.id)
        .limit(MOST_PEOPLE)
    )
