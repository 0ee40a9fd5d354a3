"""Statements do not grow with hosts or bookings, and long answers do not hold up the loop."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bench.slots import analyze, make
from openslots.kernel.offload import Offload, Overloaded
from openslots.kernel.uow import Units
from openslots.slots import service
from openslots.slots.rules import inputs
from openslots.slots.types import CheckRequest
from tests.clock import Clock
from tests.factories import make_booking
from tests.slots.conftest import MON, SLOTS, Asker, MakeHost, utc
from tests.statements import counted

MONTH = {"start": "2050-01-02", "end": "2050-01-31"}
Query = dict[str, Any]  # Any: texts and numbers


async def statements(units: Units, ask: Asker, **query: Any) -> int:
    with counted(units) as sent:
        assert (await ask.reply(**MONTH, **query)).status_code == 200
    return len(sent)


async def test_one_statement_for_one_host_and_for_a_hundred(units: Units, ask: Asker) -> None:
    for hosts, bookings in ((1, 0), (1, 500), (100, 0), (100, 20)):
        event_id = await make(units, hosts=hosts, bookings=bookings)
        assert await statements(units, ask, eventTypeId=event_id) == 1


async def test_settings_of_an_event_type_cost_a_statement_each(
    units: Units, ask: Asker, host: MakeHost
) -> None:
    person, limited = await host(booking_limits_count={"day": 3})
    assert await statements(units, ask, eventTypeId=limited.id) == 2
    _, rolling = await host(period_type="rolling_window", period_days=5)
    assert await statements(units, ask, eventTypeId=rolling.id) <= 2
    named = {"username": person.username, "eventTypeSlug": limited.slug}
    assert await statements(units, ask, **named) == 3
    other, _ = await host()
    names = f"{person.username},{other.username}"
    assert await statements(units, ask, usernames=names) == 2


async def checks(units: Units, event_id: int, starts: int) -> int:
    request = CheckRequest(
        event_id, tuple(utc(MON, 9) + timedelta(days=day) for day in range(starts)), 30
    )
    async with units.begin() as uow:
        with counted(units) as sent:
            await service.check(uow, request)
        return len(sent)


async def test_a_check_costs_two_statements_for_any_series(units: Units) -> None:
    for hosts in (2, 40):
        event_id = await make(units, hosts=hosts, bookings=10)
        assert [await checks(units, event_id, starts) for starts in (1, 10)] == [2, 2]
    single = await make(units, hosts=1, bookings=10)
    assert await checks(units, single, 10) == 1


async def test_a_long_answer_is_the_same_beside_the_loop(
    units: Units, ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = await make(units, hosts=3, bookings=50)
    query: Query = {
        **MONTH,
        "eventTypeId": event_id,
        "format": "range",
        "timeZone": "Asia/Kathmandu",
    }
    query["format"] = "range"
    inline = await ask.data(**query)
    at = f"{MONTH['start']}T10:00:00Z"
    explained = await ask.client.get("/v2/slots/explain", params={**query, "at": at})
    monkeypatch.setattr(inputs, "INLINE", -1)
    assert await ask.data(**query) == inline
    beside = await ask.client.get("/v2/slots/explain", params={**query, "at": at})
    assert beside.json() == explained.json()


async def test_a_long_check_is_the_same_beside_the_loop(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = await make(units, hosts=3, bookings=8)
    request = CheckRequest(event_id, tuple(utc(MON, hour) for hour in (9, 10, 20)), 30)
    async with units.begin() as uow:
        inline = await service.check(uow, request)
        monkeypatch.setattr(inputs, "INLINE", -1)
        assert await service.check(uow, request) == inline
    assert [verdict.ok for verdict in inline] == [True, True, False]


async def test_the_loop_goes_on_while_a_year_of_many_hosts_is_computed(
    units: Units, client: httpx.AsyncClient
) -> None:
    event_id = await make(units, hosts=120, bookings=60)
    await analyze(units)  # plans made while the tables were empty are of no use now
    query: Query = {"start": "2050-01-02", "end": "2051-01-01", "eventTypeId": event_id}
    task = asyncio.create_task(client.get("/v2/slots", params=query, headers=SLOTS))
    turns = 0
    while not task.done():
        await asyncio.sleep(0)
        turns += units.offload.running
    reply = await task
    assert reply.status_code == 200
    assert len(reply.json()["data"]) > 300
    # It was computed by another process, and the loop turned all the while.
    assert turns > 100


async def test_only_so_many_may_wait() -> None:
    offload = Offload(processes=1, waiting=1)
    try:
        found = await asyncio.gather(
            *(offload.run(time.sleep, 0.2) for _ in range(4)), return_exceptions=True
        )
        assert [type(one) for one in found].count(Overloaded) == 2
        assert await offload.run(abs, -3) == 3
    finally:
        await offload.close()


async def test_a_killed_process_is_replaced() -> None:
    offload = Offload(processes=1)
    try:
        first = await offload.run(os.getpid)
        assert first != os.getpid()
        os.kill(first, 9)
        assert await offload.run(os.getpid) != first
    finally:
        await offload.close()


async def test_reads_that_race_writes_never_show_a_taken_time(
    units: Units, ask: Asker, host: MakeHost, now: Clock
) -> None:
    """Whatever was committed before a read began is in its answer."""
    person, event = await host()
    committed: set[str] = set()

    async def write() -> None:
        for hour in range(9, 17):
            await make_booking(units, person, event_type=event, start=utc(MON, hour))
            committed.add(f"{hour:02d}:00")
            await asyncio.sleep(0)

    async def read() -> None:
        while len(committed) < 8:
            before = set(committed)
            found = (await ask.clock(eventTypeId=event.id)).get(MON, [])
            assert not before & set(found)

    await asyncio.gather(write(), read(), read(), read())
    assert await ask.data(eventTypeId=event.id) == {}
