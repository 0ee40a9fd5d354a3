"""Many connections, slow heads and bodies, giants: other callers of `serve` keep being served.

`python -m bench.hostile` does the same with 10,000 connections and prints the latencies.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import httpx
import pytest

from bench import hostile
from openslots.embedded import free_port
from tests.processes.server import OPENSLOTS, Server, environment, eventually
from tests.processes.test_serve import up

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]
MOST = 60
ATTACKERS = {"idle connections": 100, "slow heads": 20, "slow bodies": 20}


@contextmanager
def served(server: Server, **variables: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        [*OPENSLOTS, "serve", "--port", str(port)],
        env=environment(
            **json.loads((server.folder / "secrets.json").read_text()),
            DATABASE_URL=server.state["database_url"],
            **variables,
        ),
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: up(f"http://127.0.0.1:{port}"), 60, "first 200")
        yield port
    finally:
        process.kill()
        process.wait()


async def beside(port: int, attackers: dict[str, int], seconds: float) -> hostile.Seen:
    """What an ordinary caller sees while all of these are at work."""
    async with AsyncExitStack() as stack:
        for name, count in attackers.items():
            attacker, _ = hostile.ATTACKS[name]
            await stack.enter_async_context(hostile.attacking(attacker, count, port))
        return await asyncio.to_thread(hostile.caller, port, seconds)


def test_more_connections_than_there_may_be_keep_nobody_out(server: Server) -> None:
    with served(server, OPENSLOTS_MAX_CONNECTIONS=str(MOST)) as port:
        seen = asyncio.run(beside(port, ATTACKERS, 3))
    assert (seen.failed, len(seen.times) > 3) == (0, True)


def test_few_open_files_keep_nobody_out(server: Server) -> None:
    """The bound follows the limit of the process, so that Postgres can still be reached."""
    command = f"ulimit -n 200 && exec {' '.join(OPENSLOTS)} serve --port $PORT"
    port = free_port()
    with subprocess.Popen(
        ["sh", "-c", command],
        env=environment(
            **json.loads((server.folder / "secrets.json").read_text()),
            DATABASE_URL=server.state["database_url"],
            PORT=str(port),
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            eventually(lambda: up(f"http://127.0.0.1:{port}"), 60, "first 200")
            seen = asyncio.run(beside(port, {"idle connections": 250}, 2))
        finally:
            process.kill()
        assert process.stderr is not None
        assert "200 open files are allowed: at most 62 connections" in process.stderr.read()
    assert (seen.failed, len(seen.times) > 3) == (0, True)


@pytest.mark.parametrize("attack", ["giant heads", "giant bodies", "endless chunks"])
def test_giants_keep_nobody_out(server: Server, attack: str) -> None:
    with served(server) as port:
        seen = asyncio.run(beside(port, {attack: 2}, 2))
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    assert seen.failed == 0
