"""Telling a database that is away from one that refuses."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError

# SQLSTATE: connections that fail or end, a server that starts, stops or takes no more of them
_AWAY = ("08", "57P", "53300")

# seconds; through PgBouncer a transaction begins when a connection of the server is free
SILENCE = 10.0
FAREWELL = 2.0


class Unreachable(asyncpg.CannotConnectNowError):  # type: ignore[misc]  # it comes without types
    """Nobody listens at the address of the database, or answers in time."""


class Connection(asyncpg.Connection):  # type: ignore[misc]  # it comes without types
    """One that is given up soon where not even a transaction begins or ends: the network has lost
    it. The pool then makes another."""

    __slots__ = ()

    async def execute(  # asyncpg has the time limit as an argument
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> str:
        if timeout is None and query.startswith(("BEGIN", "ROLLBACK")):
            timeout = SILENCE
        try:
            return str(await super().execute(query, *args, timeout=timeout))
        except TimeoutError:
            self.terminate()
            raise Unreachable("the database does not answer") from None

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Says farewell and waits for the answer, but not for one that the network has lost."""
        with suppress(TimeoutError):
            await super().close(timeout=FAREWELL if timeout is None else timeout)


def away(error: BaseException) -> bool:
    """Whether an error says that the database is not there just now, which is nobody's fault, and
    not that it refused something."""
    if not isinstance(error, DBAPIError):
        return False
    return str(getattr(error.orig, "sqlstate", None) or "").startswith(_AWAY)


async def connect(*args: Any, **options: Any) -> Any:  # Any: asyncpg's own, without types
    """asyncpg's `connect`; that nobody is there is an error of the database like any other, so that
    it is not taken for that of a mail server."""
    try:
        return await asyncpg.connect(*args, **{"connection_class": Connection, **options})
    except OSError as error:  # a time-out is one, too
        raise Unreachable(str(error) or type(error).__name__) from error
