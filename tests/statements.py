"""Counting what goes over the wire to Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from openslots.kernel.uow import Units


@contextmanager
def counted(units: Units) -> Iterator[list[str]]:
    """The statements that are sent within the block, but for those about the use of API keys: a
    key's limits are remembered a while, and its uses are written beside the requests."""
    sent: list[str] = []

    def note(*call: Any) -> None:  # Any: what SQLAlchemy passes
        statement = str(call[2])
        if "api_key_limits" not in statement and not statement.startswith("UPDATE api_keys"):
            sent.append(statement)

    engine = units.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
