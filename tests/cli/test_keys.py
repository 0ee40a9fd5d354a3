"""`openslots admin keys rotate`: every secret under the current key, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from openslots.kernel import clock, crypto, db, ids
from openslots.kernel.bus import Bus
from openslots.kernel.crypto import Keyring
from openslots.kernel.settings import Settings
from openslots.kernel.uow import UnitOfWork, Units
from openslots.models import Base, Webhook
from openslots.models.base import sealed_columns
from tests.factories import make_user
from tests.waiting import somebody_waits

OLD, NEW, LOST = "an old key of the tests", "a new key of the tests", "a key that nobody has"
COLUMN = "webhooks.secret"


@pytest.fixture
async def alone(fresh_settings: Settings) -> AsyncIterator[Units]:
    units = Units(db.create_engine(fresh_settings.db), fresh_settings, Bus())
    yield units
    await units.close()


def place(webhook_id: str) -> str:
    return crypto.place("webhooks", "secret", webhook_id)


async def fill(units: Units, count: int, *, keys: Keyring | None = None) -> dict[str, str]:
    """Subscriptions by id with their secrets in clear; stored in clear without `keys`."""
    user = await make_user(units)
    made = {ids.uuid4(): f"secret {n}" for n in range(count)}
    moment = clock.now().replace(year=2020)
    async with units.begin() as uow:
        uow.session.add_all(
            Webhook(
                id=one,
                user_id=user.id,
                subscriber_url=f"https://example.com/{one}",
                triggers=["BOOKING_CREATED"],
                sealed_secret=keys.seal(secret, place(one)) if keys else secret,
                created_at=moment,
                updated_at=moment,
            )
            for one, secret in made.items()
        )
        await uow.session.flush()
        await uow.commit()
    return made


async def stored(units: Units) -> dict[str, str]:
    async with units.begin() as uow:
        rows = await uow.session.execute(text("SELECT id, secret FROM webhooks"))
        return {row[0]: row[1] for row in rows}


async def store(uow: UnitOfWork, webhook_id: str, value: str | None) -> None:
    await uow.session.execute(
        text("UPDATE webhooks SET secret = :value WHERE id = :id"),
        {"id": webhook_id, "value": value},
    )


def variables(units: Units, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": units.settings.db.url.get_secret_value(),
        "NEXTAUTH_SECRET": "a session secret of the tests",
        "CALENDSO_ENCRYPTION_KEY": NEW,
        "OPENSLOTS_OLD_ENCRYPTION_KEYS": OLD,
        **more,
    }


WORDS = (sys.executable, "-m", "openslots", "admin", "keys", "rotate")


async def start(units: Units, *words: str, **more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *WORDS,
        *words,
        env=variables(units, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def run(units: Units, *words: str, **more: str) -> tuple[int, str, str]:
    """(status, stdout, stderr)."""
    process = await start(units, *words, **more)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def counted(out: str) -> Mapping[str, Any]:
    answer: dict[str, Any] = json.loads(out)
    found: dict[str, Any] = answer[COLUMN]
    return found


def numbers(changed: int, current: int, old: int, clear: int) -> dict[str, Any]:
    return {
        "changed": changed,
        "current": current,
        "old": old,
        "clear": clear,
        "unreadable": 0,
        "unreadableIds": [],
    }


async def test_everything_is_encrypted_anew(alone: Units) -> None:
    clear = await fill(alone, 3)
    old = await fill(alone, 230, keys=Keyring(OLD))  # more than one batch
    current = await fill(alone, 2, keys=Keyring(NEW))
    before = await stored(alone)

    status, out, _ = await run(alone, "--check", "--json")
    assert (status, counted(out)) == (1, numbers(0, current=2, old=230, clear=3))
    assert await stored(alone) == before

    status, out, err = await run(alone, "--json")
    assert (status, err) == (0, "")
    assert counted(out) == numbers(233, current=235, old=0, clear=0)
    after = await stored(alone)
    keys = Keyring(NEW)
    assert {one: keys.open(kept, place(one)) for one, kept in after.items()} == {
        **clear,
        **old,
        **current,
    }
    assert all(crypto.key_of(kept) == keys.current for kept in after.values())
    assert all(after[one] == before[one] for one in current)
    async with alone.begin() as uow:
        years = await uow.session.scalars(
            text("SELECT DISTINCT extract(year FROM updated_at)::int FROM webhooks")
        )
        assert years.all() == [2020]  # nobody changed the subscriptions

    status, out, _ = await run(alone, "--check")
    assert status == 0
    assert f"{COLUMN}: 0 changed, 235 current, 0 old, 0 clear, 0 unreadable" in out
    status, out, _ = await run(alone, "--json")
    assert (status, counted(out)["changed"]) == (0, 0)


async def test_what_no_key_opens_is_named_and_kept(alone: Units) -> None:
    good = await fill(alone, 2, keys=Keyring(OLD))
    lost = await fill(alone, 1, keys=Keyring(LOST))
    moved = await fill(alone, 1, keys=Keyring(OLD))
    before = await stored(alone)
    async with alone.begin() as uow:
        await store(uow, next(iter(moved)), before[next(iter(good))])
        await uow.commit()
    bad = sorted([*lost, *moved])

    status, out, _ = await run(alone, "--json")
    assert status == 1
    found = counted(out)
    assert (found["changed"], found["current"], found["unreadable"]) == (2, 2, 2)
    assert sorted(found["unreadableIds"]) == bad
    assert (await stored(alone))[next(iter(lost))] == before[next(iter(lost))]
    status, out, _ = await run(alone)
    assert status == 1
    assert all(one in out for one in bad)
    assert "OPENSLOTS_OLD_ENCRYPTION_KEYS" in out

    status, out, _ = await run(alone, "--json", OPENSLOTS_OLD_ENCRYPTION_KEYS=f"{OLD},{LOST}")
    assert (status, counted(out)["changed"], counted(out)["unreadable"]) == (1, 1, 1)
    kept = (await stored(alone))[next(iter(lost))]
    assert Keyring(NEW).open(kept, place(next(iter(lost)))) == lost[next(iter(lost))]


async def test_a_killed_run_is_continued_by_the_next(alone: Units) -> None:
    made = await fill(alone, 450, keys=Keyring(OLD))
    last = max(made)
    async with alone.begin() as uow:
        await store(uow, last, (await stored(alone))[last])  # holds the row
        process = await start(alone)
        await somebody_waits(alone)  # everything else is done by now
        process.kill()
        await process.communicate()
    changed = [kept for kept in (await stored(alone)).values() if is_new(kept)]
    assert len(changed) == 449
    status, out, _ = await run(alone, "--json")
    assert (status, counted(out)) == (0, numbers(1, current=450, old=0, clear=0))


def is_new(kept: str) -> bool:
    return crypto.key_of(kept) == Keyring(NEW).current


async def test_two_at_once_share_the_work(alone: Units) -> None:
    made = await fill(alone, 1500, keys=Keyring(OLD))
    async with asyncio.timeout(60):
        done = await asyncio.gather(run(alone, "--json"), run(alone, "--json"))
    assert [status for status, _, _ in done] == [0, 0]
    assert sum(counted(out)["changed"] for _, out, _ in done) == len(made)
    keys = Keyring(NEW)
    assert {one: keys.open(kept, place(one)) for one, kept in (await stored(alone)).items()} == made


async def test_what_a_server_writes_meanwhile_is_not_overwritten(alone: Units) -> None:
    made = await fill(alone, 3, keys=Keyring(OLD))
    one = min(made)
    async with alone.begin() as uow:
        await store(uow, one, Keyring(NEW).seal("set meanwhile", place(one)))
        process = await start(alone, "--json")
        await somebody_waits(alone)
        await uow.commit()
    out, _ = await process.communicate()
    assert process.returncode == 0
    assert counted(out.decode()) == numbers(2, current=3, old=0, clear=0)
    kept = (await stored(alone))[one]
    assert Keyring(NEW).open(kept, place(one)) == "set meanwhile"


def written(terminal: int) -> str:
    """All that came out of a terminal whose other end is closed."""
    parts = []
    with contextlib.suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:
        while part := file.read(10_000):
            parts.append(part)
    return b"".join(parts).decode()


async def test_a_terminal_sees_the_progress(alone: Units) -> None:
    await fill(alone, 5)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    try:
        done = await asyncio.to_thread(
            subprocess.run,
            WORDS,
            env=variables(alone),
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=False,
        )
    finally:
        os.close(theirs)
    shown = written(ours)
    assert done.returncode == 0
    assert f"{COLUMN}: 100%" in shown
    assert "5/5" in shown


async def test_a_database_that_is_not_there(alone: Units) -> None:
    url = variables(alone)["DATABASE_URL"] + "_not"
    status, out, err = await run(alone, DATABASE_URL=url)
    assert (status, out) == (1, "")
    assert err.startswith("openslots: the database answered: ")
    assert len(err.splitlines()) == 1


# Columns whose names sound secret and which hold none that could be read again.
HARMLESS = {
    "api_key_limits.api_key_id": "an id",
    "api_keys.hashed_key": "a hash",
    "booking_references.meeting_password": "shown to everybody who is invited",
    "bookings.one_time_password": "told to webhooks; opens nothing yet",
    "email_changes.token_hash": "a hash",
    "idempotency_keys.key": "the caller's own",
    "jobs.key": "names the work",
    "mails.dedupe_key": "names the occasion",
    "oauth_client_secrets.secret_hash": "a hash",
    "users.password_hash": "a hash",
    "verification_codes.code_hash": "a hash",
    "webhook_attempts.status_code": "of HTTP",
}


def test_every_stored_secret_is_sealed() -> None:
    sealed = {f"{column.table.name}.{column.name}" for column in sealed_columns(Base.metadata)}
    words = ("secret", "token", "password", "key", "code", "credential")
    sounding = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in words)
    }
    assert COLUMN in sealed
    assert sounding - sealed - HARMLESS.keys() == set()
