"""Who is booked: hosts with three event types each, and the webhooks that hear of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from chaos.receiver import Receiver
from openslots.kernel import db, settings
from openslots.kernel.bus import Bus
from openslots.kernel.uow import Units
from tests.factories import make_event_type, make_schedule, make_user

HOSTS = 8
ALWAYS = (((0, 1, 2, 3, 4, 5, 6), "00:00", "23:59"),)
CREATED, REQUESTED, RESCHEDULED = "BOOKING_CREATED", "BOOKING_REQUESTED", "BOOKING_RESCHEDULED"
CANCELLED, REJECTED = "BOOKING_CANCELLED", "BOOKING_REJECTED"
STARTED, ENDED = "MEETING_STARTED", "MEETING_ENDED"
MEETINGS = (STARTED, ENDED)
OF_HOST = (CREATED, REQUESTED, RESCHEDULED, CANCELLED, REJECTED, *MEETINGS)
OF_EVENT_TYPE = (CREATED, RESCHEDULED, CANCELLED)


@dataclass(frozen=True)
class Kind:
    """An event type. `waits`: its bookings wait for confirmation; `soon`: of one minute, for
    meetings that begin and end during the test."""

    id: int
    host: Host
    minutes: int
    waits: bool = False
    soon: bool = False


@dataclass(frozen=True)
class Host:
    id: int
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Hook:
    """A subscription; `name` is its path at the receiver."""

    name: str
    triggers: tuple[str, ...]
    host_id: int | None = None
    event_type_id: int | None = None

    def hears(self, trigger: str, kind: Kind) -> bool:
        of = self.host_id == kind.host.id or self.event_type_id == kind.id
        return of and trigger in self.triggers


@dataclass
class World:
    kinds: dict[int, Kind]
    hooks: dict[str, Hook]

    def listeners(self, trigger: str, kind: Kind) -> list[str]:
        """Names of the hooks that hear of it."""
        return [hook.name for hook in self.hooks.values() if hook.hears(trigger, kind)]


async def build(database_url: str, base: str, receiver: Receiver) -> World:
    """Hosts and event types by way of the tables, subscriptions by way of the API."""
    made = settings.Settings(db=settings.Database(url=SecretStr(database_url)))
    units = Units(db.create_engine(made.db, application="chaos"), made, Bus())
    world = World({}, {})
    try:
        for number in range(HOSTS):
            person = await make_user(units, time_zone="UTC", name=f"Host {number}")
            await make_schedule(units, person, hours=ALWAYS)
            host = Host(person.id, person.headers)
            ids = [
                (await make_event_type(units, person, length=15)).id,
                (await make_event_type(units, person, length=30, requires_confirmation=True)).id,
                (await make_event_type(units, person, length=1)).id,
            ]
            chat, ask, soon = ids
            for kind in (
                Kind(chat, host, 15),
                Kind(ask, host, 30, waits=True),
                Kind(soon, host, 1, soon=True),
            ):
                world.kinds[kind.id] = kind
            await _subscribe(world, base, receiver, host, chat)
    finally:
        await units.close()
    return world


async def _subscribe(
    world: World, base: str, receiver: Receiver, host: Host, event_type_id: int
) -> None:
    """One hook of the account for everything, one of the event type for some of it."""
    of_host = Hook(f"host-{host.id}", OF_HOST, host_id=host.id)
    of_type = Hook(f"type-{event_type_id}", OF_EVENT_TYPE, event_type_id=event_type_id)
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=30) as client:
        for path, hook in (
            ("/v2/webhooks", of_host),
            (f"/v2/event-types/{event_type_id}/webhooks", of_type),
        ):
            body = {
                "active": True,
                "subscriberUrl": receiver.url(hook.name),
                "triggers": hook.triggers,
                "secret": receiver.secret,
            }
            answer = await client.post(path, json=body, headers=dict(host.headers))
            answer.raise_for_status()
            world.hooks[hook.name] = hook
