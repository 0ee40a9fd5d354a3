"""Connections through PgBouncer in transaction mode, where each transaction may meet another
session of Postgres.

So nothing may outlive a transaction: statements are prepared without a name, settings are made
with the BEGIN of each transaction, in one message, and there are no session-level locks at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openslots.kernel.unreachable import Connection


class Pooled(Connection):
    """A connection whose transactions begin with `settings`."""

    __slots__ = ()
    settings = ""

    async def execute(  # asyncpg has the time limit as an argument
        self,
        query: str,
        *args: object,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> str:
        if not args and query.startswith("BEGIN"):
            query += self.settings
        return await super().execute(query, *args, timeout=timeout)

    async def set_type_codec(self, *args: Any, **kwargs: Any) -> None:  # Any: asyncpg's own
        """Looks the type up in two messages, which have to meet the same session."""
        async with self.transaction():
            await super().set_type_codec(*args, **kwargs)


def arguments(application: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """What SQLAlchemy has to hand to asyncpg; `settings` are Postgres's, made per transaction.

    Of the parameters of a session PgBouncer knows these two, and refuses most others.
    """
    made = "".join(f" SET LOCAL {name} = '{value}';" for name, value in settings.items())
    return {
        "connection_class": type("Pooled", (Pooled,), {"__slots__": (), "settings": made}),
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": str,  # an empty name
        "server_settings": {"application_name": application, "timezone": "UTC"},
    }
