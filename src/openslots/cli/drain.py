"""A stop of the API that loses no request: first no new connection, then no connection at all.

Closing a listening socket resets the connections that wait to be accepted, and uvicorn closes the
accepted ones whose request it has not read yet. A proxy sees either as a failure after it has sent
the request, and must not send a POST again. So the kernel first ignores who wants to connect, whom
a proxy sends elsewhere without harm, while those inside are served; a moment later nobody is left
who could be cut off.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
import struct
import sys
import time
from collections.abc import Iterable

import uvicorn
from uvicorn.supervisors import Multiprocess

LINGER_SECONDS = 0.4  # for handshakes under way, and for their requests to arrive

SO_ATTACH_FILTER = 26  # asm-generic/socket.h; the socket module does not name it
# Classic BPF on the TCP header; each line is code, jump if true, jump if false, operand.
IGNORE_SYN = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone, the first packet of a connection?
    (0x06, 0, 0, 0),  # then take nothing of the packet
    (0x06, 0, 0, 0xFFFFFFFF),  # else take all of it
)


class Server(uvicorn.Server):
    """One process with a listening socket of its own."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if sockets and ignore_newcomers(sockets):
            # whoever keeps its connection is told to send the next request elsewhere
            self.server_state.default_headers = [
                *self.server_state.default_headers,
                (b"connection", b"close"),
            ]
            await asyncio.sleep(LINGER_SECONDS)
        await super().shutdown(sockets)


class Servers(Multiprocess):
    """Several processes with one listening socket, which only their parent may close to others."""

    def terminate_all(self) -> None:
        if ignore_newcomers(self.sockets):
            time.sleep(LINGER_SECONDS)
        super().terminate_all()


def ignore_newcomers(listeners: Iterable[socket.socket]) -> bool:
    """Makes the kernel drop what would begin a connection; False where it cannot (not Linux)."""
    if sys.platform != "linux":
        return False
    lines = b"".join(struct.pack("HBBI", *line) for line in IGNORE_SYN)
    program = ctypes.create_string_buffer(lines, len(lines))
    filter_ = struct.pack("@HP", len(IGNORE_SYN), ctypes.addressof(program))
    ignored = False
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)
            ignored = True
    return ignored
