"""`openslots admin jobs`: what it shows, runs again and deletes, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from openslots.cli import admin
from openslots.cli.folder import CommandError
from openslots.jobs import queue, upkeep
from openslots.jobs.queue import NewJob
from openslots.kernel import clock, db
from openslots.kernel.bus import Bus
from openslots.kernel.settings import Settings
from openslots.kernel.uow import Units
from openslots.models import Job

STATES = ("due", "waiting", "running", "failed", "done")


@pytest.fixture
async def alone(fresh_settings: Settings) -> AsyncIterator[Units]:
    """Units of work on a database with one job per state, whose key is the state's name."""
    units = Units(db.create_engine(fresh_settings.db), fresh_settings, Bus())
    now = clock.now()
    async with units.begin() as uow:
        await queue.put_many(uow, "a.kind", [NewJob("due"), NewJob("running")])
        await queue.put(uow, "a.kind", "waiting", run_at=now + timedelta(days=1))
        await queue.put_many(uow, "b.kind", [NewJob("failed"), NewJob("done")])
        await uow.write_late()
        for row in await upkeep.find(uow):
            if row.key == "running":
                row.locked_until = now + timedelta(minutes=5)
            elif row.kind == "b.kind":
                row.done_at = now - timedelta(days=3)
                row.last_error = "ValueError: \x1b[31mno\n\tgood" if row.key == "failed" else None
        await uow.session.flush()
        await uow.commit()
    yield units
    await units.close()


async def run(units: Units, *words: str) -> dict[str, Any]:
    """What the command answers, over as many transactions as it takes."""
    given, loop = admin.parse(("jobs", *words)), asyncio.get_running_loop()

    def once() -> dict[str, Any]:
        work = admin.perform(units, given.action.work, given)
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    answer: dict[str, Any] = await asyncio.to_thread(given.action.drive, once)
    return answer


async def ids(units: Units) -> dict[str, int]:
    async with units.begin() as uow:
        return {row.key: row.id for row in await upkeep.find(uow)}


async def the_job(units: Units, key: str) -> Job:
    async with units.begin() as uow:
        return next(row for row in await upkeep.find(uow) if row.key == key)


async def test_list_shows_every_state_and_counts_them(alone: Units) -> None:
    answer = await run(alone, "list")
    assert [job["key"] for job in answer["jobs"]][-2:] in (["failed", "done"], ["done", "failed"])
    assert {job["key"]: job["state"] for job in answer["jobs"]} == {
        state: state for state in STATES
    }
    assert answer["counts"] == dict.fromkeys(STATES, 1)
    json.dumps(answer)
    for state in STATES:
        assert [job["key"] for job in (await run(alone, "list", "--state", state))["jobs"]] == [
            state
        ]


async def test_list_by_kind_and_within_a_bound(alone: Units) -> None:
    answer = await run(alone, "list", "--kind", "a.kind", "--limit", "2")
    assert [job["kind"] for job in answer["jobs"]] == ["a.kind", "a.kind"]
    assert answer["counts"] == {"due": 1, "waiting": 1, "running": 1, "failed": 0, "done": 0}


async def test_a_person_reads_a_table(alone: Units) -> None:
    action = admin.parse(("jobs", "list")).action
    lines = action.shown(await run(alone, "list"), as_json=False).splitlines()
    assert " ".join(lines[0].split()) == "ID KIND KEY STATE ATTEMPTS RUNS AT LAST ERROR"
    assert len(lines) == 1 + len(STATES) + 2
    assert "ValueError: ?[31mno good" in "\n".join(lines)
    assert lines[-1] == "1 due, 1 waiting, 1 running, 1 failed, 1 done"
    empty = action.shown(await run(alone, "list", "--kind", "none"), as_json=False)
    assert empty.startswith("no such job\n")


@pytest.mark.parametrize("words", [("--limit", "0"), ("--limit", "1001"), ("--state", "odd")])
async def test_list_refuses_what_makes_no_sense(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        admin.parse(("jobs", "list", *words))
    assert words[1] in capsys.readouterr().err


async def test_retry_by_id_makes_jobs_due(alone: Units) -> None:
    known = await ids(alone)
    wanted = [str(known[key]) for key in ("waiting", "failed", "done")]
    assert await run(alone, "retry", *wanted) == {"retried": 3}
    assert (await run(alone, "list"))["counts"]["due"] == 4


async def test_retry_of_all_that_failed(alone: Units) -> None:
    assert await run(alone, "retry", "--failed", "--kind", "a.kind") == {"retried": 0}
    assert await run(alone, "retry", "--failed", "--kind", "b.kind") == {"retried": 1}
    assert (await the_job(alone, "failed")).done_at is None
    assert await run(alone, "retry", "--failed") == {"retried": 0}


async def test_retry_leaves_a_running_job_to_its_worker(alone: Units) -> None:
    known = await ids(alone)
    with pytest.raises(CommandError, match="runs the job"):
        await run(alone, "retry", str(known["due"]), str(known["running"]))
    async with alone.begin() as uow:
        assert await upkeep.retry(uow, known["running"]) == 0
    assert (await the_job(alone, "running")).locked_until is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name the ids"),
        (("1", "--failed"), "name the ids"),
        (("--kind", "a.kind"), "name the ids"),
        (("1", "--kind", "a.kind"), "--kind goes with --failed"),
        (("999999999",), "there is no job 999999999"),
        (tuple(map(str, range(1, 1002))), "at most 1000"),
    ],
)
async def test_retry_refuses(alone: Units, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        await run(alone, "retry", *words)


async def test_purge_by_age(alone: Units) -> None:
    assert await run(alone, "purge") == {"purged": 0}  # kept for a week by default
    assert await run(alone, "purge", "--older-than", "4") == {"purged": 0}
    assert await run(alone, "purge", "--older-than", "3") == {"purged": 2}
    assert set(await ids(alone)) == {"due", "waiting", "running"}


async def test_purge_works_in_chunks(alone: Units) -> None:
    many = upkeep.CHUNK * 2 + 1
    async with alone.begin() as uow:
        await uow.session.execute(
            text(
                "INSERT INTO jobs (kind, key, lane, payload, run_at, attempts, done_at, created_at)"
                " SELECT 'old', n::text, '', '{}', now(), 1, now() - interval '9 days', now()"
                " FROM generate_series(1, :many) n"
            ),
            {"many": many},
        )
        await uow.commit()
    assert await run(alone, "purge", "--older-than", "8") == {"purged": many}
    assert len(await ids(alone)) == len(STATES)


def test_the_command_by_itself(fresh_database_url: str, tmp_path: Any) -> None:
    def admin_jobs(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "openslots", "admin", "jobs", *words],
            env={
                **os.environ,
                "DATABASE_URL": fresh_database_url,
                "NEXTAUTH_SECRET": "a secret of the tests",
                "CALENDSO_ENCRYPTION_KEY": "a secret of the tests",
                "OPENSLOTS_DATA_DIR": str(tmp_path),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert json.loads(admin_jobs("list", "--json").stdout) == {
        "jobs": [],
        "counts": dict.fromkeys(STATES, 0),
    }
    assert admin_jobs("purge").stdout == "purged: 0\n"
    refused = admin_jobs("retry", "7")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "openslots: there is no job 7\n"
