"""Putting jobs in: rows of a transaction are written together at its commit."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event, text

from openslots.jobs import queue
from openslots.jobs.queue import NewJob
from openslots.kernel.uow import Units
from tests.clock import Clock
from tests.jobs.conftest import job, the_job


async def test_all_jobs_of_a_transaction_take_one_statement(alone: Units) -> None:
    sent: list[str] = []
    event.listen(
        alone.engine.sync_engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: sent.append(statement),
    )
    async with alone.begin() as uow:
        await queue.put(uow, "greet", "ann")
        await queue.put_many(uow, "part", [NewJob("bob"), NewJob("cy", {"a": 1})])
        assert sent == []
        assert uow.wakeups == {"greet", "part"}
        await uow.commit()
    assert len(sent) == 1
    assert (await the_job(alone, "part", "cy")).payload == {"a": 1}
    assert await job(alone, "greet", "ann") is not None


async def test_the_last_word_about_a_key_holds(alone: Units) -> None:
    async with alone.begin() as uow:
        await queue.put(uow, "greet", "ann", {"n": 1})
        await queue.put_many(uow, "greet", [NewJob("ann", {"n": 2})], replace=False)
        await queue.put(uow, "greet", "bob", {"n": 1})
        await queue.put(uow, "greet", "bob", {"n": 2})
        await queue.put(uow, "greet", "cy")
        await queue.drop(uow, "greet", "cy")
        await uow.commit()
    assert (await the_job(alone, "greet", "ann")).payload == {"n": 1}
    assert (await the_job(alone, "greet", "bob")).payload == {"n": 2}
    assert await job(alone, "greet", "cy") is None


async def test_without_replace_what_exists_stays(alone: Units) -> None:
    for number in (1, 2):
        async with alone.begin() as uow:
            new = NewJob("ann", {"n": number}, run_at=uow.now + timedelta(hours=number))
            await queue.put_many(uow, "greet", [new], replace=False)
            await uow.commit()
    assert (await the_job(alone, "greet", "ann")).payload == {"n": 1}


async def test_nothing_is_written_without_a_commit(alone: Units) -> None:
    async with alone.begin() as uow:
        await queue.put(uow, "greet", "rolled back")
    async with alone.begin() as uow:
        await queue.put(uow, "greet", "dry")
        uow.forget()
        assert not uow.wakeups
        await uow.commit()
    async with alone.begin() as uow:
        assert await uow.session.scalar(text("SELECT count(*) FROM jobs")) == 0


async def test_a_unit_that_commits_each_statement_writes_them_at_its_end(alone: Units) -> None:
    async with alone.begin(autocommit=True) as uow:
        await queue.put(uow, "greet", "ann")
    assert await job(alone, "greet", "ann") is not None


async def test_a_job_may_belong_to_another_request_than_its_transaction(alone: Units) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with alone.begin(request_id="own") as uow:
        led = NewJob("ann", {"n": 1}, request_id="other", traceparent=trace)
        await queue.put_many(uow, "greet", [led, NewJob("bob")])
        await uow.commit()
    other, own = await the_job(alone, "greet", "ann"), await the_job(alone, "greet", "bob")
    assert (other.request_id, own.request_id) == ("other", "own")
    assert other.payload == {"n": 1, "traceparent": trace}
    assert own.payload == {}


async def test_a_hold_that_was_lost_is_not_renewed_with_the_one_that_replaced_it(
    alone: Units, clock: Clock
) -> None:
    now = clock.set("2026-05-04T10:00:00+00:00")
    claims = []
    for seconds in (10, 20):
        async with alone.begin() as uow:
            await queue.put(uow, "greet", "ann")
            await uow.commit()
        async with alone.begin() as uow:
            until = now + timedelta(seconds=seconds)
            claims += await queue.claim(
                uow.session, ["greet"], now=now, until=until, limit=1, share=4, busy={}
            )
            await uow.commit()
    lost, held = claims
    later = now + timedelta(seconds=30)
    async with alone.begin(autocommit=True) as uow:
        kept = await queue.renew(uow.session, [lost, held], later)
    assert kept == [held]
    assert (await the_job(alone, "greet", "ann")).locked_until == later
