"""Looking up names that users gave, so that one whose server never answers delays no other.

The event loop's own look-up has very few threads, two of them under uvloop, and the database and
Redis need it, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

MOST = 64  # look-ups at a time; each thread lives as long as the system's resolver waits


class Lookup:
    """Addresses of names; look-ups of one name at the same moment are one. Belongs to one event
    loop."""

    def __init__(self, most: int = MOST) -> None:
        self._free = asyncio.Semaphore(most)
        self._running: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def addresses(self, host: str, port: int) -> list[str]:
        """Every address of the name, as text. Raises OSError or UnicodeError."""
        key = (host, port)
        found = self._running.get(key)
        if found is None:
            await self._free.acquire()
            found = self._running.get(key)  # somebody may have begun meanwhile
            if found is None:
                found = self._running[key] = self._start(key)
            else:
                self._free.release()
        return await asyncio.shield(found)

    def _start(self, key: tuple[str, int]) -> asyncio.Future[list[str]]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[str]] = loop.create_future()

        def end(addresses: list[str], error: Exception | None) -> None:
            self._free.release()
            del self._running[key]
            if error is None:
                future.set_result(addresses)
            else:
                future.set_exception(error)
                future.exception()  # those who asked may have given up

        def work() -> None:
            addresses, problem = list[str](), None
            try:
                infos = socket.getaddrinfo(*key, type=socket.SOCK_STREAM)
                addresses = list(dict.fromkeys(str(info[4][0]) for info in infos))
            except Exception as error:  # whatever it is, it is for those who asked
                problem = error
            with contextlib.suppress(RuntimeError):  # the loop is closed by now
                loop.call_soon_threadsafe(end, addresses, problem)

        # a daemon, so that a look-up without end does not hold up the end of the process
        threading.Thread(target=work, name=f"lookup {key[0]}"[:40], daemon=True).start()
        return future
