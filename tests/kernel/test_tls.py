"""TLS to Postgres: what a DATABASE_URL asks for is what happens, against a server with a real
certificate that speaks just enough of the protocol."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from openslots.cli.folder import CommandError
from openslots.cli.migrate import connection
from openslots.kernel import tls
from openslots.kernel.db import async_url, create_engine
from openslots.kernel.settings import Database
from tests import certificates

WANTS_TLS = b"\x04\xd2\x16\x2f"
WELCOME = b"E\x00\x00\x00\x1aSFATAL\x00C28P01\x00Mseen\x00\x00"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `key`, and `crt` that is its own root and names localhost."""
    return certificates.made_in(tmp_path_factory.mktemp("tls"))


class Listener:
    """Notes how clients began to speak: `tls`, `plain`, or `broken` where they gave up."""

    def __init__(self, certificate: Path, *, offers: bool) -> None:
        self.seen: list[str] = []
        self.port = 0
        self.talks: list[asyncio.Task[None]] = []
        self._offers = offers
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate / "crt", certificate / "key")

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.talks.append(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            how = "plain"
            if (await reader.readexactly(8))[4:] == WANTS_TLS:
                writer.write(b"S" if self._offers else b"N")
                await writer.drain()
                if self._offers:
                    await writer.start_tls(self._context)
                    how = "tls"
                await reader.readexactly(4)
            self.seen.append(how)
            writer.write(WELCOME)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            self.seen.append("broken")
        finally:
            writer.close()


@asynccontextmanager
async def listening(certificate: Path, *, offers: bool = True) -> AsyncIterator[Listener]:
    made = Listener(certificate, offers=offers)
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
    await asyncio.gather(*made.talks)


async def tried(url: str) -> str:
    """What the engine says of a database that turns everybody away."""
    engine = create_engine(Database(url=SecretStr(url)))
    try:
        with pytest.raises(DBAPIError) as caught:
            async with engine.connect():
                pytest.fail("nobody is let in")
    finally:
        await engine.dispose()
    return str(caught.value)


@pytest.mark.parametrize(
    ("host", "query", "seen"),
    [
        ("127.0.0.1", "sslmode=disable", "plain"),
        ("127.0.0.1", "sslmode=require", "tls"),
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={crt}", "tls"),
        ("127.0.0.1", "sslmode=require&sslrootcert={crt}", "tls"),
        ("localhost", "sslmode=verify-full&sslrootcert={crt}", "tls"),
        ("localhost", "sslmode=verify-full&sslrootcert={crt}&sslcert={crt}&sslkey={key}", "tls"),
        ("127.0.0.1", "sslmode=verify-full&sslrootcert={crt}", "broken"),  # another name
        ("localhost", "sslmode=verify-full&sslrootcert=system", "broken"),  # an unknown root
        ("localhost", "sslmode=verify-full", "broken"),
    ],
)
async def test_the_url_decides(certificate: Path, host: str, query: str, seen: str) -> None:
    options = query.format(crt=certificate / "crt", key=certificate / "key")
    async with listening(certificate) as server:
        said = await tried(f"postgresql://a:b@{host}:{server.port}/x?{options}")
        with pytest.raises(CommandError):  # what `openslots migrate` does first
            async with connection(f"postgresql://a:b@{host}:{server.port}/x?{options}"):
                pytest.fail("nobody is let in")
    assert server.seen[0] == server.seen[-1] == seen
    assert ("certificate" in said.lower()) == (seen == "broken")


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_a_server_without_tls_is_told_nothing(certificate: Path, mode: str) -> None:
    async with listening(certificate, offers=False) as server:
        root = f"&sslrootcert={certificate / 'crt'}"
        await tried(f"postgresql://a:b@localhost:{server.port}/x?sslmode={mode}{root}")
    assert server.seen == ["broken"]


def test_the_options_do_not_reach_asyncpg_as_settings_of_the_session() -> None:
    url = "postgres://a:b@h/x?sslmode=verify-full&sslrootcert=/r&schema=public&application_name=y"
    assert async_url(url) == "postgresql+asyncpg://a:b@h/x?application_name=y"


def test_without_options_asyncpg_decides() -> None:
    assert tls.arguments("postgresql://a:b@h/x") == {}
