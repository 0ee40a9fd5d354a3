"""What is over is deleted by periodic jobs, in small transactions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event, func, select

from openslots.bookings import jobs as bookings
from openslots.bookings.service import idempotency
from openslots.jobs import chunks
from openslots.jobs.queue import JobFacts, Retry
from openslots.kernel import clock
from openslots.kernel.uow import UnitOfWork, Units
from openslots.models import (
    EmailChange,
    IdempotencyKey,
    Mail,
    SlotReservation,
    VerificationCode,
)
from openslots.notifications import jobs as notifications
from openslots.notifications.repository import mails as mail_rows
from openslots.notifications.service import mails
from openslots.slots import jobs as slots
from openslots.slots.service import holds
from openslots.users import jobs as users
from openslots.users.service import email
from openslots.verified_resources import jobs as verified_resources
from openslots.verified_resources.service import codes
from openslots.wiring.work import JOBS
from openslots.worker import HANDLERS
from tests.factories import make_event_type, make_user, unique

pytestmark = pytest.mark.anyio
JOB = JobFacts(1, "a kind", "", "", {}, 1, clock.now(), clock.now())
Row = Any  # a model
Make = Callable[[Units, datetime], Awaitable[Row]]


async def answer(units: Units, moment: datetime) -> Row:
    created = moment - timedelta(hours=24)
    key = unique("key")
    return IdempotencyKey(
        scope="s", key=key, fingerprint="f", status=201, answer="{}", created_at=created
    )


async def hold(units: Units, moment: datetime) -> Row:
    person = await make_user(units)
    kind = await make_event_type(units, person)
    return SlotReservation(
        uid=unique("hold"),
        event_type_id=kind.id,
        user_id=person.id,
        start_at=moment,
        end_at=moment + timedelta(minutes=30),
        release_at=moment,
    )


async def change(units: Units, moment: datetime) -> Row:
    person = await make_user(units)
    expires = moment - email.KEPT
    return EmailChange(user_id=person.id, token_hash=unique("hash"), expires_at=expires)


async def code(units: Units, moment: datetime) -> Row:
    return VerificationCode(
        kind="email", address=unique("a") + "@x.org", code_hash="h", expires_at=moment
    )


async def mail(units: Units, moment: datetime) -> Row:
    ended = moment - units.settings.jobs.keep_mails
    return Mail(to_address="a@x.org", subject="s", text="", ended_at=ended)


CASES: dict[str, tuple[Callable[..., Awaitable[None]], Any, Make]] = {  # Any: a module
    "idempotency.purge": (bookings.purge_answers, idempotency, answer),
    "reservations.purge": (slots.purge_holds, holds, hold),
    "email_changes.purge": (users.purge_changes, email, change),
    "verification.purge": (verified_resources.purge, codes, code),
    "mail.purge": (notifications.purge, mails, mail),
}


async def count(units: Units, model: Row) -> int:
    async with units.begin() as uow:
        return await uow.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.parametrize("kind", CASES)
async def test_only_what_is_over_goes_and_a_chunk_at_a_time(
    fresh_app: FastAPI, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    units: Units = fresh_app.state.units
    handler, module, make = CASES[kind]
    monkeypatch.setattr(module, "CHUNK", 3)
    monkeypatch.setattr(mail_rows, "CHUNK", 3)
    over, later = clock.now() - timedelta(minutes=1), clock.now() + timedelta(minutes=5)
    rows = [await make(units, moment) for moment in [over] * 7 + [later] * 2]
    async with units.begin() as uow:
        uow.session.add_all(rows)
        await uow.session.flush()
        await uow.commit()
    model = type(rows[0])
    sent: list[str] = []

    def note(*facts: Any) -> None:  # Any: what SQLAlchemy passes
        sent.append(str(facts[2]).split(" ", 1)[0])

    engine = units.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", lambda _: sent.append("COMMIT"))
    await handler(units, JOB)
    assert sent == ["DELETE", "COMMIT"] * 3  # three, three, one
    assert await count(units, model) == 2
    assert JOBS[kind] is handler


async def test_rows_that_somebody_holds_are_left_for_the_next_time(fresh_app: FastAPI) -> None:
    units: Units = fresh_app.state.units
    rows = [await answer(units, clock.now()) for _ in range(2)]
    async with units.begin() as uow:
        uow.session.add_all(rows)
        await uow.session.flush()
        await uow.commit()
    async with units.begin() as uow:
        locked = select(IdempotencyKey).where(IdempotencyKey.id == rows[0].id).with_for_update()
        await uow.session.execute(locked)
        await bookings.purge_answers(units, JOB)
    assert await count(units, IdempotencyKey) == 1
    await bookings.purge_answers(units, JOB)
    assert await count(units, IdempotencyKey) == 0


async def test_a_long_purge_makes_room_for_other_jobs(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "LONGEST", 0.0)
    left = [5, 5, 1]

    async def step(uow: UnitOfWork) -> int:
        return left.pop(0)

    with pytest.raises(Retry) as told:
        await chunks.in_chunks(units, step, 5)
    assert not told.value.counted
    assert left == [5, 1]
    monkeypatch.setattr(chunks, "LONGEST", 60.0)
    assert await chunks.in_chunks(units, step, 5) == 6


def test_everything_that_is_kept_for_a_while_has_a_job() -> None:
    periodic = {kind for kind, handler in HANDLERS.items() if hasattr(handler, "every")}
    assert periodic >= {*CASES, "jobs.purge", "mail.purge", "webhooks.purge"}
