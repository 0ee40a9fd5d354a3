"""A small SMTP server in the test's own loop; it takes mails or refuses them with a given code."""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import default


class Sink:
    """`refuse` maps a command (RCPT, DATA) to the answer that it gets instead of OK."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refuse: dict[str, str] = {}
        self.port = 0

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for receivers, mail in self.mails if address in receivers]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes what comes over a connection, until the other side is gone."""
        with suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receivers: list[str] = []
        writer.write(b"220 sink\r\n")
        while line := (await reader.readline()).decode():
            command = line[:4].upper()
            if (refusal := self.refuse.get(command)) is not None:
                writer.write(f"{refusal}\r\n".encode())
                continue
            if command == "EHLO":
                writer.write(b"250-sink\r\n250 SMTPUTF8\r\n")
            elif command == "DATA":
                writer.write(b"354 go on\r\n")
                self.mails.append((receivers, await self._read(reader)))
                receivers = []
                writer.write(b"250 taken\r\n")
            elif command == "QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                if command == "RCPT":
                    receivers.append(line.partition("<")[2].partition(">")[0])
                writer.write(b"250 ok\r\n")

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> EmailMessage:
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionResetError
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return email.message_from_bytes(b"".join(lines), policy=default)


@asynccontextmanager
async def smtp_sink() -> AsyncIterator[Sink]:
    """A sink on a free port of this machine."""
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    async with server:
        yield sink
