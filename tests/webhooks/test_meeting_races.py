"""A meeting that is told to start while its booking is cancelled or moved."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, update

from openslots.jobs.queue import JobFacts
from openslots.kernel.uow import Units
from openslots.models import Booking, EventType, Job
from openslots.webhooks import jobs
from openslots.webhooks.service import clocked
from openslots.webhooks.types import Firing
from tests.clock import Clock
from tests.factories import Person, make_booking
from tests.waiting import somebody_waits, started
from tests.webhooks.build import VERSION, a_host, data, deliveries, subscribe

BOTH = ["MEETING_STARTED", "MEETING_ENDED", "BOOKING_CANCELLED"]
START = datetime.fromisoformat("2026-05-12T10:00:00+00:00")


@pytest.fixture
async def host(units: Units, clock: Clock) -> tuple[Person, EventType]:
    clock.set(START - timedelta(days=1))
    return await a_host(units)


async def planned(units: Units, host: tuple[Person, EventType]) -> Booking:
    person, kind = host
    made = await make_booking(units, person, event_type=kind, start=START)
    async with units.begin() as uow:
        await clocked.schedule(uow, made.id, made.start_at, made.end_at)
        await uow.commit()
    return made


def firing(units: Units, booking: Booking) -> asyncio.Task[None]:
    payload = {"trigger": "MEETING_STARTED"}
    facts = JobFacts(booking.id, "webhooks.meeting", str(booking.id), "", payload, 1, START, START)
    return asyncio.create_task(jobs.meeting(units, facts))


async def job_of(units: Units, booking: Booking) -> Job | None:
    async with units.begin() as uow:
        return await uow.session.scalar(
            select(Job).where(Job.kind == "webhooks.meeting", Job.key == str(booking.id))
        )


async def test_one_that_is_just_being_cancelled_does_not_start(
    client: httpx.AsyncClient, units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    hook = await subscribe(client, host[0], triggers=BOTH)
    booking = await planned(units, host)
    clock.set(START)
    async with units.begin() as uow:
        await uow.session.execute(
            update(Booking).where(Booking.id == booking.id).values(status="cancelled")
        )
        await clocked.unschedule(uow, booking.id)
        told = firing(units, booking)
        await somebody_waits(units)
        await uow.commit()
    await told
    assert await deliveries(units, hook["id"]) == []
    assert await job_of(units, booking) is None


async def test_one_that_is_just_being_moved_starts_at_its_new_time(
    client: httpx.AsyncClient, units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    hook = await subscribe(client, host[0], triggers=BOTH)
    booking = await planned(units, host)
    clock.set(START)
    later = START + timedelta(hours=1)
    async with units.begin() as uow:
        await uow.session.execute(
            update(Booking)
            .where(Booking.id == booking.id)
            .values(start_at=later, end_at=later + timedelta(minutes=30))
        )
        await clocked.schedule(uow, booking.id, later, later + timedelta(minutes=30))
        told = firing(units, booking)
        await somebody_waits(units)
        await uow.commit()
    await told
    assert await deliveries(units, hook["id"]) == []
    job = await job_of(units, booking)
    assert job is not None
    assert (job.payload["trigger"], job.run_at) == ("MEETING_STARTED", later)


async def test_one_that_is_cancelled_while_its_start_is_told_does_not_end(
    client: httpx.AsyncClient, units: Units, clock: Clock, host: tuple[Person, EventType]
) -> None:
    person, _ = host
    hook = await subscribe(client, person, triggers=BOTH)
    booking = await planned(units, host)
    clock.set(START)
    async with units.begin() as uow:
        await clocked.fire(uow, [Firing(booking.id, "MEETING_STARTED")])
        cancelling = await started(
            units,
            client.post(
                f"/v2/bookings/{booking.uid}/cancel",
                json={"cancellationReason": "Ill"},
                headers={**person.headers, **VERSION},
            ),
        )
        assert not cancelling.done()
        await uow.commit()
    data(await cancelling)
    triggers = [one.trigger for one in await deliveries(units, hook["id"])]
    assert sorted(triggers) == ["BOOKING_CANCELLED", "MEETING_STARTED"]
    assert await job_of(units, booking) is None
