"""Mails share the worker with what cannot wait."""

from __future__ import annotations

from datetime import timedelta

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from openslots.jobs import queue
from openslots.jobs.lanes import AHEAD
from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.notifications.build import a_host, an_attendee, book

SHARE = 4 * AHEAD
_MANY = text(
    "INSERT INTO jobs (kind, key, lane, payload, run_at, attempts, created_at) "
    "SELECT kind, key || n, lane, payload, run_at, 0, created_at FROM jobs, "
    "generate_series(1, 1000) n WHERE kind = 'mail.booking'"
)


async def test_a_thousand_mails_to_write_delay_no_meeting(fresh_app: FastAPI, clock: Clock) -> None:
    now = clock.set("2026-05-04T08:00:00+00:00")
    units: Units = fresh_app.state.units
    _, event_type = await a_host(units)
    transport = httpx.ASGITransport(fresh_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await book(client, event_type, an_attendee())
    later = now + timedelta(minutes=1)
    async with units.begin() as uow:
        await uow.session.execute(_MANY)
        await queue.put(uow, "webhooks.meeting", "7", {}, run_at=later)
        await uow.commit()
    held: list[str] = []
    for _ in range(2):  # as a worker does that has room for 64
        async with units.begin(autocommit=True) as uow:
            claims = await queue.claim(
                uow.session,
                ["mail.booking", "mail.reminder", "webhooks.meeting"],
                now=later,
                until=later + timedelta(seconds=60),
                limit=64,
                share=SHARE,
                busy={"mail": len(held)} if held else {},
            )
        held += [claim.job.kind for claim in claims]
    assert held == ["mail.booking"] * SHARE + ["webhooks.meeting"]
